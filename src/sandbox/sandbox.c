/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the calls that give up power; which process gives up what is decided by its main file. */
#include "sandbox/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"

int sandbox_become(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups)
{
	if (setgroups(n_groups, groups) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -errno;
	return sandbox_keep_caps(NULL, 0);
}

static int read_caps(struct __user_cap_data_struct data[static _LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &head, data) < 0 ? -errno : 0;
}

bool sandbox_has_cap(int cap)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return read_caps(data) == 0 && data[CAP_TO_INDEX(cap)].permitted & CAP_TO_MASK(cap);
}

static bool may_shrink_bounding_set(void)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return read_caps(data) == 0 &&
	       data[CAP_TO_INDEX(CAP_SETPCAP)].effective & CAP_TO_MASK(CAP_SETPCAP);
}

int sandbox_keep_caps(const int *caps, size_t n_caps)
{
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < n_caps; i++)
		if (sandbox_has_cap(caps[i]) &&
		    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				 (unsigned int)caps[i]) < 0)
			return -EINVAL;
	/* Without CAP_SETPCAP the bounding set cannot shrink, and libcap-ng would tell syslog so.
	 */
	if (capng_apply(may_shrink_bounding_set() ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return 0;
}

int sandbox_limit(size_t memory_bytes, unsigned int cpu_s, unsigned int files)
{
	struct rlimit none = {0, 0};
	struct rlimit cpu = {cpu_s, cpu_s};
	struct rlimit open_files = {files, files};
	struct rlimit memory = {memory_bytes, memory_bytes};

	if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_CPU, &cpu) < 0 ||
	    setrlimit(RLIMIT_NOFILE, &open_files) < 0)
		return -errno;
	if (memory_bytes > 0 && setrlimit(RLIMIT_AS, &memory) < 0)
		return -errno;
	return 0;
}

static void sandbox_filter_freep(struct sock_fprog **filter)
{
	sandbox_filter_free(*filter);
}

static void release(scmp_filter_ctx *ctx)
{
	seccomp_release(*ctx);
}

/* One entry of the list: "name", "name:argument", "name:argument?" or "name!". */
static int add_rule(scmp_filter_ctx ctx, const char *rule)
{
	size_t n = strcspn(rule, ":!");
	uint32_t action = SCMP_ACT_ALLOW;
	char name[64], *end;
	unsigned long value;
	int nr;

	if (n >= sizeof(name))
		return -EINVAL;
	memcpy(name, rule, n);
	name[n] = '\0';
	nr = seccomp_syscall_resolve_name(name);
	if (nr < 0)
		return 0;
	if (rule[n] == '!')
		return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), nr, 0);
	if (rule[n] != ':')
		return seccomp_rule_add(ctx, action, nr, 0);
	value = strtoul(rule + n + 1, &end, 10);
	if (*end == '?')
		action = SCMP_ACT_ERRNO(ENOENT);
	return seccomp_rule_add(ctx, action, nr, 1, SCMP_A0(SCMP_CMP_EQ, value));
}

int sandbox_filter_new(const char *const *names, struct sock_fprog **ret, struct reason *why)
{
	_cleanup_(release) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	_cleanup_(sandbox_filter_freep) struct sock_fprog *filter = NULL;
	_close_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	char *code;
	size_t len;
	int r;

	if (!ctx || fd < 0)
		return fail(why, -ENOMEM, "cannot prepare a system call filter");
	for (; *names; names++) {
		r = add_rule(ctx, *names);
		if (r < 0)
			return fail(why, r, "system call filter: cannot add %s", *names);
	}
	r = seccomp_export_bpf(ctx, fd);
	if (r == 0)
		r = fd_read_all(fd, 65536, &code, &len);
	if (r < 0)
		return fail(why, r, "cannot compile a system call filter");
	filter = calloc(1, sizeof(*filter));
	if (!filter) {
		free(code);
		return fail(why, -ENOMEM, "out of memory");
	}
	filter->filter = (struct sock_filter *)(void *)code;
	filter->len = (unsigned short)(len / sizeof(struct sock_filter));
	*ret = take_ptr(filter);
	return 0;
}

void sandbox_filter_free(struct sock_fprog *filter)
{
	if (!filter)
		return;
	free(filter->filter);
	free(filter);
}

int sandbox_filter_install(const struct sock_fprog *filter)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0) < 0 ? -errno : 0;
}

/* Files as of the first version of Landlock. */
#define FILE_RIGHTS ((1ULL << 13) - 1)

static int new_ruleset(void)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = FILE_RIGHTS};

	return (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
}

static void restrict_self(int ruleset)
{
	if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return;
	syscall(SYS_landlock_restrict_self, ruleset, 0);
}

void sandbox_no_files(void)
{
	_close_ int fd = new_ruleset();

	restrict_self(fd);
}

static void allow_reading(int ruleset, int at)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = at,
	};
	struct stat st;

	if (fstat(at, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

void sandbox_only_read(const char *const *paths, int dir)
{
	_close_ int ruleset = new_ruleset();

	for (; ruleset >= 0 && *paths; paths++) {
		_close_ int at = open(*paths, O_PATH | O_CLOEXEC);

		if (at >= 0)
			allow_reading(ruleset, at);
	}
	if (ruleset >= 0 && dir >= 0)
		allow_reading(ruleset, dir);
	restrict_self(ruleset);
}
