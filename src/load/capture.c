/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the callback before BPF_PROG_LOAD and the translation of map descriptors into indexes. */
#include "load/capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "load/kfuncs.h"
#include "verifier/verified.h"

/* linux/bpf.h of some build machines is older. */
#define FLAG_SLEEPABLE	   (1u << 4)
#define FLAG_XDP_HAS_FRAGS (1u << 5)

static int map_index(const struct bpf_object *obj, int fd)
{
	struct bpf_map *map;
	int i = 0;

	bpf_object__for_each_map(map, obj)
	{
		if (bpf_map__fd(map) == fd)
			return i;
		i++;
	}
	return -ENOENT;
}

static bool refers_to_map(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
		insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE);
}

/* Only the two forms with a descriptor are left behind, with the index in its place. */
static int translate_map(struct bpf_insn *insn, const struct capture *c, const int *fd_array)
{
	bool is_index =
		insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	int index;

	if (is_index && !fd_array)
		return -EINVAL;
	index = map_index(c->object, is_index ? fd_array[insn->imm] : insn->imm);
	if (index < 0)
		return index;
	if (insn->src_reg == BPF_PSEUDO_MAP_IDX)
		insn->src_reg = BPF_PSEUDO_MAP_FD;
	if (insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
		insn->src_reg = BPF_PSEUDO_MAP_VALUE;
	insn->imm = index;
	return index;
}

static int translate_maps(struct instructions *in, const struct capture *c, const int *fd_array)
{
	struct bpf_insn *insns = in->insns;

	in->map_refs = calloc(in->n_insns, sizeof(*in->map_refs));
	if (!in->map_refs)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->n_insns; i++) {
		int index;

		if (!refers_to_map(&insns[i]))
			continue;
		index = translate_map(&insns[i], c, fd_array);
		if (index < 0)
			return index;
		in->map_refs[in->n_map_refs++] =
			(struct map_ref){.insn = i, .map = (uint32_t)index};
	}
	return 0;
}

static int copy(void **ret, const void *from, size_t size)
{
	if (size == 0)
		return 0;
	*ret = malloc(size);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, from, size);
	return 0;
}

static int take(struct instructions *in, const struct bpf_program *prog,
		const struct bpf_prog_load_opts *opts, const struct capture *c)
{
	int r;

	in->n_insns = (uint32_t)bpf_program__insn_cnt(prog);
	r = copy(&in->insns, bpf_program__insns(prog), in->n_insns * sizeof(struct bpf_insn));
	if (r == 0)
		r = translate_maps(in, c, opts->fd_array);
	if (r == 0)
		r = kfuncs_find(in, opts->fd_array);
	if (r < 0)
		return r;
	in->func_info_rec_size = opts->func_info_rec_size;
	in->n_func_info = opts->func_info ? opts->func_info_cnt : 0;
	r = copy(&in->func_info, opts->func_info,
		 (size_t)in->n_func_info * opts->func_info_rec_size);
	if (r < 0)
		return r;
	in->line_info_rec_size = opts->line_info_rec_size;
	in->n_line_info = opts->line_info ? opts->line_info_cnt : 0;
	r = copy(&in->line_info, opts->line_info,
		 (size_t)in->n_line_info * opts->line_info_rec_size);
	if (r < 0)
		return r;
	in->prog_flags = opts->prog_flags;
	in->expected_attach_type = opts->expected_attach_type;
	return text_set(&in->license, c->license);
}

static int find_program(const struct capture *c, const char *name)
{
	for (size_t i = 0; i < c->request->n_programs; i++)
		if (strcmp(c->request->programs[i].function, name) == 0)
			return (int)i;
	return -ENOENT;
}

static int before_load(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct capture *c = (struct capture *)cookie;
	const struct load_program *wish;
	int i = find_program(c, bpf_program__name(prog));

	if (i < 0)
		return i;
	c->r = capture_finish(c);
	if (c->r < 0)
		return c->r;
	wish = &c->request->programs[i];
	c->current = i;
	if (wish->has_frags)
		opts->prog_flags |= FLAG_XDP_HAS_FRAGS;
	if (wish->is_sleepable)
		opts->prog_flags |= FLAG_SLEEPABLE;
	opts->expected_attach_type = wish->attach_type;
	c->r = take(&c->programs[i].instructions, prog, opts, c);
	c->programs[i].is_taken = c->r == 0;
	return c->r;
}

static bool is_first(const char *const *sections, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(sections[k], sections[i]) == 0)
			return false;
	return true;
}

int capture_register(struct capture *capture, const char *const *sections)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)capture,
		    .prog_prepare_load_fn = before_load);

	for (size_t i = 0; i < capture->request->n_programs; i++) {
		const struct load_program *p = &capture->request->programs[i];
		int r;

		if (!is_first(sections, i))
			continue;
		r = libbpf_register_prog_handler(sections[i], p->program_type, p->attach_type,
						 &opts);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A function that never runs is not counted: then nobody knows which is whose. */
static int take_counts(struct instructions *in, const char *log)
{
	struct verified v;

	verified_parse(log, &v);
	in->verified = v.n_insns;
	if (v.n_stacks == 0 || (in->n_func_info > 0 && in->n_func_info != v.n_stacks))
		return 0;
	if (copy((void **)&in->stacks, v.stacks, v.n_stacks * sizeof(*v.stacks)) < 0)
		return -ENOMEM;
	in->n_stacks = v.n_stacks;
	return 0;
}

int capture_finish(struct capture *capture)
{
	int r;

	if (capture->current < 0 || !*capture->log_buf)
		return 0;
	r = take_counts(&capture->programs[capture->current].instructions, capture->log_buf);
	if (capture->request->want_log)
		text_add(&capture->log, "%s:\n%s\n",
			 capture->request->programs[capture->current].function, capture->log_buf);
	*capture->log_buf = '\0';
	return r;
}

void capture_reset(struct capture *capture)
{
	for (size_t i = 0; i < array_size(capture->programs); i++) {
		instructions_done(&capture->programs[i].instructions);
		capture->programs[i].is_taken = false;
	}
	capture->current = -1;
	capture->r = 0;
	capture->log_buf = NULL;
	text_done(&capture->log);
}

void capture_done(struct capture *capture)
{
	for (size_t i = 0; i < array_size(capture->programs); i++)
		instructions_done(&capture->programs[i].instructions);
	text_done(&capture->log);
}
