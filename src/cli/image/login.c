/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where a password comes from: a file, standard input, the caller's logins. Never an argument,
 * which everybody sees. */
#include "cli/image/login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "registry/auth/login.h"

#define PASSWORD_MAX 16384

static int read_stdin(char **ret, size_t *ret_len)
{
	char *data = malloc(PASSWORD_MAX + 1);
	size_t n = 0;

	if (!data)
		return -ENOMEM;
	for (;;) {
		ssize_t got = read(STDIN_FILENO, data + n, PASSWORD_MAX - n);

		if (got <= 0 || n + (size_t)got == PASSWORD_MAX) {
			n += got > 0 ? (size_t)got : 0;
			break;
		}
		n += (size_t)got;
	}
	data[n] = '\0';
	*ret = data;
	*ret_len = n;
	return 0;
}

static int read_password(struct cli *cli, const char *file, char **ret)
{
	_close_ int fd = -1;
	size_t len;
	int r;

	if (strcmp(file, "-") == 0) {
		r = read_stdin(ret, &len);
	} else {
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		r = fd < 0 ? -errno : fd_read_all(fd, PASSWORD_MAX, ret, &len);
	}
	if (r < 0)
		return fail(&cli->why, r, "%s: %s", file, strerror(-r));
	(*ret)[strcspn(*ret, "\r\n")] = '\0';
	return **ret ? 0 : fail(&cli->why, -EINVAL, "%s holds no password", file);
}

static int send_given(struct cli *cli, const struct login_options *o)
{
	struct bpfd_login login = {.username = o->username};
	_free_ char *password = NULL;
	int r;

	if (!o->username || !o->password_file)
		return verb_usage(cli, "--username and --password-file belong together");
	r = read_password(cli, o->password_file, &password);
	if (r < 0)
		return r;
	login.password = password;
	r = bpfd_login_add(cli->conn, &login);
	explicit_bzero(password, strlen(password));
	return r;
}

/* An identity token has no name; the daemon takes it as the password of nobody. */
static int send_own(struct cli *cli, const char *reference)
{
	_credentials_ struct credentials c = {0};
	struct bpfd_login login;
	int r = login_find(reference, &c, &cli->why);

	if (r <= 0)
		return r;
	login = (struct bpfd_login){.username = c.username, .password = c.password};
	if (c.identity_token)
		login = (struct bpfd_login){.username = "<token>", .password = c.identity_token};
	return bpfd_login_add(cli->conn, &login);
}

int login_send(struct cli *cli, const struct login_options *o, const char *reference)
{
	if (o->username || o->password_file)
		return send_given(cli, o);
	/* Files and layouts have no registry. */
	if (strncmp(reference, "image://", 8) != 0 && strstr(reference, "://"))
		return 0;
	return send_own(cli, reference);
}
