/* SPDX-License-Identifier: Apache-2.0 */
/* Owns asking for instructions: their number first, then themselves. */
#include "kernel/dump.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "kernel/bpf.h"

int dump_translated(uint32_t program_id, void **ret, uint32_t *ret_n)
{
	struct bpf_prog_info info = {0};
	int fd _close_ = bpf_id_open(BPF_OBJECT_PROGRAM, program_id);
	void *insns _free_ = NULL;
	int r = fd < 0 ? fd : bpf_program_info(fd, &info);

	if (r < 0)
		return r;
	if (info.xlated_prog_len == 0)
		return -EPERM;
	if (info.xlated_prog_len / 8 > DUMP_INSNS_MAX)
		return -E2BIG;
	insns = calloc(1, info.xlated_prog_len);
	if (!insns)
		return -ENOMEM;
	info = (struct bpf_prog_info){.xlated_prog_len = info.xlated_prog_len,
				      .xlated_prog_insns = (uint64_t)(uintptr_t)insns};
	r = bpf_info(fd, &info, sizeof(info));
	if (r < 0 || info.xlated_prog_insns == 0)
		return r < 0 ? r : -EPERM;
	*ret_n = info.xlated_prog_len / 8;
	*ret = take_ptr(insns);
	return 0;
}
