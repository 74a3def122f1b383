/* SPDX-License-Identifier: Apache-2.0 */
/* Calls its own function trigger_func, and prints what a uprobe on it has seen: the totals from an
 * array that is mapped into memory, each call from a ring buffer. No privilege, no bpf(2). */
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "../kernel.h"
#include "trigger-func.h"

/* What the application maps; from bpfd, for the config @name. */
struct maps {
	struct bpfd_map_info info;
	const struct trigger_totals *totals;
	struct bpfd_ringbuf *calls;
};

int trigger_func(int arg1, int arg2);

/* Neither inlined nor folded: the uprobe needs its first instruction, and the arguments. */
__attribute__((noinline, used, visibility("default"))) int trigger_func(int arg1, int arg2)
{
	__asm__ volatile("" ::: "memory");
	return arg1 + arg2;
}

static int open_calls(struct bpfd_conn *conn, const char *name, struct maps *maps)
{
	struct bpfd_map_info info = {.size = sizeof(info)};
	char ref[512];
	int fd, r;

	snprintf(ref, sizeof(ref), "%s/calls", name);
	fd = bpfd_map_fd(conn, ref, BPFD_MAP_WRITE, &info);
	if (fd < 0)
		return fd;
	r = bpfd_ringbuf_open(fd, info.max_entries, &maps->calls);
	close(fd);
	return r;
}

static int open_totals(struct bpfd_conn *conn, const char *name, struct maps *maps)
{
	void *values = NULL;
	char ref[512];
	int fd, r;

	snprintf(ref, sizeof(ref), "%s/totals", name);
	maps->info.size = sizeof(maps->info);
	/* Read only, but the kernel maps writable descriptors alone. */
	fd = bpfd_map_fd(conn, ref, BPFD_MAP_WRITE, &maps->info);
	if (fd < 0)
		return fd;
	r = bpfd_map_mmap(fd, &maps->info, 0, &values);
	close(fd);
	maps->totals = values;
	return r;
}

static int open_maps(struct bpfd_conn *conn, const char *name, struct maps *maps)
{
	int r = open_totals(conn, name, maps);

	return r < 0 ? r : open_calls(conn, name, maps);
}

static void close_maps(struct maps *maps)
{
	bpfd_map_munmap((void *)maps->totals, &maps->info);
	bpfd_ringbuf_close(maps->calls);
}

/* Return: how many calls are in the ring buffer, or -errno. */
static int print_calls(struct bpfd_ringbuf *ringbuf)
{
	const void *data;
	size_t len;
	int r, n = 0;

	while ((r = bpfd_ringbuf_next(ringbuf, &data, &len)) > 0) {
		const struct trigger_call *call = data;

		if (len < sizeof(*call))
			continue;
		printf("seen: trigger_func(%d, %d)\n", call->arg1, call->arg2);
		n++;
	}
	bpfd_ringbuf_release(ringbuf);
	return r < 0 ? r : n;
}

/* What was seen before us is of no interest. */
static int skip_calls(struct bpfd_ringbuf *ringbuf)
{
	const void *data;
	size_t len;
	int r;

	while ((r = bpfd_ringbuf_next(ringbuf, &data, &len)) > 0)
		continue;
	bpfd_ringbuf_release(ringbuf);
	return r;
}

static int run(struct bpfd_conn *conn, const char *name, int rounds)
{
	struct maps maps = {.totals = NULL};
	int r = open_maps(conn, name, &maps);

	if (r >= 0)
		r = skip_calls(maps.calls);
	for (int i = 1; r >= 0 && i <= rounds; i++)
		trigger_func(i, 10 * i);
	if (r >= 0)
		r = print_calls(maps.calls);
	if (r >= 0)
		printf("made %d calls, seen %d; in total %llu calls, sum of arguments %lld\n",
		       rounds, r, maps.totals->calls, maps.totals->sum);
	close_maps(&maps);
	return r;
}

static int usage(void)
{
	fprintf(stderr, "Usage: trigger-func [-c CONFIG] [-n CALLS]\n"
			"Call a function that a uprobe sees, and print what it saw.\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *config = "trigger-func";
	struct bpfd_conn *conn;
	int c, r, rounds = 3;

	while ((c = getopt(argc, argv, "c:n:")) != -1) {
		if (c == 'c')
			config = optarg;
		else if (c == 'n')
			rounds = atoi(optarg);
		else
			return usage();
	}
	if (!kernel_is_supported(5, 10, "arrays that are mapped and ring buffers are needed"))
		return KERNEL_UNSUPPORTED;
	r = bpfd_open(NULL, &conn);
	if (r < 0) {
		fprintf(stderr, "trigger-func: %s\n", strerror(-r));
		return 1;
	}
	r = run(conn, config, rounds);
	if (r < 0)
		fprintf(stderr, "trigger-func: %s\n%s\n",
			*bpfd_error_text(conn) ? bpfd_error_text(conn) : strerror(-r),
			bpfd_error_hint(conn));
	bpfd_close(conn);
	if (r >= 0 && r < rounds)
		fprintf(stderr, "trigger-func: not every call was seen\n");
	return r < rounds;
}
