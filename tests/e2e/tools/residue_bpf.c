// SPDX-License-Identifier: Apache-2.0
/* BPF objects by who holds them: read from /proc/PID/fdinfo and from the pins of each bpffs. */
#include "residue.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { KIND_PROG, KIND_MAP, KIND_LINK, _KIND_MAX };

static const struct {
	const char *name;
	const char *field; /* in fdinfo */
	enum bpf_cmd next;
} kinds[_KIND_MAX] = {
	[KIND_PROG] = {"prog", "prog_id:", BPF_PROG_GET_NEXT_ID},
	[KIND_MAP] = {"map", "map_id:", BPF_MAP_GET_NEXT_ID},
	[KIND_LINK] = {"link", "link_id:", BPF_LINK_GET_NEXT_ID},
};

enum { IDS_MAX = 1 << 20, MAPS_OF_PROG = 256, NAMESPACES_MAX = 64, NAME_LEN = 64 };

struct scan {
	bool print;	     /* say who holds what */
	const char *process; /* whose fds are read */
	size_t n_seen;
	char seen[NAMESPACES_MAX][NAME_LEN]; /* mount namespaces whose pins are open already */
	bool held[_KIND_MAX][IDS_MAX];
};

static int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

/* --- pins --- */

static int print_pin(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	/* Kernels with preloaded iterators put two pins into every new bpffs. */
	if (type == FTW_F && strstr(path + at->base, ".debug") == NULL)
		printf("pin %s\n", path);
	return 0;
}

static int print_mount(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	if (at->level == 0)
		printf("bpffs %s\n", path);
	return 0;
}

/* The fd stays open: this process, whose fdinfo is read as well, then holds the object. */
static int open_pin(const char *path, const struct stat *st, int type, struct FTW *at)
{
	union bpf_attr attr = {.pathname = (uint64_t)(uintptr_t)path};

	(void)st;
	(void)at;
	if (type == FTW_F)
		(void)bpf_call(BPF_OBJ_GET, &attr);
	return 0;
}

static void each_bpffs(const char *process, __nftw_func_t visit)
{
	char path[4400], line[4096], where[2048];

	snprintf(path, sizeof path, "/proc/%s/mountinfo", process);
	FILE *f = fopen(path, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strstr(line, " - bpf ") == NULL ||
		    sscanf(line, "%*d %*d %*s %*s %2047s", where) != 1)
			continue;
		snprintf(path, sizeof path, "/proc/%s/root%s", process, where);
		nftw(strcmp(process, "self") == 0 ? where : path, visit, 16, FTW_PHYS | FTW_MOUNT);
	}
	if (f != NULL)
		fclose(f);
}

int residue_pins(void)
{
	each_bpffs("self", print_pin);
	return 0;
}

int residue_mounts(void)
{
	each_bpffs("self", print_mount);
	return 0;
}

static void scan_pins(struct scan *scan)
{
	char path[64], ns[NAME_LEN] = "";

	snprintf(path, sizeof path, "/proc/%.20s/ns/mnt", scan->process);
	if (readlink(path, ns, sizeof ns - 1) < 0)
		return;
	for (size_t i = 0; i < scan->n_seen; i++)
		if (strcmp(scan->seen[i], ns) == 0)
			return;
	if (scan->n_seen < NAMESPACES_MAX)
		memcpy(scan->seen[scan->n_seen++], ns, sizeof ns);
	each_bpffs(scan->process, open_pin);
}

/* --- fds --- */

static void print_held(const struct scan *scan, enum kind k, unsigned long id)
{
	char path[64], comm[32] = "?";

	snprintf(path, sizeof path, "/proc/%.20s/comm", scan->process);
	FILE *f = fopen(path, "re");

	if (f != NULL) {
		if (fscanf(f, "%31s", comm) != 1)
			comm[0] = '\0';
		fclose(f);
	}
	printf("held %s %s %lu\n", comm, kinds[k].name, id);
}

static void scan_fdinfo(struct scan *scan, const char *path)
{
	char line[256];
	FILE *f = fopen(path, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		for (int k = 0; k < _KIND_MAX; k++) {
			const size_t n = strlen(kinds[k].field);

			if (strncmp(line, kinds[k].field, n) != 0)
				continue;
			const unsigned long id = strtoul(line + n, NULL, 10);

			if (id < IDS_MAX)
				scan->held[k][id] = true;
			if (scan->print)
				print_held(scan, (enum kind)k, id);
		}
	}
	if (f != NULL)
		fclose(f);
}

static void scan_fds(struct scan *scan)
{
	char path[320];

	snprintf(path, sizeof path, "/proc/%.20s/fdinfo", scan->process);
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%.20s/fdinfo/%s", scan->process, e->d_name);
		scan_fdinfo(scan, path);
	}
	if (dir != NULL)
		closedir(dir);
}

static int each_process(struct scan *scan, void (*visit)(struct scan *))
{
	DIR *dir = opendir("/proc");

	if (dir == NULL)
		return -errno;
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		scan->process = e->d_name;
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			visit(scan);
	}
	closedir(dir);
	return 0;
}

int residue_held(void)
{
	struct scan *scan = calloc(1, sizeof *scan);

	if (scan == NULL)
		return -ENOMEM;
	scan->print = true;
	const int r = each_process(scan, scan_fds);

	free(scan);
	return r;
}

static void print_process(struct scan *scan)
{
	char path[64], comm[32] = "", state = 'Z';

	snprintf(path, sizeof path, "/proc/%.20s/stat", scan->process);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return;
	/* A zombie has let go of everything. */
	if (fscanf(f, "%*d (%31[^)]) %c", comm, &state) == 2 && state != 'Z' &&
	    strncmp(comm, "bpfd", 4) == 0)
		printf("process %s %s\n", scan->process, comm);
	fclose(f);
}

int residue_processes(void)
{
	struct scan scan = {0};

	return each_process(&scan, print_process);
}

/* --- ids --- */

/* A held program holds its maps. */
static void scan_maps_of(struct scan *scan, uint32_t prog)
{
	uint32_t ids[MAPS_OF_PROG];
	struct bpf_prog_info info = {.nr_map_ids = MAPS_OF_PROG,
				     .map_ids = (uint64_t)(uintptr_t)ids};
	union bpf_attr attr = {.prog_id = prog};
	const int fd = bpf_call(BPF_PROG_GET_FD_BY_ID, &attr);

	if (fd < 0)
		return;
	attr = (union bpf_attr){.info = {.bpf_fd = (uint32_t)fd,
					 .info_len = sizeof info,
					 .info = (uint64_t)(uintptr_t)&info}};
	if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		info.nr_map_ids = 0;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_OF_PROG; i++)
		if (ids[i] < IDS_MAX)
			scan->held[KIND_MAP][ids[i]] = true;
	close(fd);
}

static void print_unheld(struct scan *scan, enum kind k)
{
	union bpf_attr attr = {0};

	while (bpf_call(kinds[k].next, &attr) == 0) {
		const uint32_t id = attr.next_id;

		attr = (union bpf_attr){.start_id = id};
		if (id >= IDS_MAX || !scan->held[k][id])
			printf("%s %u\n", kinds[k].name, id);
		else if (k == KIND_PROG)
			scan_maps_of(scan, id);
	}
}

int residue_unheld(void)
{
	const struct rlimit files = {65536, 65536};
	struct scan *scan = calloc(1, sizeof *scan);

	if (scan == NULL)
		return -ENOMEM;
	setrlimit(RLIMIT_NOFILE, &files);
	int r = each_process(scan, scan_pins);

	if (r == 0)
		r = each_process(scan, scan_fds);
	for (int k = 0; r == 0 && k < _KIND_MAX; k++)
		print_unheld(scan, (enum kind)k);
	free(scan);
	return r;
}
