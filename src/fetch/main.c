/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-fetch: gets one image out of a registry without any privilege. Descriptor 3 is its socket to
 * bpfd: one order comes, with the directory of stored blobs; one answer goes. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "fetch/pull.h"
#include "fetch/verdict.h"
#include "forkserver/message.h"
#include "sandbox/sandbox.h"

#define SOCKET_FD  3
#define MEMORY_MAX (1024u << 20)
#define TIME_S	   140
#define CPU_S	   60
#define FILES_MAX  256

/* The network, memory, reading what name resolution and TLS need; no exec, no bpf, nothing of other
 * processes. Threads: libcurl resolves names in one. */
static const char *const allowed[] = {"socket",
				      "connect",
				      "bind",
				      "sendto",
				      "recvfrom",
				      "sendmsg",
				      "sendmmsg",
				      "recvmsg",
				      "getsockname",
				      "getpeername",
				      "getsockopt",
				      "setsockopt",
				      "shutdown",
				      "socketpair",
				      "poll",
				      "ppoll",
				      "select",
				      "pselect6",
				      "epoll_create1",
				      "epoll_ctl",
				      "epoll_wait",
				      "epoll_pwait",
				      "eventfd2",
				      "pipe2",
				      "ioctl",
				      "read",
				      "readv",
				      "pread64",
				      "write",
				      "writev",
				      "pwrite64",
				      "lseek",
				      "fstat",
				      "newfstatat",
				      "statx",
				      "stat",
				      "lstat",
				      "statfs",
				      "access",
				      "faccessat",
				      "faccessat2",
				      "readlink",
				      "readlinkat",
				      "open",
				      "openat",
				      "close",
				      "close_range",
				      "fcntl",
				      "dup",
				      "dup2",
				      "getdents64",
				      "getcwd",
				      "memfd_create",
				      "ftruncate",
				      "uname",
				      "sysinfo",
				      "brk",
				      "mmap",
				      "munmap",
				      "mremap",
				      "mprotect",
				      "madvise",
				      "membarrier",
				      "clone",
				      "clone3",
				      "set_robust_list",
				      "rseq",
				      "set_tid_address",
				      "futex",
				      "sched_yield",
				      "sched_getaffinity",
				      "prlimit64",
				      "getrlimit",
				      "getrusage",
				      "prctl!",
				      "rt_sigaction",
				      "rt_sigprocmask",
				      "rt_sigreturn",
				      "sigaltstack",
				      "restart_syscall",
				      "getpid",
				      "gettid",
				      "getppid",
				      "getuid",
				      "geteuid",
				      "getgid",
				      "getegid",
				      "getresuid",
				      "clock_gettime",
				      "clock_getres",
				      "clock_nanosleep",
				      "nanosleep",
				      "gettimeofday",
				      "time",
				      "getrandom",
				      "exit",
				      "exit_group",
				      "tgkill",
				      NULL};

/* What resolvers and TLS read; without Landlock the account alone decides. */
static const char *const readable[] = {"/etc",
				       "/usr",
				       "/lib",
				       "/lib64",
				       "/run/systemd/resolve",
				       "/run/resolvconf",
				       "/run/NetworkManager",
				       "/var/lib/ca-certificates",
				       "/dev/urandom",
				       "/dev/null",
				       NULL};

static int enter_sandbox(int store, struct reason *why)
{
	struct itimerval time = {.it_value.tv_sec = TIME_S};
	struct sock_fprog *filter = NULL;
	int r = sandbox_filter_new(allowed, &filter, why);

	if (r < 0)
		return r;
	json_object_seed(0);
	setitimer(ITIMER_REAL, &time, NULL);
	r = geteuid() == 0 ? -EPERM : sandbox_keep_caps(NULL, 0);
	if (r == 0)
		r = sandbox_limit(MEMORY_MAX, CPU_S, FILES_MAX);
	if (r == 0) {
		sandbox_only_read(readable, store);
		r = sandbox_filter_install(filter);
	}
	sandbox_filter_free(filter);
	return r < 0 ? fail(why, r, "bpfd-fetch cannot enter its sandbox: %s", strerror(-r)) : 0;
}

static int answer(const struct pulled *p, struct reason *why)
{
	int fds[FETCH_BLOBS_MAX + 1];
	_text_ struct text w = {0};
	size_t n = 0;
	int r;

	if (p->object >= 0)
		fds[n++] = p->object;
	for (size_t i = 0; i < p->collection.n; i++)
		if (!p->collection.items[i].blob.is_stored)
			fds[n++] = p->collection.items[i].fd;
	fetch_answer_encode(&p->answer, &w);
	r = w.r;
	if (r == 0)
		r = message_send(SOCKET_FD,
				 &(struct message_out){
					 .data = w.data, .len = w.len, .fds = fds, .n_fds = n});
	return r < 0 ? fail(why, r, "cannot answer: %s", strerror(-r)) : 0;
}

static int serve(struct reason *why)
{
	_cleanup_(fetch_order_done) struct fetch_order order = {0};
	_cleanup_(pulled_done) struct pulled pulled = {.object = -1};
	_message_ struct message m = {0};
	struct image_source layout;
	int store, r = message_recv(SOCKET_FD, &m, why);

	if (r < 0)
		return fail(why, r, "no order came: %s", strerror(-r));
	store = m.n_fds > 0 ? m.fds[0] : -1;
	r = fetch_order_decode(m.data, m.len, &order);
	explicit_bzero(m.data, m.len);
	if (r < 0)
		return fail(why, r, "not an order to fetch");
	r = enter_sandbox(store, why);
	if (r < 0)
		return r;
	layout = image_source_opener(m.n_fds > 1 ? m.fds[1] : -1);
	if (order.is_verdict)
		r = verdict_serve(&order, store, &pulled.answer, why);
	else if (order.layout)
		r = pull_layout(&order, &layout, store, &pulled, why);
	else
		r = pull_image(&order, store, &pulled, why);
	return r < 0 ? r : answer(&pulled, why);
}

int main(void)
{
	_reason_ struct reason why = {0};
	int r;

	close_range(SOCKET_FD + 1, ~0U, 0);
	r = serve(&why);
	if (r < 0)
		message_send_failure(SOCKET_FD, r, &why);
	return r < 0;
}
