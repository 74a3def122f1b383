/* SPDX-License-Identifier: Apache-2.0 */
/* src/csi in a loop of poll(2), as bpfd-agent runs it. BPFD_SOCKET names the agent's socket of
 *bpfd. csi_plugin NODE PLUGIN-DIRECTORY REGISTRATION-DIRECTORY ALLOWED ALLOWED: a file with lines
 *"NAMESPACE PROGRAM MAP"; "*" is every namespace. Ends on SIGTERM.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "csi/csi.h"

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Return: 1 (a line allows it), 0 (the program is named), -ENOENT (it is not). */
static int may_have(const char *path, const struct csi_request *rq, const char *wanted)
{
	_cleanup_(close_file) FILE *f = fopen(path, "re");
	char namespace[256], program[256], map[256];
	int r = -ENOENT;

	while (f && fscanf(f, "%255s %255s %255s", namespace, program, map) == 3) {
		if (strcmp(program, rq->program) != 0)
			continue;
		r = 0;
		if (strcmp(map, wanted) == 0 &&
		    (strcmp(namespace, "*") == 0 || strcmp(namespace, rq->namespace) == 0))
			return 1;
	}
	return r;
}

static int allow(void *userdata, const struct csi_request *rq, struct reason *why)
{
	for (size_t i = 0; rq->maps[i]; i++) {
		int r = may_have(userdata, rq, rq->maps[i]);

		if (r < 0)
			return fail(why, r, "no config %s here", rq->program);
		if (r == 0)
			return fail(why, -EACCES, "map %s of %s is not for pods of namespace %s",
				    rq->maps[i], rq->program, rq->namespace);
	}
	return 0;
}

static void serve(struct csi_server *server)
{
	struct pollfd p[2] = {{.fd = csi_server_fd(server), .events = POLLIN}, {.events = POLLIN}};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (poll(p, 2, -1) >= 0 && !p[1].revents)
		if (csi_server_dispatch(server) < 0)
			break;
	close(p[1].fd);
}

int main(int argc, char **argv)
{
	_reason_ struct reason why = {0};
	struct csi_server *server = NULL;
	struct csi_options options = {.version = "0", .allow = allow};
	int r;

	if (argc != 5 || bpfd_open(NULL, &options.conn) < 0)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	log_open(LOG_LEVEL_INFO);
	options.node = argv[1];
	options.plugin_directory = argv[2];
	options.registration_directory = argv[3];
	options.userdata = argv[4];
	r = csi_server_new(&options, &server, &why);
	if (r == 0)
		serve(server);
	else
		fprintf(stderr, "csi_plugin: %s\n", why.text);
	csi_server_free(server);
	bpfd_close(options.conn);
	return r < 0;
}
