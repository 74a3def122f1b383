// SPDX-License-Identifier: Apache-2.0
/* Lists the BPF programs, maps and links that neither a process nor any bpffs holds: what only an
 * attachment keeps alive. Objects of others on a shared machine stay out of the list that way. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { KIND_PROG, KIND_MAP, KIND_LINK, _KIND_MAX };

static const struct {
	const char *name;
	const char *field; /* in fdinfo */
	enum bpf_cmd next;
	enum bpf_cmd open;
} kinds[_KIND_MAX] = {
	[KIND_PROG] = {"prog", "prog_id:", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID},
	[KIND_MAP] = {"map", "map_id:", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID},
	[KIND_LINK] = {"link", "link_id:", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID},
};

enum { IDS_MAX = 1 << 20, MAPS_OF_PROG = 256 };

struct held {
	uint8_t ids[_KIND_MAX][IDS_MAX];
};

static int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

static int open_pin(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	if (type == FTW_F) {
		union bpf_attr attr = {.pathname = (uint64_t)(uintptr_t)path};

		/* Kept open: it counts as held by this process when fdinfo is read. */
		(void)bpf_call(BPF_OBJ_GET, &attr);
	}
	return 0;
}

static void hold_pins(const char *pid)
{
	char path[4400], line[4096], where[2048];

	snprintf(path, sizeof path, "/proc/%s/mountinfo", pid);
	FILE *f = fopen(path, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strstr(line, " - bpf ") == NULL)
			continue;
		if (sscanf(line, "%*d %*d %*s %*s %2047s", where) != 1)
			continue;
		snprintf(path, sizeof path, "/proc/%s/root%s", pid, where);
		nftw(path, open_pin, 16, FTW_PHYS | FTW_MOUNT);
	}
	if (f != NULL)
		fclose(f);
}

static void hold_fd(struct held *held, const char *path)
{
	char line[256];
	FILE *f = fopen(path, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		for (int k = 0; k < _KIND_MAX; k++) {
			const size_t n = strlen(kinds[k].field);
			const unsigned long id =
				strtoul(line + (strlen(line) > n ? n : 0), NULL, 10);

			if (strncmp(line, kinds[k].field, n) == 0 && id < IDS_MAX)
				held->ids[k][id] = 1;
		}
	}
	if (f != NULL)
		fclose(f);
}

static void hold_fds(struct held *held, const char *pid)
{
	char path[700];

	snprintf(path, sizeof path, "/proc/%s/fdinfo", pid);
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%.32s/fdinfo/%s", pid, e->d_name);
		hold_fd(held, path);
	}
	if (dir != NULL)
		closedir(dir);
}

static int each_process(void (*visit)(struct held *, const char *), struct held *held)
{
	DIR *dir = opendir("/proc");

	if (dir == NULL)
		return -errno;
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			visit(held, e->d_name);
	closedir(dir);
	return 0;
}

static void visit_pins(struct held *held, const char *pid)
{
	char theirs[64] = "", path[64];
	static char seen[64][64];

	(void)held;
	snprintf(path, sizeof path, "/proc/%.20s/ns/mnt", pid);
	if (readlink(path, theirs, sizeof theirs - 1) < 0)
		return;
	for (size_t i = 0; i < 64; i++) {
		if (strcmp(seen[i], theirs) == 0)
			return;
		if (seen[i][0] == '\0') {
			memcpy(seen[i], theirs, sizeof theirs);
			break;
		}
	}
	hold_pins(pid);
}

/* A held program holds its maps. */
static void hold_maps_of(struct held *held, int prog_fd)
{
	uint32_t ids[MAPS_OF_PROG];
	struct bpf_prog_info info = {.nr_map_ids = MAPS_OF_PROG,
				     .map_ids = (uint64_t)(uintptr_t)ids};
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)prog_fd,
					.info_len = sizeof info,
					.info = (uint64_t)(uintptr_t)&info}};

	if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		return;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_OF_PROG; i++)
		if (ids[i] < IDS_MAX)
			held->ids[KIND_MAP][ids[i]] = 1;
}

static void list_kind(struct held *held, enum kind k)
{
	for (uint32_t id = 0;;) {
		union bpf_attr attr = {.start_id = id};

		if (bpf_call(kinds[k].next, &attr) < 0)
			return;
		id = attr.next_id;
		if (id >= IDS_MAX || !held->ids[k][id]) {
			printf("%s %u\n", kinds[k].name, id);
			continue;
		}
		if (k != KIND_PROG)
			continue;
		attr = (union bpf_attr){.prog_id = id};
		const int fd = bpf_call(kinds[k].open, &attr);

		if (fd >= 0) {
			hold_maps_of(held, fd);
			close(fd);
		}
	}
}

int main(void)
{
	const struct rlimit files = {65536, 65536};
	struct held *held = calloc(1, sizeof *held);

	if (held == NULL)
		return 1;
	setrlimit(RLIMIT_NOFILE, &files);
	if (each_process(visit_pins, held) < 0 || each_process(hold_fds, held) < 0)
		return 1;
	for (int k = 0; k < _KIND_MAX; k++)
		list_kind(held, (enum kind)k);
	free(held);
	return 0;
}
