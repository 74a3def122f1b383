/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where logins of users are, and the conversation with credential helpers. */
#include "registry/auth/login.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/bytecode.h"

#define ANSWER_MAX   65536
#define PASSWORD_MAX 16384

/* One file; a missing one is no error. */
static int look_into(const char *path, const struct bytecode *image, struct credentials *ret,
		     struct reason *why)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_free_ char *data = NULL;
	size_t len;
	int r;

	if (fd < 0)
		return 0;
	r = fd_read_all(fd, AUTH_FILE_MAX, &data, &len);
	if (r < 0)
		return fail(why, r, "cannot read %s: %s", path, strerror(-r));
	r = auth_find(&(struct auth_file){data, len}, image, ret, why);
	explicit_bzero(data, len);
	if (r < 0)
		reason_prefix(why, "%s", path);
	return r;
}

static int look_everywhere(const struct bytecode *image, struct credentials *ret,
			   struct reason *why)
{
	static const struct {
		const char *variable;
		const char *path;
	} places[] = {
		{"REGISTRY_AUTH_FILE", ""},
		{"XDG_RUNTIME_DIR", "/containers/auth.json"},
		{"HOME", "/.config/containers/auth.json"},
		{"DOCKER_CONFIG", "/config.json"},
		{"HOME", "/.docker/config.json"},
	};
	int r = 0;

	for (size_t i = 0; i < array_size(places) && r == 0; i++) {
		const char *value = secure_getenv(places[i].variable);
		_text_ struct text path = {0};

		if (!value || !*value)
			continue;
		text_add(&path, "%s%s", value, places[i].path);
		r = path.r < 0 ? fail(why, -ENOMEM, "out of memory")
			       : look_into(path.data, image, ret, why);
	}
	return r;
}

static int parse_helper(const char *data, size_t len, struct credentials *ret)
{
	json_t *json = json_loadb(data, len, 0, NULL);
	const char *user = json_string_value(json_object_get(json, "Username"));
	const char *secret = json_string_value(json_object_get(json, "Secret"));
	int r = -EBADMSG;

	/* An identity token comes under this name instead of a user. */
	if (user && secret && strcmp(user, "<token>") == 0)
		r = text_set(&ret->identity_token, secret);
	else if (user && secret)
		r = text_set(&ret->username, user) < 0 ? -ENOMEM : text_set(&ret->password, secret);
	json_decref(json);
	return r;
}

static int spawn_helper(const char *name, int in, int out, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	char *argv[] = {(char *)(uintptr_t)name, "get", NULL};
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = posix_spawnp(ret, name, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* What it writes goes to a file in memory: neither side can block the other. */
static int run_helper(const char *name, const char *server, struct credentials *ret)
{
	_close_ int in = memfd_create("server", MFD_CLOEXEC);
	_close_ int out = memfd_create("answer", MFD_CLOEXEC);
	_free_ char *data = NULL;
	size_t len;
	pid_t pid;
	int status, r = in < 0 || out < 0 ? -errno : fd_write_all(in, server, strlen(server));

	if (r == 0)
		r = lseek(in, 0, SEEK_SET) < 0 ? -errno : spawn_helper(name, in, out, &pid);
	if (r < 0)
		return r;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return -ENOKEY;
	r = fd_read_all(out, ANSWER_MAX, &data, &len);
	if (r < 0)
		return r;
	r = parse_helper(data, len, ret);
	explicit_bzero(data, len);
	return r;
}

static int ask_helper(const struct bytecode *image, struct credentials *ret, struct reason *why)
{
	const char *server =
		strcmp(image->host, "docker.io") == 0 ? "https://index.docker.io/v1/" : image->host;
	_text_ struct text name = {0};
	int r;

	text_add(&name, "docker-credential-%s", ret->helper);
	r = name.r < 0 ? -ENOMEM : run_helper(name.data, server, ret);
	/* It has nothing for this registry: that is how helpers say so. */
	if (r == -ENOKEY)
		return 0;
	return r < 0 ? fail(why, -EIO, "the credential helper %s fails: %s", name.data,
			    strerror(-r))
		     : 1;
}

static int parse(const char *reference, struct bytecode *ret, struct reason *why)
{
	_text_ struct text url = {0};

	text_add(&url, "%s%s", strncmp(reference, "image://", 8) == 0 ? "" : "image://", reference);
	return url.r < 0 ? fail(why, -ENOMEM, "out of memory") : bytecode_parse(url.data, ret, why);
}

int login_find(const char *reference, struct credentials *ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode image = {0};
	int r = parse(reference, &image, why);

	if (r == 0)
		r = look_everywhere(&image, ret, why);
	return r == 1 && ret->helper ? ask_helper(&image, ret, why) : r;
}

int login_registry(const char *reference, char **ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode image = {0};
	int r = parse(reference, &image, why);

	if (r == 0)
		*ret = take_ptr(image.host);
	return r;
}

/* A pipe has no size to ask for. */
static size_t read_up_to(int fd, char *data, size_t max)
{
	size_t n = 0;

	while (n < max) {
		ssize_t got = read(fd, data + n, max - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

int login_read_password(const char *file, char **ret, struct reason *why)
{
	_close_ int fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
						: open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *password = fd >= 0 ? malloc(PASSWORD_MAX + 1) : NULL;

	if (fd < 0)
		return fail(why, -errno, "%s: %s", file, strerror(errno));
	if (!password)
		return fail(why, -ENOMEM, "out of memory");
	password[read_up_to(fd, password, PASSWORD_MAX)] = '\0';
	password[strcspn(password, "\r\n")] = '\0';
	if (!*password) {
		free(password);
		return fail(why, -EINVAL, "%s holds no password", file);
	}
	*ret = password;
	return 0;
}
