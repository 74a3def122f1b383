/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what each interface of a network namespace has queued for sending. Runs as any user, holds
 * no capability and calls no bpf(2). */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "../kernel.h"
#include "net-dev-queue.h"

struct options {
	const char *config;
	unsigned int interval_s;
	unsigned int rounds; /* 0: for ever */
	bool is_every_netns;
	bool wants_events;
};

/* What key.netns is for this process; 0 when unknown. */
static uint32_t own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? (uint32_t)st.st_ino : 0;
}

static int print_queued(struct bpfd_conn *conn, const struct options *o)
{
	struct bpfd_reader *reader;
	char map[512];
	int r;

	snprintf(map, sizeof(map), "%s/queued", o->config);
	r = bpfd_map_read(conn, map, NULL, &reader);
	if (r < 0)
		return r;
	printf("%-16s %8s %12s %12s %14s\n", "INTERFACE", "INDEX", "NETNS", "PACKETS", "BYTES");
	while ((r = bpfd_reader_next(reader)) > 0) {
		size_t key_len, len;
		const struct queue_key *key = bpfd_reader_key(reader, &key_len);
		const struct queue_value *value = bpfd_reader_value(reader, &len);

		if (key_len < sizeof(*key) || len < sizeof(*value))
			continue;
		if (o->is_every_netns || key->netns == own_netns())
			printf("%-16.16s %8u %12u %12llu %14llu\n", value->name, key->ifindex,
			       key->netns, value->packets, value->bytes);
	}
	bpfd_reader_free(reader);
	fflush(stdout);
	return r;
}

static void print_event(const struct queue_event *e)
{
	printf("event: ifindex %u, %u bytes, protocol 0x%04x:", e->key.ifindex, e->len,
	       ntohs(e->protocol));
	for (size_t i = 0; i < QUEUE_HEAD; i++)
		printf(" %02x", e->head[i]);
	printf("\n");
}

/* What is in the ring buffer by now. */
static int print_events(struct bpfd_ringbuf *ringbuf, bool is_every_netns)
{
	const void *data;
	size_t len;
	int r;

	while ((r = bpfd_ringbuf_next(ringbuf, &data, &len)) > 0) {
		const struct queue_event *e = data;

		if (len >= sizeof(*e) && (is_every_netns || e->key.netns == own_netns()))
			print_event(e);
	}
	bpfd_ringbuf_release(ringbuf);
	return r;
}

static int open_events(struct bpfd_conn *conn, const char *config, struct bpfd_ringbuf **ret)
{
	struct bpfd_map_info info = {.size = sizeof(info)};
	char map[512];
	int fd, r;

	snprintf(map, sizeof(map), "%s/queue_events", config);
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
	int r = o->wants_events ? open_events(conn, o->config, &ringbuf) : 0;

	for (unsigned int i = 0; r >= 0 && (o->rounds == 0 || i < o->rounds); i++) {
		if (i > 0)
			sleep(o->interval_s);
		if (ringbuf)
			r = print_events(ringbuf, o->is_every_netns);
		if (r >= 0)
			r = print_queued(conn, o);
	}
	bpfd_ringbuf_close(ringbuf);
	return r;
}

static int usage(void)
{
	fprintf(stderr, "Usage: net-dev-queue [-c CONFIG] [-i SECONDS] [-n TIMES] [-a] [-e]\n"
			"Print what interfaces have queued for sending; -a: in every network "
			"namespace; -e: events too.\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = {.config = "net-dev-queue", .interval_s = 1};
	struct bpfd_conn *conn;
	int c, r;

	while ((c = getopt(argc, argv, "c:i:n:ae")) != -1) {
		if (c == 'c')
			o.config = optarg;
		else if (c == 'i')
			o.interval_s = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'n')
			o.rounds = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'a')
			o.is_every_netns = true;
		else if (c == 'e')
			o.wants_events = true;
		else
			return usage();
	}
	if (!kernel_is_supported(5, 10, "the program reads the kernel's structures by its BTF"))
		return KERNEL_UNSUPPORTED;
	/* The config that CO-RE needs (CONFIG_DEBUG_INFO_BTF) shows in this file. */
	if (access("/sys/kernel/btf/vmlinux", F_OK) < 0) {
		fprintf(stderr, "this kernel was built without CONFIG_DEBUG_INFO_BTF\n");
		return KERNEL_UNSUPPORTED;
	}
	r = bpfd_open(NULL, &conn);
	if (r < 0) {
		fprintf(stderr, "net-dev-queue: %s\n", strerror(-r));
		return 1;
	}
	r = run(conn, &o);
	if (r < 0)
		fprintf(stderr, "net-dev-queue: %s\n%s\n",
			*bpfd_error_text(conn) ? bpfd_error_text(conn) : strerror(-r),
			bpfd_error_hint(conn));
	bpfd_close(conn);
	return r < 0;
}
