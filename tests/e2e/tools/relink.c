// SPDX-License-Identifier: Apache-2.0
/* Points a BPF link at another program, as a foreign tool would. Usage: relink LINK_ID PROGRAM_ID
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	union bpf_attr attr;
	int link, program;

	if (argc != 3)
		return 2;
	memset(&attr, 0, sizeof(attr));
	attr.link_id = (__u32)atoi(argv[1]);
	link = bpf(BPF_LINK_GET_FD_BY_ID, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.prog_id = (__u32)atoi(argv[2]);
	program = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = (__u32)link;
	attr.link_update.new_prog_fd = (__u32)program;
	if (link < 0 || program < 0 || bpf(BPF_LINK_UPDATE, &attr) < 0) {
		perror("relink");
		return 1;
	}
	return 0;
}
