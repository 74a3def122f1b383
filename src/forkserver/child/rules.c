/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the lists of what the parsing and loading children may do. A system call that is missing
 * here ends the child with SIGSYS: see tests/unit/load/test_jobs.c. */
#include "forkserver/child/rules.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sandbox/sandbox.h"

/* Memory, messages, the end; what glibc does behind them. */
#define BASIC                                                                                      \
	"read", "pread64", "write", "recvmsg", "sendmsg", "close", "lseek", "fstat", "newfstatat", \
		"fcntl", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "memfd_create", \
		"dup", "dup2", "dup3", "uname", "alarm", "setitimer", "prlimit64", "getrandom",    \
		"futex", "rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "clock_gettime",        \
		"gettimeofday", "getpid", "gettid", "geteuid", "tgkill", "exit", "exit_group",     \
		"restart_syscall"

/* What a sanitizer needs to say what it found. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZER , "sigaltstack", "sched_yield", "readlink", "sched_getaffinity", "ioctl"
#else
#define SANITIZER
#endif

/* libbpf asks for /proc/version_signature on every open: it gets no, and goes on. */
static const char *const look_calls[] = {
	BASIC SANITIZER, "openat!", "open!", "access!", "faccessat!", "faccessat2!", NULL,
};

/* bpf(2) by command: create and fill maps, load programs and BTF, ask; attach and pin nothing. A
 * list of all BTF needs CAP_SYS_ADMIN, and libbpf before 1.2 gives up at EPERM: for it there are no
 * modules, so that a type that this kernel lacks is found to be lacking. */
static const char *const load_calls[] = {
	BASIC SANITIZER,
	"openat",
	"open",
	"access",
	"faccessat",
	"faccessat2",
	"readlink",
	"getdents64",
	"bpf:0",   /* MAP_CREATE */
	"bpf:1",   /* MAP_LOOKUP_ELEM */
	"bpf:2",   /* MAP_UPDATE_ELEM */
	"bpf:5",   /* PROG_LOAD */
	"bpf:15",  /* OBJ_GET_INFO_BY_FD */
	"bpf:18",  /* BTF_LOAD */
	"bpf:19",  /* BTF_GET_FD_BY_ID */
	"bpf:22",  /* MAP_FREEZE */
	"bpf:23?", /* BTF_GET_NEXT_ID */
	"bpf:35",  /* PROG_BIND_MAP */
	NULL,
};

int rules_look_filter(struct sock_fprog **ret, struct reason *why)
{
	return sandbox_filter_new(look_calls, ret, why);
}

int rules_load_filter(struct sock_fprog **ret, struct reason *why)
{
	return sandbox_filter_new(load_calls, ret, why);
}

/* The first version of Landlock but for READ_DIR: libbpf 1.1 opens "/" to get a free descriptor. */
#define HANDLED                                                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                            \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                           \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                               \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

int rules_new(void)
{
	static const char *const readable[] = {
		"/sys/kernel/btf", "/sys/devices/system/cpu",
		"/proc/version",   "/proc/version_signature",
		"/proc/config.gz", "/proc/kallsyms",
		"/boot",
	};
	struct landlock_ruleset_attr attr = {.handled_access_fs = HANDLED};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (rules < 0)
		return -1;
	for (size_t i = 0; i < array_size(readable); i++) {
		_close_ int place = open(readable[i], O_PATH | O_CLOEXEC);
		struct landlock_path_beneath_attr rule = {
			.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = place};

		if (place >= 0)
			syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	return rules;
}

void rules_apply(int rules)
{
	if (rules >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		syscall(SYS_landlock_restrict_self, rules, 0);
}
