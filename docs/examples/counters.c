/* SPDX-License-Identifier: Apache-2.0 */
/* Print the counters of a map without any privilege: counters PROGRAM/MAP
 * The daemon reads the map, so that this works where bpf(2) is forbidden. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <bpfd/bpfd.h>

/* The first 8 bytes of the value, over all CPUs. */
static uint64_t sum(const struct bpfd_reader *reader)
{
	uint32_t cpus = bpfd_reader_cpus(reader) ? bpfd_reader_cpus(reader) : 1;
	uint64_t total = 0, one;
	size_t len;
	const char *value = bpfd_reader_value(reader, &len);

	for (uint32_t cpu = 0; cpu < cpus && len / cpus >= sizeof(one); cpu++) {
		memcpy(&one, value + cpu * (len / cpus), sizeof(one));
		total += one;
	}
	return total;
}

int main(int argc, char **argv)
{
	struct bpfd_reader *reader = NULL;
	struct bpfd_conn *conn;
	int r = bpfd_open(NULL, &conn);

	if (r < 0)
		return 1;
	r = bpfd_map_read(conn, argc > 1 ? argv[1] : "", NULL, &reader);
	if (r == 0)
		r = bpfd_reader_next(reader);
	for (; r > 0; r = bpfd_reader_next(reader)) {
		uint32_t key = 0;
		size_t len;
		const void *data = bpfd_reader_key(reader, &len);

		memcpy(&key, data, len < sizeof(key) ? len : sizeof(key));
		printf("%" PRIu32 " %" PRIu64 "\n", key, sum(reader));
	}
	if (r < 0)
		fprintf(stderr, "error: %s\n", bpfd_error_text(conn));
	bpfd_reader_free(reader);
	bpfd_close(conn);
	return r < 0;
}
