/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from stored instructions to a program of type EXT. */
#include "libxdp/member.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "libxdp/btf.h"
#include "libxdp/config.h"
#include "libxdp/dispatcher.h"

/* An EXT program has these from its target. BPF_F_XDP_HAS_FRAGS, BPF_F_XDP_DEV_BOUND_ONLY */
#define TARGETS_FLAGS (CONFIG_FRAGS | 1u << 6)

void member_code_done(struct member_code *code)
{
	free(code->insns);
	free(code->functions);
	free(code->lines);
	text_done(&code->btf);
	*code = (struct member_code){0};
}

/* Records of the loader may be longer than those we know; what is behind is left out. */
static void *copy_records(const void *from, uint32_t n, size_t size, size_t known)
{
	unsigned char *copy = calloc(n ? n : 1, known);

	for (uint32_t i = 0; copy && i < n; i++)
		memcpy(copy + i * known, (const unsigned char *)from + i * size,
		       size < known ? size : known);
	return copy;
}

static int write_known(const struct libxdp_member *member, struct member_code *ret)
{
	const struct instructions *in = member->code;
	_cleanup_(btf_done) struct btf_writer w = {0};
	int r = btf_begin_with(&w, member->btf, member->btf_len);

	if (r < 0)
		return r;
	ret->functions = copy_records(in->func_info, in->n_func_info, in->func_info_rec_size,
				      sizeof(*ret->functions));
	ret->lines = copy_records(in->line_info, in->n_line_info, in->line_info_rec_size,
				  sizeof(*ret->lines));
	if (!ret->functions || !ret->lines)
		return -ENOMEM;
	ret->n_functions = in->n_func_info;
	ret->n_lines = in->n_line_info;
	ret->functions[0].type_id = btf_add_function(&w, member->name, btf_add_prototype(&w), true);
	return btf_finish(&w, &ret->btf);
}

static bool refers_to_function(const struct bpf_insn *insn)
{
	if (insn->code == (BPF_JMP | BPF_CALL))
		return insn->src_reg == BPF_PSEUDO_CALL;
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC;
}

/* The first instruction of each function. Return: 0, -EINVAL. */
static int mark_functions(const struct member_code *code, uint32_t n_insns, bool *is_first)
{
	is_first[0] = true;
	for (uint32_t i = 0; i < n_insns; i++) {
		int64_t target = (int64_t)i + code->insns[i].imm + 1;

		if (!refers_to_function(&code->insns[i]))
			continue;
		if (target < 0 || target >= n_insns)
			return -EINVAL;
		is_first[target] = true;
	}
	return 0;
}

static int write_unknown(const struct libxdp_member *member, struct member_code *ret)
{
	uint32_t n_insns = member->code->n_insns, prototype;
	bool *is_first _free_ = calloc(n_insns, sizeof(*is_first));
	_cleanup_(btf_done) struct btf_writer w = {0};
	int r = is_first ? mark_functions(ret, n_insns, is_first) : -ENOMEM;

	if (r < 0)
		return r;
	ret->functions = calloc(n_insns, sizeof(*ret->functions));
	if (!ret->functions)
		return -ENOMEM;
	btf_begin(&w);
	ret->functions[ret->n_functions++].type_id =
		btf_add_function(&w, member->name, btf_add_prototype(&w), true);
	prototype = btf_add_prototype_empty(&w);
	for (uint32_t i = 1; i < n_insns; i++)
		if (is_first[i])
			ret->functions[ret->n_functions++] = (struct bpf_func_info){
				.insn_off = i,
				.type_id = btf_add_function(&w, "function", prototype, false)};
	return btf_finish(&w, &ret->btf);
}

static bool has_records(const struct libxdp_member *member)
{
	const struct instructions *in = member->code;

	return member->btf && in->n_func_info > 0 &&
	       in->func_info_rec_size >= sizeof(struct bpf_func_info) &&
	       (in->n_line_info == 0 || in->line_info_rec_size >= sizeof(struct bpf_line_info));
}

int member_write(const struct libxdp_member *member, struct member_code *ret)
{
	_cleanup_(member_code_done) struct member_code code = {0};
	const struct instructions *in = member->code;
	int r;

	if (in->n_insns == 0 || in->n_insns > INSTRUCTIONS_MAX)
		return -EINVAL;
	code.insns = copy_records(in->insns, in->n_insns, sizeof(*code.insns), sizeof(*code.insns));
	if (!code.insns)
		return -ENOMEM;
	r = has_records(member) ? write_known(member, &code) : -EBADMSG;
	if (r == -EBADMSG)
		r = write_unknown(member, &code);
	if (r < 0)
		return r;
	*ret = code;
	code = (struct member_code){0};
	return 0;
}

/* Descriptors of a load, closed together. */
struct maps {
	int *fds;
	size_t n;
};

static void maps_done(struct maps *maps)
{
	if (maps->fds)
		fd_close_many(maps->fds, maps->n);
	free(maps->fds);
}

static int open_maps(const struct libxdp_change *change, const struct libxdp_member *member,
		     struct maps *ret, struct reason *why)
{
	ret->fds = calloc(member->n_map_keys + 1, sizeof(*ret->fds));
	if (!ret->fds)
		return -ENOMEM;
	for (; ret->n < member->n_map_keys; ret->n++) {
		int fd = change->map_fd(change->arg, member->map_keys[ret->n], why);

		if (fd < 0)
			return fd;
		ret->fds[ret->n] = fd;
	}
	return 0;
}

static int put_maps(const struct libxdp_member *member, const struct maps *maps,
		    struct bpf_insn *insns)
{
	const struct instructions *in = member->code;

	for (uint32_t i = 0; i < in->n_map_refs; i++) {
		if (in->map_refs[i].map >= maps->n || in->map_refs[i].insn >= in->n_insns)
			return -EINVAL;
		insns[in->map_refs[i].insn].imm = maps->fds[in->map_refs[i].map];
	}
	return 0;
}

static int check_kfuncs(const struct libxdp_member *member, struct reason *why)
{
	const struct instructions *in = member->code;

	for (uint32_t i = 0; i < in->n_kfuncs; i++) {
		if (!in->kfuncs[i].module[0])
			continue;
		fail(why, -EOPNOTSUPP, "%s calls %s of module %s", member->name, in->kfuncs[i].name,
		     in->kfuncs[i].module);
		reason_hint(why, "functions of modules work without libxdp mode");
		return -EOPNOTSUPP;
	}
	return 0;
}

static bool has_tail_call(const struct instructions *in)
{
	const struct bpf_insn *insns = in->insns;

	for (uint32_t i = 0; i < in->n_insns; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == 0 &&
		    insns[i].imm == BPF_FUNC_tail_call)
			return true;
	return false;
}

/* Its array belongs to programs of type XDP since it was loaded alone; 5.10 to 7.3 let no EXT
 * program have it then. */
static void advise(const struct libxdp_member *member, struct reason *why)
{
	if (has_tail_call(member->code))
		reason_hint(why,
			    "it makes tail calls, and its array of programs cannot be that of a "
			    "freplace program, too: without libxdp mode it works");
}

static int load_code(const struct libxdp_member *member, const struct member_code *code,
		     const struct dispatcher *at, struct reason *why)
{
	char what[LIBXDP_NAME_SIZE + 64], name[BPF_OBJ_NAME_LEN];
	struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_EXT,
					.insns = code->insns,
					.n_insns = member->code->n_insns,
					.license =
						member->code->license ? member->code->license : "",
					.name = name,
					.flags = member->code->prog_flags & ~TARGETS_FLAGS,
					.func_info = code->functions,
					.n_func_info = code->n_functions,
					.line_info = code->lines,
					.n_line_info = code->n_lines,
					.attach_program_fd = at->fd,
					.attach_btf_id = at->slots[0]};
	int btf _close_ = bpf_btf_load(code->btf.data, code->btf.len, NULL, 0);
	int fd;

	if (btf < 0)
		return fail(why, btf, "the kernel refuses the BTF of %s: %s", member->name,
			    strerror(-btf));
	spec.btf_fd = btf;
	btf_clean_name(member->name, name, sizeof(name));
	snprintf(what, sizeof(what), "%s as a freplace program for libxdp", member->name);
	fd = dispatcher_program_load(&spec, what, why);
	if (fd < 0)
		advise(member, why);
	return fd;
}

int member_load(const struct libxdp_change *change, const struct libxdp_member *member,
		const struct dispatcher *at, struct reason *why)
{
	_cleanup_(member_code_done) struct member_code code = {0};
	_cleanup_(maps_done) struct maps maps = {0};
	int r = check_kfuncs(member, why);

	if (r == 0)
		r = open_maps(change, member, &maps, why);
	if (r < 0)
		return r;
	r = member_write(member, &code);
	if (r == 0)
		r = put_maps(member, &maps, code.insns);
	if (r < 0)
		return fail(why, r, "the instructions of %s are no program: %s", member->name,
			    strerror(-r));
	return load_code(member, &code, at, why);
}
