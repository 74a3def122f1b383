/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes by libbpfd, as the agent asks for them.
 *	volume publish ID TARGET CONFIG MAP[,MAP...] [-r] [-g GROUP] [-l LAYOUT]
 *	volume unpublish ID TARGET
 *	volume list		ID TARGET CONFIG MAP,... LAYOUT rw|ro GROUP|-
 * Exit 0, 1 (what failed is on stderr) or 2.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpfd/bpfd.h>

#define MAPS_MAX 100

static int publish(struct bpfd_conn *conn, int argc, char **argv)
{
	const char *maps[MAPS_MAX + 1] = {NULL};
	struct bpfd_volume_opts o = {.size = sizeof(o), .maps = maps};
	size_t n = 0;
	int c;

	while ((c = getopt(argc, argv, "rg:l:")) != -1) {
		if (c == 'r') {
			o.is_read_only = true;
		} else if (c == 'g') {
			o.has_group = true;
			o.group = (uint32_t)strtoul(optarg, NULL, 10);
		} else if (c == 'l') {
			o.layout = optarg;
		} else {
			return -EINVAL;
		}
	}
	if (argc - optind != 4)
		return -EINVAL;
	o.volume_id = argv[optind];
	o.target_path = argv[optind + 1];
	o.config = argv[optind + 2];
	for (char *name = strtok(argv[optind + 3], ","); name && n < MAPS_MAX;
	     name = strtok(NULL, ","))
		maps[n++] = name;
	return bpfd_volume_publish(conn, &o);
}

static void print(const struct bpfd_volume *v)
{
	uint32_t group;

	printf("%s %s %s ", bpfd_volume_id(v), bpfd_volume_target_path(v), bpfd_volume_config(v));
	for (size_t i = 0; bpfd_volume_map(v, i); i++)
		printf("%s%s", i ? "," : "", bpfd_volume_map(v, i));
	printf(" %s %s ", bpfd_volume_layout(v), bpfd_volume_is_read_only(v) ? "ro" : "rw");
	if (bpfd_volume_group(v, &group))
		printf("%u\n", group);
	else
		printf("-\n");
}

static int list(struct bpfd_conn *conn)
{
	struct bpfd_volumes *volumes;
	int r = bpfd_volume_list(conn, NULL, &volumes);

	if (r < 0)
		return r;
	for (size_t i = 0; i < bpfd_volumes_count(volumes); i++)
		print(bpfd_volumes_get(volumes, i));
	bpfd_volumes_free(volumes);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpfd_conn *conn;
	int r = -EINVAL;

	if (argc < 2 || bpfd_open(NULL, &conn) < 0)
		return 2;
	if (strcmp(argv[1], "publish") == 0)
		r = publish(conn, argc - 1, argv + 1);
	else if (strcmp(argv[1], "unpublish") == 0 && argc == 4)
		r = bpfd_volume_unpublish(conn, argv[2], argv[3]);
	else if (strcmp(argv[1], "list") == 0)
		r = list(conn);
	if (r < 0)
		fprintf(stderr, "volume: %s: %s\n%s\n", strerror(-r), bpfd_error_text(conn),
			bpfd_error_hint(conn));
	bpfd_close(conn);
	return r < 0;
}
