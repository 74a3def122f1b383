/* SPDX-License-Identifier: Apache-2.0 */
/* Owns perf_event_open(2) for programs; links on the events are made by kernel/link.c. */
#include "kernel/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"

#define UPROBE_PMU "/sys/bus/event_source/devices/uprobe"

/* pid -1 with cpu 0: the event exists once and fires everywhere, because programs on tracepoints
 * and probes are run by the probe and not by the counter. */
static int open_event(const struct perf_event_attr *attr)
{
	long fd = syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int perf_open_tracepoint(uint64_t event_id, struct reason *why)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .config = event_id};
	int fd = open_event(&attr);

	if (fd == -EACCES || fd == -EPERM) {
		fail(why, fd, "the kernel refuses perf events to us: %s", strerror(-fd));
		reason_hint(why, "CAP_PERFMON is needed (below 5.8: CAP_SYS_ADMIN)");
		return fd;
	}
	return fd < 0 ? fail(why, fd, "cannot open the tracepoint's event: %s", strerror(-fd)) : fd;
}

/* A small decimal number, after @prefix, from a file of sysfs. */
static int read_number(const char *path, const char *prefix)
{
	int fd _close_ = open(path, O_RDONLY | O_CLOEXEC);
	char line[64];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (n <= 0)
		return -ENOENT;
	line[n] = '\0';
	if (strncmp(line, prefix, strlen(prefix)) != 0)
		return -ENOENT;
	return atoi(line + strlen(prefix));
}

int perf_has_uprobe(void)
{
	return access(UPROBE_PMU "/type", R_OK) == 0;
}

int perf_open_uprobe(int binary_fd, uint64_t offset, bool is_return, struct reason *why)
{
	int type = read_number(UPROBE_PMU "/type", "");
	int bit = read_number(UPROBE_PMU "/format/retprobe", "config:");
	struct perf_event_attr attr = {.size = sizeof(attr)};
	char path[64];
	int fd;

	if (type < 0 || bit < 0 || bit > 63) {
		fail(why, -EOPNOTSUPP, "this kernel has no uprobes by perf events");
		reason_hint(why, "they need kernel 4.17 with CONFIG_UPROBE_EVENTS");
		return -EOPNOTSUPP;
	}
	/* the kernel opens by name, and this name can only mean the file that was opened */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", binary_fd);
	attr.type = (uint32_t)type;
	attr.config = is_return ? 1ull << bit : 0;
	attr.uprobe_path = (uint64_t)(uintptr_t)path;
	attr.probe_offset = offset;
	fd = open_event(&attr);
	if (fd == -EINVAL || fd == -EOPNOTSUPP || fd == -EILSEQ || fd == -EIO)
		return fail(why, -EINVAL,
			    "no instruction that can be probed begins at offset 0x%llx",
			    (unsigned long long)offset);
	return fd < 0 ? fail(why, fd, "cannot open the probe: %s", strerror(-fd)) : fd;
}

int perf_enable(int perf_fd)
{
	return ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0) < 0 ? -errno : 0;
}

int perf_set_program(int perf_fd, int program_fd)
{
	return ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, program_fd) < 0 ? -errno : 0;
}
