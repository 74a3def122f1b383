/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command under a system call filter that refuses bpf(2), as containers do.
 *	nobpf COMMAND [ARGUMENT...]		with "nobpf --try": exits 0 when bpf(2) is refused
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int forbid_bpf(void)
{
	/* EPERM is what the filter of container engines answers with. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

/* An unknown command is EINVAL where bpf(2) can be called, whoever calls. */
static int is_forbidden(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return syscall(SYS_bpf, 0x7fff, &attr, sizeof(attr)) < 0 && errno == EPERM;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "Usage: nobpf COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (forbid_bpf() < 0) {
		perror("nobpf: seccomp");
		return 126;
	}
	if (strcmp(argv[1], "--try") == 0)
		return !is_forbidden();
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
