/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a number in a call to the name in the BTF of the kernel or of a module. */
#include "load/kfuncs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The kernel's BTF, and that of the module that was asked for last. */
struct types {
	struct btf *kernel;
	struct btf *module;
	int module_fd;
	char module_name[64];
};

static void types_done(struct types *t)
{
	btf__free(t->module);
	btf__free(t->kernel);
}

static bool is_kfunc(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

static void open_module(struct types *t, int fd)
{
	struct bpf_btf_info info = {.name = (uintptr_t)t->module_name,
				    .name_len = sizeof(t->module_name)};
	uint32_t len = sizeof(info);

	btf__free(t->module);
	t->module_fd = fd;
	t->module = NULL;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		t->module_name[0] = '\0';
	/* by name from sysfs: only CAP_SYS_ADMIN may ask by id */
	else if (!strchr(t->module_name, '/'))
		t->module = btf__load_module_btf(t->module_name, t->kernel);
}

static void name_call(struct kfunc_ref *ref, const struct bpf_insn *insn, struct types *t,
		      const int *fd_array)
{
	const struct btf *btf = t->kernel;
	const struct btf_type *type;
	const char *name;

	if (insn->off > 0 && fd_array) {
		if (!t->module || t->module_fd != fd_array[insn->off])
			open_module(t, fd_array[insn->off]);
		snprintf(ref->module, sizeof(ref->module), "%s", t->module_name);
		btf = t->module;
	}
	type = btf ? btf__type_by_id(btf, (uint32_t)insn->imm) : NULL;
	name = type ? btf__name_by_offset(btf, type->name_off) : NULL;
	if (name)
		snprintf(ref->name, sizeof(ref->name), "%s", name);
}

static uint32_t count(const struct instructions *in)
{
	const struct bpf_insn *insns = in->insns;
	uint32_t n = 0;

	for (uint32_t i = 0; i < in->n_insns; i++)
		n += is_kfunc(&insns[i]);
	return n;
}

int kfuncs_find(struct instructions *in, const int *fd_array)
{
	_cleanup_(types_done) struct types types = {.module_fd = -1};
	const struct bpf_insn *insns = in->insns;
	uint32_t n = count(in);

	if (n == 0)
		return 0;
	if (n > INSTRUCTIONS_KFUNCS_MAX)
		return -E2BIG;
	in->kfuncs = calloc(n, sizeof(*in->kfuncs));
	if (!in->kfuncs)
		return -ENOMEM;
	types.kernel = btf__load_vmlinux_btf();
	for (uint32_t i = 0; i < in->n_insns; i++) {
		struct kfunc_ref *ref = &in->kfuncs[in->n_kfuncs];

		if (!is_kfunc(&insns[i]))
			continue;
		ref->insn = i;
		name_call(ref, &insns[i], &types, fd_array);
		in->n_kfuncs++;
	}
	return 0;
}
