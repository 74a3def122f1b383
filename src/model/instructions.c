/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flat form of captured instructions. */
#include "model/instructions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#define INSN_SIZE	8
#define RECORD_SIZE_MAX 256
#define LICENSE_MAX	255

void instructions_done(struct instructions *in)
{
	free(in->insns);
	free(in->map_refs);
	free(in->func_info);
	free(in->line_info);
	free(in->kfuncs);
	free(in->stacks);
	free(in->license);
	*in = (struct instructions){0};
}

void instructions_encode(const struct instructions *in, struct text *w)
{
	buf_put_bytes(w, in->insns, (size_t)in->n_insns * INSN_SIZE);
	buf_put_bytes(w, in->map_refs, (size_t)in->n_map_refs * sizeof(*in->map_refs));
	buf_put_u32(w, in->func_info_rec_size);
	buf_put_bytes(w, in->func_info, (size_t)in->n_func_info * in->func_info_rec_size);
	buf_put_u32(w, in->line_info_rec_size);
	buf_put_bytes(w, in->line_info, (size_t)in->n_line_info * in->line_info_rec_size);
	buf_put_bytes(w, in->kfuncs, (size_t)in->n_kfuncs * sizeof(*in->kfuncs));
	buf_put_bytes(w, in->stacks, (size_t)in->n_stacks * sizeof(*in->stacks));
	buf_put_u32(w, in->verified);
	buf_put_u32(w, in->prog_flags);
	buf_put_u32(w, in->expected_attach_type);
	buf_put_str(w, in->license);
}

/* An array of records of @size bytes each; a copy, NULL when empty. */
static void *get_records(struct buf_reader *rd, size_t size, uint32_t *ret_n)
{
	const void *data;
	void *copy;
	size_t len;

	data = buf_get_bytes(rd, (size_t)INSTRUCTIONS_MAX * RECORD_SIZE_MAX, &len);
	if (len == 0)
		return NULL;
	if (size == 0 || size > RECORD_SIZE_MAX || len % size != 0 ||
	    len / size > INSTRUCTIONS_MAX) {
		rd->r = -EBADMSG;
		return NULL;
	}
	copy = malloc(len);
	if (!copy) {
		rd->r = -ENOMEM;
		return NULL;
	}
	*ret_n = (uint32_t)(len / size);
	return memcpy(copy, data, len);
}

/* Does an array of characters hold a string? */
#define is_text(array) (memchr(array, '\0', sizeof(array)) != NULL)

static bool refs_fit(const struct instructions *in)
{
	for (uint32_t i = 0; i < in->n_map_refs; i++)
		if (in->map_refs[i].insn >= in->n_insns)
			return false;
	for (uint32_t i = 0; i < in->n_kfuncs; i++)
		if (in->kfuncs[i].insn >= in->n_insns || !is_text(in->kfuncs[i].name) ||
		    !is_text(in->kfuncs[i].module))
			return false;
	return in->n_kfuncs <= INSTRUCTIONS_KFUNCS_MAX &&
	       in->n_stacks <= INSTRUCTIONS_FUNCTIONS_MAX;
}

int instructions_decode(const void *data, size_t len, struct instructions *ret)
{
	_cleanup_(instructions_done) struct instructions in = {0};
	struct buf_reader rd;
	int r;

	buf_reader_init(&rd, data, len);
	in.insns = get_records(&rd, INSN_SIZE, &in.n_insns);
	in.map_refs = get_records(&rd, sizeof(*in.map_refs), &in.n_map_refs);
	in.func_info_rec_size = buf_get_u32(&rd);
	in.func_info = get_records(&rd, in.func_info_rec_size, &in.n_func_info);
	in.line_info_rec_size = buf_get_u32(&rd);
	in.line_info = get_records(&rd, in.line_info_rec_size, &in.n_line_info);
	in.kfuncs = get_records(&rd, sizeof(*in.kfuncs), &in.n_kfuncs);
	in.stacks = get_records(&rd, sizeof(*in.stacks), &in.n_stacks);
	in.verified = buf_get_u32(&rd);
	in.prog_flags = buf_get_u32(&rd);
	in.expected_attach_type = buf_get_u32(&rd);
	in.license = buf_get_str(&rd, LICENSE_MAX);
	r = buf_reader_end(&rd);
	if (r < 0)
		return r;
	if (!refs_fit(&in))
		return -EBADMSG;
	*ret = in;
	in = (struct instructions){0};
	return 0;
}
