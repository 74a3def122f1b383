/* SPDX-License-Identifier: Apache-2.0 */
/* Prints packets and bytes by XDP action, and events. Runs as any user, holds no capability, and
 * calls no bpf(2): bpfd answers for the per-CPU map, the ring buffer is memory. */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "../kernel.h"
#include "xdp-counter.h"

#define ACTIONS 5

static const char *const action_names[ACTIONS] = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
						  "XDP_REDIRECT"};

struct options {
	const char *config;
	unsigned int interval_s;
	unsigned int rounds; /* 0: for ever */
	bool wants_events;
};

static int read_counters(struct bpfd_conn *conn, const char *map, struct datarec ret[ACTIONS])
{
	struct bpfd_reader *reader;
	int r = bpfd_map_read(conn, map, NULL, &reader);

	if (r < 0)
		return r;
	memset(ret, 0, ACTIONS * sizeof(*ret));
	while ((r = bpfd_reader_next(reader)) > 0) {
		size_t key_len, len;
		const uint32_t *action = bpfd_reader_key(reader, &key_len);
		const struct datarec *value = bpfd_reader_value(reader, &len);

		/* One value for each possible CPU. */
		for (size_t i = 0; *action < ACTIONS && i < len / sizeof(*value); i++) {
			ret[*action].packets += value[i].packets;
			ret[*action].bytes += value[i].bytes;
		}
	}
	bpfd_reader_free(reader);
	return r;
}

static int print_counters(struct bpfd_conn *conn, const char *map)
{
	struct datarec counters[ACTIONS];
	int r = read_counters(conn, map, counters);

	if (r < 0)
		return r;
	printf("%-12s %12s %14s\n", "ACTION", "PACKETS", "BYTES");
	for (size_t i = 0; i < ACTIONS; i++)
		if (counters[i].packets > 0)
			printf("%-12s %12llu %14llu\n", action_names[i], counters[i].packets,
			       counters[i].bytes);
	fflush(stdout);
	return 0;
}

static void print_event(const struct packet_event *e)
{
	printf("event: ifindex %u, %u bytes, %s:", e->ifindex, e->len,
	       e->action < ACTIONS ? action_names[e->action] : "?");
	for (uint32_t i = 0; i < e->head_len && i < XDP_COUNTER_HEAD; i++)
		printf(" %02x", e->head[i]);
	printf("\n");
}

/* What is in the ring buffer by now. */
static int print_events(struct bpfd_ringbuf *ringbuf)
{
	const void *data;
	size_t len;
	int r;

	while ((r = bpfd_ringbuf_next(ringbuf, &data, &len)) > 0)
		if (len >= sizeof(struct packet_event))
			print_event(data);
	bpfd_ringbuf_release(ringbuf);
	return r;
}

static int open_events(struct bpfd_conn *conn, const char *config, struct bpfd_ringbuf **ret)
{
	struct bpfd_map_info info = {.size = sizeof(info)};
	char map[512];
	int fd, r;

	snprintf(map, sizeof(map), "%s/events", config);
	fd = bpfd_map_fd(conn, map, BPFD_MAP_WRITE, &info);
	if (fd < 0)
		return fd;
	r = bpfd_ringbuf_open(fd, info.max_entries, ret);
	close(fd);
	return r;
}

static int run(struct bpfd_conn *conn, const struct options *o)
{
	struct bpfd_ringbuf *ringbuf = NULL;
	char map[512];
	int r = o->wants_events ? open_events(conn, o->config, &ringbuf) : 0;

	snprintf(map, sizeof(map), "%s/xdp_stats_map", o->config);
	for (unsigned int i = 0; r >= 0 && (o->rounds == 0 || i < o->rounds); i++) {
		if (i > 0)
			sleep(o->interval_s);
		if (ringbuf)
			r = print_events(ringbuf);
		if (r >= 0)
			r = print_counters(conn, map);
	}
	bpfd_ringbuf_close(ringbuf);
	return r;
}

static int usage(void)
{
	fprintf(stderr, "Usage: xdp-counter [-c CONFIG] [-i SECONDS] [-n TIMES] [-e]\n"
			"Print packets and bytes by XDP action; -e: events too.\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = {.config = "go-xdp-counter-example", .interval_s = 1};
	struct bpfd_conn *conn;
	int c, r;

	while ((c = getopt(argc, argv, "c:i:n:e")) != -1) {
		if (c == 'c')
			o.config = optarg;
		else if (c == 'i')
			o.interval_s = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'n')
			o.rounds = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'e')
			o.wants_events = true;
		else
			return usage();
	}
	if (!kernel_is_supported(5, 10, "bpfd keeps XDP programs by links and ring buffers"))
		return KERNEL_UNSUPPORTED;
	r = bpfd_open(NULL, &conn);
	if (r < 0) {
		fprintf(stderr, "xdp-counter: %s\n", strerror(-r));
		return 1;
	}
	r = run(conn, &o);
	if (r < 0)
		fprintf(stderr, "xdp-counter: %s\n%s\n",
			*bpfd_error_text(conn) ? bpfd_error_text(conn) : strerror(-r),
			bpfd_error_hint(conn));
	bpfd_close(conn);
	return r < 0;
}
