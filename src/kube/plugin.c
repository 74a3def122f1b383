/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the running of a credential plugin and the reading of its answer. */
#include "kube/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/reason.h"
#include "base/text.h"
#include "kube/access.h"
#include "kube/json.h"
#include "kube/loop.h"

#define ANSWER_MAX (256 * 1024)
#define PLUGIN_MS  60000
#define VERSION	   "client.authentication.k8s.io/v1"

static void run(const struct kube_access *access, const char *info, int out)
{
	dup2(out, STDOUT_FILENO);
	for (size_t i = 0; access->exec_env && access->exec_env[i]; i++)
		putenv(access->exec_env[i]);
	setenv("KUBERNETES_EXEC_INFO", info, 1);
	execvp(access->exec[0], access->exec);
	_exit(127);
}

static int collect(int fd, struct text *out)
{
	uint64_t end = kube_now_ms() + PLUGIN_MS;
	char piece[4096];

	for (;;) {
		uint64_t now = kube_now_ms();
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		if (now >= end || poll(&p, 1, (int)(end - now)) == 0)
			return -ETIMEDOUT;
		n = read(fd, piece, sizeof(piece));
		if (n == 0)
			return out->r;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text_add_bytes(out, piece, (size_t)n);
		if (out->len > ANSWER_MAX)
			return -EFBIG;
	}
}

static int take_answer(struct kube_access *access, const struct text *out, char **ret,
		       struct reason *why)
{
	_json_ json_t *answer = json_loadb(out->data ? out->data : "", out->len, 0, NULL);
	json_t *status = json_object_get(answer, "status");
	const char *token = json_string_value(json_object_get(status, "token"));
	const char *cert = json_string_value(json_object_get(status, "clientCertificateData"));
	const char *key = json_string_value(json_object_get(status, "clientKeyData"));

	if (!token && !(cert && key))
		return fail(why, -EACCES, "%s gave neither a token nor a certificate",
			    access->exec[0]);
	if (cert && key && (text_set(&access->cert, cert) < 0 || text_set(&access->key, key) < 0))
		return -ENOMEM;
	return text_set(ret, token ? token : "-");
}

int kube_plugin_token(struct kube_access *access, char **ret, struct reason *why)
{
	_text_ struct text info = {0}, out = {0};
	int pipes[2], status = 0, r;
	pid_t pid;

	text_add(
		&info,
		"{\"apiVersion\":\"%s\",\"kind\":\"ExecCredential\",\"spec\":{\"interactive\":false}}",
		access->exec_version ? access->exec_version : VERSION);
	if (info.r < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		return fail(why, -ENOMEM, "cannot run %s", access->exec[0]);
	pid = fork();
	if (pid == 0)
		run(access, info.data, pipes[1]);
	close(pipes[1]);
	r = pid < 0 ? -errno : collect(pipes[0], &out);
	close(pipes[0]);
	if (pid > 0 && r < 0)
		kill(pid, SIGKILL);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && r == 0 && status != 0)
		r = -EACCES;
	if (r < 0)
		return fail(why, r, "the credential plugin %s failed: %s", access->exec[0],
			    strerror(-r));
	return take_answer(access, &out, ret, why);
}
