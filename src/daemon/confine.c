/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the lists of what bpfd may do. tests/e2e/capabilities.sh shows what fails without each
 * capability; a system call that is missing here fails with EPERM. */
#include "daemon/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "sandbox/sandbox.h"
#include "sandbox/screen.h"

/* @is_ours: bpfd keeps it; otherwise only the fork server has it (src/forkserver/main.c). */
static const struct {
	int cap;
	const char *name;
	const char *use;
	bool is_ours;
} capabilities[] = {
	{CAP_SYS_ADMIN, "SYS_ADMIN", "finding programs and maps by id, and network namespaces",
	 true},
	{CAP_NET_ADMIN, "NET_ADMIN", "programs on network interfaces", true},
	{CAP_CHOWN, "CHOWN", "exporting maps to others", true},
	{CAP_BPF, "BPF", "loading", false},
	{CAP_PERFMON, "PERFMON", "loading programs that trace", false},
	{CAP_SETUID, "SETUID", "loading and opening files", false},
	{CAP_SETGID, "SETGID", "loading and opening files", false},
	{CAP_KILL, "KILL", "ending children that hang", false},
	{CAP_DAC_READ_SEARCH, "DAC_READ_SEARCH", "opening files in private places for root", false},
};

static const char *const allowed[] = {
	/* files: SQLite, bpffs, /proc, tracefs */
	"read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "close",
	"close_range", "lseek", "open", "openat", "openat2", "stat", "lstat", "fstat", "newfstatat",
	"statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
	"getdents64", "getcwd", "fcntl", "flock", "fsync", "fdatasync", "ftruncate", "fallocate",
	"fadvise64", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat",
	"rmdir", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown",
	"fchownat", "umask", "utimensat", "dup", "dup2", "dup3", "pipe2", "ioctl", "memfd_create",
	/* memory; mmap and mprotect are among the rules */
	"munmap", "mremap", "madvise", "brk", "membarrier",
	/* sockets; socket is among the rules */
	"socketpair", "connect", "bind", "listen", "accept", "accept4", "getsockname",
	"getpeername", "getsockopt", "setsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom",
	"recvmsg", "recvmmsg", "shutdown",
	/* waiting */
	"poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime",
	"timerfd_gettime", "signalfd4", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
	"pidfd_open", "wait4", "waitid", "nanosleep", "clock_nanosleep", "futex", "futex_waitv",
	"restart_syscall",
	/* this process */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack",
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getresuid",
	"getresgid", "getgroups", "capget", "capset", "prctl", "arch_prctl", "prlimit64",
	"getrlimit", "getrusage", "sysinfo", "uname", "times", "time", "gettimeofday",
	"clock_gettime", "clock_getres", "getrandom", "getcpu", "sched_yield", "sched_getaffinity",
	"sched_getparam", "sched_getscheduler", "set_robust_list", "get_robust_list", "rseq",
	"set_tid_address", "exit", "exit_group",
	/* what bpfd is for; setns is among the rules. A tracefs that is not mounted is mounted
	 * where nobody sees it: without move_mount(2) it cannot go anywhere. */
	"bpf", "perf_event_open", "fsopen", "fsconfig", "fsmount", NULL};

/* Nothing in bpfd or its libraries calls these: somebody else does. The first two only where no
 * volumes are made. */
#define N_MOUNTING 2
static const char *const deadly[] = {"mount",
				     "umount2",
				     "execve",
				     "execveat",
				     "ptrace",
				     "process_vm_readv",
				     "process_vm_writev",
				     "kexec_load",
				     "init_module",
				     "finit_module",
				     "kexec_file_load",
				     "delete_module",
				     "move_mount",
				     "open_tree",
				     "mount_setattr",
				     "pivot_root",
				     "chroot",
				     "unshare",
				     "swapon",
				     "swapoff",
				     "reboot",
				     "iopl",
				     "ioperm",
				     "userfaultfd",
				     "add_key",
				     "request_key",
				     "keyctl",
				     "io_uring_setup",
				     "mknod",
				     "mknodat",
				     "open_by_handle_at",
				     NULL};

/* Its flags are in memory, where a filter cannot look; clone(2) has them in a register. */
static const char *const missing[] = {"clone3", NULL};

#define NO_POWER (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static int confine_calls(bool may_mount, struct reason *why)
{
	const uint64_t self = (uint64_t)getpid();
	const struct screen_rule rules[] = {
		{"socket", 0, SCREEN_INT, AF_UNIX},
		{"socket", 0, SCREEN_INT, AF_NETLINK},
		{"setns", 1, SCREEN_INT, CLONE_NEWNET},
		/* threads yes, processes no */
		{"clone", 0, CLONE_THREAD, CLONE_THREAD},
		/* never memory that is writable and executable; libnss_* are still mapped */
		{"mmap", 2, PROT_WRITE, 0},
		{"mmap", 2, PROT_EXEC, 0},
		{"mprotect", 2, PROT_EXEC, 0},
		{"kill", 0, SCREEN_INT, self},
		{"tgkill", 0, SCREEN_INT, self},
		/* What is mounted anew gives nobody power; nothing is moved, made shared or forced
		 * away. These three are for volumes only. */
		{"mount", 3, ~(uint64_t)(MS_RDONLY | MS_REMOUNT), NO_POWER},
		{"mount", 3, ~UINT64_C(0), MS_BIND},
		{"umount2", 1, SCREEN_INT, MNT_DETACH},
	};
	const size_t n_rules = array_size(rules) - (may_mount ? 0 : 3);
	const struct screen screen = {allowed, deadly + (may_mount ? N_MOUNTING : 0), missing,
				      rules, n_rules};

	return screen_install(&screen, why);
}

int confine(bool may_mount, struct reason *why)
{
	int kept[array_size(capabilities)];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < array_size(capabilities); i++) {
		if (!sandbox_has_cap(capabilities[i].cap))
			log_warning("CAP_%s is not there: %s will fail", capabilities[i].name,
				    capabilities[i].use);
		if (capabilities[i].is_ours)
			kept[n++] = capabilities[i].cap;
	}
	r = sandbox_keep_caps(kept, n);
	if (r < 0)
		return fail(why, r, "cannot give up capabilities: %s", strerror(-r));
	return confine_calls(may_mount, why);
}
