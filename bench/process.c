/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of /proc. */
#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sum of the numbers behind @field in the lines of a file. */
static uint64_t sum_of(const char *path, const char *field)
{
	char line[256];
	uint64_t sum = 0;
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, field, strlen(field)) == 0)
			sum += strtoull(line + strlen(field), NULL, 10);
	if (f)
		fclose(f);
	return sum;
}

uint64_t process_memory_kb(pid_t pid, const char *field)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	return sum_of(path, field);
}

uint64_t process_switches(pid_t pid)
{
	char path[64];
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char status[128];

		if (atoi(entry->d_name) <= 0)
			continue;
		snprintf(status, sizeof(status), "%s/%.16s/status", path, entry->d_name);
		sum += sum_of(status, "voluntary_ctxt_switches:");
		sum += sum_of(status, "nonvoluntary_ctxt_switches:");
	}
	if (dir)
		closedir(dir);
	return sum;
}

static pid_t parent_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return (pid_t)sum_of(path, "PPid:");
}

static int is_among(pid_t pid, const pid_t *pids, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (pids[i] == pid)
			return 1;
	return 0;
}

unsigned int process_tree(pid_t root, pid_t *ret)
{
	unsigned int n = 1, before = 0;

	ret[0] = root;
	while (before != n) {
		struct dirent *entry;
		DIR *dir = opendir("/proc");

		before = n;
		while (dir && (entry = readdir(dir)) && n < PROCESS_TREE_MAX) {
			pid_t pid = atoi(entry->d_name);

			if (pid > 0 && !is_among(pid, ret, n) && is_among(parent_of(pid), ret, n))
				ret[n++] = pid;
		}
		if (dir)
			closedir(dir);
	}
	return n;
}
