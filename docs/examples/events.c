/* SPDX-License-Identifier: Apache-2.0 */
/* Print how long the records of a ring buffer are: events PROGRAM/MAP [COUNT]
 * Needs the right to the map's descriptor, but no capability and no bpf(2). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

static int consume(struct bpfd_ringbuf *rb, unsigned long count)
{
	const void *data;
	size_t len;
	int r = 0;

	while (count > 0 && (r = bpfd_ringbuf_poll(rb, -1)) > 0) {
		while (count > 0 && (r = bpfd_ringbuf_next(rb, &data, &len)) > 0) {
			printf("%zu bytes\n", len);
			count--;
		}
		if (r < 0)
			return r;
		/* Once for many records: the kernel can use their space again. */
		bpfd_ringbuf_release(rb);
	}
	return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
	struct bpfd_map_info info = {.size = sizeof(info)};
	struct bpfd_ringbuf *rb = NULL;
	struct bpfd_conn *conn;
	int fd, r;

	if (bpfd_open(NULL, &conn) < 0)
		return 1;
	fd = bpfd_map_fd(conn, argc > 1 ? argv[1] : "", BPFD_MAP_WRITE, &info);
	if (fd < 0) {
		fprintf(stderr, "error: %s\n", bpfd_error_text(conn));
		bpfd_close(conn);
		return 1;
	}
	r = bpfd_ringbuf_open(fd, info.max_entries, &rb);
	close(fd);
	if (r == 0)
		r = consume(rb, count);
	if (r < 0)
		fprintf(stderr, "error: %s\n", strerror(-r));
	bpfd_ringbuf_close(rb);
	bpfd_close(conn);
	return r < 0;
}
