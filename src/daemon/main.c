/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd: manages eBPF programs for everyone on this host. Read pipeline.c next. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/daemon.h"
#include "daemon/keeper.h"
#include "daemon/options.h"

#define KEEPER_FD 3
#define HEAP_KEPT (256 * 1024)

static int end(const struct reason *why)
{
	log_error("%s", why->text);
	if (why->hint[0])
		log_error("hint: %s", why->hint);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct daemon d = {.sockets = {-1, -1, -1}, .lock_fd = -1};
	_reason_ struct reason why = {0};
	struct options options;
	int r;

	/* One heap for both threads, and its end kept: giving pages back after each request costs
	 * more than they are worth. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
	log_open(LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	/* What is for others is opened with chmod(2), one by one. */
	umask(0077);
	r = options_parse(argc, argv, &options, &why);
	if (r < 0) {
		end(&why);
		return 2;
	}
	if (options.print)
		return fputs(options.print, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (options.is_keeper)
		return keeper_main(KEEPER_FD);
	r = daemon_start(&d, &options, &why);
	if (r == 0)
		r = daemon_serve(&d, &why);
	daemon_done(&d);
	return r < 0 ? end(&why) : EXIT_SUCCESS;
}
