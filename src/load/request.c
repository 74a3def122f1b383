/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flat forms of a load and their bounds; a result comes from a process that may have been
 * taken over. */
#include "load/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "model/object.h"

#define BTF_SIZE_MAX (16u << 20)
#define LOG_SIZE_MAX (1u << 20)

void load_result_done(struct load_result *result)
{
	for (size_t i = 0; i < result->n_programs; i++) {
		fd_close(&result->programs[i].fd);
		instructions_done(&result->programs[i].instructions);
	}
	for (size_t i = 0; i < result->n_maps; i++) {
		fd_close(&result->maps[i].fd);
		free(result->maps[i].name);
	}
	/* An untouched result is all zero: descriptor 0 is not its. */
	if (result->btf)
		fd_close(&result->btf_fd);
	free(result->programs);
	free(result->maps);
	free(result->btf);
	free(result->log);
	*result = (struct load_result){.btf_fd = -1};
}

void load_request_encode(const struct load_request *request, struct text *w)
{
	buf_put_u32(w, (uint32_t)request->n_programs);
	for (size_t i = 0; i < request->n_programs; i++) {
		const struct load_program *p = &request->programs[i];

		buf_put_str(w, p->function);
		buf_put_str(w, p->section);
		buf_put_u32(w, p->program_type);
		buf_put_u32(w, p->attach_type);
		buf_put_u32(w, p->has_frags);
		buf_put_u32(w, p->is_sleepable);
	}
	buf_put_u32(w, (uint32_t)request->n_globals);
	for (size_t i = 0; i < request->n_globals; i++) {
		buf_put_str(w, request->globals[i].map);
		buf_put_u32(w, request->globals[i].offset);
		buf_put_bytes(w, request->globals[i].value, request->globals[i].size);
	}
	buf_put_u32(w, (uint32_t)request->n_reuse);
	for (size_t i = 0; i < request->n_reuse; i++)
		buf_put_str(w, request->reuse[i].name);
	buf_put_u32(w, request->ifindex);
	buf_put_u32(w, request->want_log);
}

void load_order_done(struct load_order *order)
{
	for (size_t i = 0; order->programs && i < order->request.n_programs; i++) {
		free((void *)(uintptr_t)order->programs[i].function);
		free((void *)(uintptr_t)order->programs[i].section);
	}
	for (size_t i = 0; order->globals && i < order->request.n_globals; i++)
		free((void *)(uintptr_t)order->globals[i].map);
	for (size_t i = 0; order->reuse && i < order->request.n_reuse; i++)
		free((void *)(uintptr_t)order->reuse[i].name);
	free(order->programs);
	free(order->globals);
	free(order->reuse);
	*order = (struct load_order){0};
}

static bool get_bool(struct buf_reader *rd)
{
	return buf_get_count(rd, 1);
}

static void get_programs(struct buf_reader *rd, struct load_order *o)
{
	size_t *n = &o->request.n_programs;

	o->programs = buf_get_array(rd, OBJECT_PROGRAMS_MAX, sizeof(*o->programs), n);
	for (size_t i = 0; i < *n; i++) {
		o->programs[i].function = buf_get_str(rd, OBJECT_NAME_MAX);
		o->programs[i].section = buf_get_str(rd, OBJECT_NAME_MAX);
		o->programs[i].program_type = buf_get_u32(rd);
		o->programs[i].attach_type = buf_get_u32(rd);
		o->programs[i].has_frags = get_bool(rd);
		o->programs[i].is_sleepable = get_bool(rd);
	}
	o->request.programs = o->programs;
}

static void get_globals(struct buf_reader *rd, struct load_order *o)
{
	size_t *n = &o->request.n_globals;

	o->globals = buf_get_array(rd, OBJECT_GLOBALS_MAX, sizeof(*o->globals), n);
	for (size_t i = 0; i < *n; i++) {
		o->globals[i].map = buf_get_str(rd, OBJECT_NAME_MAX);
		o->globals[i].offset = buf_get_u32(rd);
		o->globals[i].value = buf_get_bytes(rd, OBJECT_SIZE_MAX, &o->globals[i].size);
	}
	o->request.globals = o->globals;
}

static void get_reuse(struct buf_reader *rd, struct load_order *o, const int *fds)
{
	size_t *n = &o->request.n_reuse;

	o->reuse = buf_get_array(rd, OBJECT_MAPS_MAX, sizeof(*o->reuse), n);
	for (size_t i = 0; i < *n; i++) {
		o->reuse[i].name = buf_get_str(rd, OBJECT_NAME_MAX);
		o->reuse[i].fd = -1;
		if (fds)
			o->reuse[i].fd = fds[i];
	}
	o->request.reuse = o->reuse;
}

int load_order_decode(const struct load_parcel *parcel, struct load_order *ret)
{
	_cleanup_(load_order_done) struct load_order o = {0};
	struct buf_reader rd;
	int r;

	/* Enough room for every count, whatever was sent. */
	int padded[1 + OBJECT_MAPS_MAX];

	for (size_t i = 0; i < array_size(padded); i++)
		padded[i] = i < parcel->n_fds ? parcel->fds[i] : -1;
	buf_reader_init(&rd, parcel->data, parcel->len);
	get_programs(&rd, &o);
	get_globals(&rd, &o);
	get_reuse(&rd, &o, padded + 1);
	o.request.ifindex = buf_get_u32(&rd);
	o.request.want_log = get_bool(&rd);
	o.request.object_fd = padded[0];
	r = buf_reader_end(&rd);
	if (r < 0)
		return r;
	if (parcel->n_fds != 1 + o.request.n_reuse)
		return -EBADMSG;
	*ret = o;
	o = (struct load_order){0};
	return 0;
}

void load_result_encode(const struct load_result *result, struct text *w)
{
	buf_put_u32(w, (uint32_t)result->n_programs);
	for (size_t i = 0; i < result->n_programs; i++) {
		_text_ struct text in = {0};

		instructions_encode(&result->programs[i].instructions, &in);
		if (in.r < 0)
			w->r = in.r;
		buf_put_bytes(w, in.data, in.len);
	}
	buf_put_u32(w, (uint32_t)result->n_maps);
	for (size_t i = 0; i < result->n_maps; i++)
		buf_put_str(w, result->maps[i].name);
	buf_put_bytes(w, result->btf, result->btf_len);
	buf_put_str(w, result->log);
}

static int get_program(struct buf_reader *rd, struct loaded_program *p)
{
	size_t len;
	const void *data = buf_get_bytes(rd, UINT32_MAX, &len);

	p->fd = -1;
	return data ? instructions_decode(data, len, &p->instructions) : -EBADMSG;
}

/* Invariant of the linker of chains: every map reference names a map of this load. */
static bool refs_fit(const struct load_result *result)
{
	for (size_t i = 0; i < result->n_programs; i++) {
		const struct instructions *in = &result->programs[i].instructions;

		for (uint32_t k = 0; k < in->n_map_refs; k++)
			if (in->map_refs[k].map >= result->n_maps)
				return false;
	}
	return true;
}

static int get_result(struct buf_reader *rd, struct load_result *result)
{
	const void *btf;
	int r;

	result->programs = buf_get_array(rd, OBJECT_PROGRAMS_MAX, sizeof(*result->programs),
					 &result->n_programs);
	for (size_t i = 0; i < result->n_programs; i++)
		result->programs[i].fd = -1;
	for (size_t i = 0; i < result->n_programs; i++) {
		r = get_program(rd, &result->programs[i]);
		if (r < 0)
			return r;
	}
	result->maps = buf_get_array(rd, OBJECT_MAPS_MAX, sizeof(*result->maps), &result->n_maps);
	for (size_t i = 0; i < result->n_maps; i++) {
		result->maps[i].fd = -1;
		result->maps[i].name = buf_get_str(rd, OBJECT_NAME_MAX);
		if (result->maps[i].name && !text_is_clean(result->maps[i].name, OBJECT_NAME_MAX))
			return -EBADMSG;
	}
	btf = buf_get_bytes(rd, BTF_SIZE_MAX, &result->btf_len);
	if (result->btf_len > 0) {
		result->btf = malloc(result->btf_len);
		if (!result->btf)
			return -ENOMEM;
		memcpy(result->btf, btf, result->btf_len);
	}
	result->log = buf_get_str(rd, LOG_SIZE_MAX);
	r = buf_reader_end(rd);
	return r == 0 && !refs_fit(result) ? -EBADMSG : r;
}

int load_result_decode(struct load_parcel *parcel, struct load_result *ret)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	struct buf_reader rd;
	size_t n = 0;
	int r;

	buf_reader_init(&rd, parcel->data, parcel->len);
	r = get_result(&rd, &result);
	if (r < 0)
		return r;
	if (parcel->n_fds != result.n_programs + result.n_maps + (result.btf_len > 0))
		return -EBADMSG;
	for (size_t i = 0; i < result.n_programs; i++)
		result.programs[i].fd = take_fd(&parcel->fds[n++]);
	for (size_t i = 0; i < result.n_maps; i++)
		result.maps[i].fd = take_fd(&parcel->fds[n++]);
	if (result.btf_len > 0)
		result.btf_fd = take_fd(&parcel->fds[n++]);
	*ret = result;
	result = (struct load_result){.btf_fd = -1};
	return 0;
}
