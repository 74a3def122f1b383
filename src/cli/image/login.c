/* SPDX-License-Identifier: Apache-2.0 */
/* Owns whose credentials go with a request. A password is never an argument, which everybody sees.
 */
#include "cli/image/login.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "registry/auth/login.h"

static int send_given(struct cli *cli, const struct login_options *o, const char *registry)
{
	struct bpfd_login login = {.registry = registry, .username = o->username};
	_free_ char *password = NULL;
	int r;

	if (!o->username || !o->password_file)
		return verb_usage(cli, "--username and --password-file belong together");
	r = login_read_password(o->password_file, &password, &cli->why);
	if (r < 0)
		return r;
	login.password = password;
	r = bpfd_login_add(cli->conn, &login);
	explicit_bzero(password, strlen(password));
	return r;
}

/* An identity token has no name; the daemon takes it as the password of nobody. */
static int send_own(struct cli *cli, const char *reference, const char *registry)
{
	_credentials_ struct credentials c = {0};
	struct bpfd_login login = {.registry = registry};
	int r = login_find(reference, &c, &cli->why);

	if (r <= 0)
		return r;
	login.username = c.identity_token ? "<token>" : c.username;
	login.password = c.identity_token ? c.identity_token : c.password;
	return bpfd_login_add(cli->conn, &login);
}

int login_send(struct cli *cli, const struct login_options *o, const char *reference)
{
	bool is_image = strncmp(reference, "image://", 8) == 0 || !strstr(reference, "://");
	_free_ char *registry = NULL;

	/* What is not a reference the daemon refuses better; files have no registry. */
	if (is_image)
		login_registry(reference, &registry, NULL);
	if (o->username || o->password_file)
		return send_given(cli, o, registry);
	return registry ? send_own(cli, reference, registry) : 0;
}
