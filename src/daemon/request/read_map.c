/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a running ReadMap stream: it waits while the client does not read. */
#include "daemon/request/read_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"
#include "daemon/auth/map.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/request/request.h"
#include "daemon/store/store.h"
#include "daemon/volume/volume.h"
#include "kernel/bpf.h"
#include "kernel/map.h"
#include "rpc/call.h"

/* @key: the one sent last (has_key), or NULL before the first. */
struct reading {
	struct rpc_call *call;
	int fd;
	struct map map;
	uint32_t left;
	bool is_single;
	bool has_key;
	void *key;
	void *next;
	void *value;
	size_t value_bytes;
};

static void reading_free(struct reading *rd)
{
	fd_close(&rd->fd);
	map_done(&rd->map);
	free(rd->key);
	free(rd->next);
	free(rd->value);
	free(rd);
}

static void reading_freep(struct reading **rd)
{
	if (*rd)
		reading_free(*rd);
}

static int send_entry(struct reading *rd)
{
	Bpfd__V1__MapEntry e = BPFD__V1__MAP_ENTRY__INIT;
	_free_ void *data = NULL;
	size_t len;

	e.key = (ProtobufCBinaryData){rd->map.key_size, rd->next};
	e.value = (ProtobufCBinaryData){rd->value_bytes, rd->value};
	e.cpus = map_type_is_percpu(rd->map.type) ? map_cpus() : 0;
	if (wire_pack(&e.base, &data, &len) < 0)
		return -ENOMEM;
	return rpc_call_send(rd->call, data, len);
}

/* Send until the client's window is full. Return: 1 (go on later), 0 (end), -errno. */
static int pump(struct reading *rd)
{
	while (rd->left > 0) {
		int r = 0;

		if (!rd->is_single) {
			r = bpf_map_next_key(rd->fd, rd->has_key ? rd->key : NULL, rd->next);
			if (r == -ENOENT)
				return 0;
		}
		if (r == 0)
			r = bpf_map_lookup(rd->fd, rd->next, rd->value);
		/* Deleted between the two calls: the next one will do. */
		if (r == 0)
			r = send_entry(rd);
		else if (r == -ENOENT && !rd->is_single)
			r = 0;
		if (r == -EAGAIN)
			return 1;
		if (r < 0)
			return r;
		memcpy(rd->key, rd->next, rd->map.key_size);
		rd->has_key = true;
		rd->left--;
	}
	return 0;
}

static void go_on(struct rpc_call *call, void *userdata)
{
	struct reading *rd = userdata;
	_reason_ struct reason why = {0};
	int r = rpc_call_is_cancelled(call) ? -ECANCELED : pump(rd);

	if (r == 1)
		return;
	if (r < 0) {
		fail(&why, r, r == -ENOENT ? "no such key in map %s" : "cannot read map %s",
		     rd->map.name);
		rpc_call_fail(call, &why);
	} else {
		rpc_call_finish(call, NULL);
	}
	reading_free(rd);
}

static int find(struct context *ctx, const struct caller *caller, const char *ref, struct map *ret,
		struct reason *why)
{
	int r = caller->volume ? volume_map_find(ctx->store, caller->volume, ref, ret, why)
			       : store_map_get(ctx->store, ref, ret, why);

	return r < 0 ? r : auth_map_read(caller, ret, why);
}

static int prepare(struct context *ctx, const Bpfd__V1__ReadMapRequest *in, struct reading *rd,
		   struct reason *why)
{
	paths_buf path;

	if (!map_type_is_iterable(rd->map.type)) {
		reason_hint(why, "take its descriptor from maps.sock and read it by mmap(2)");
		return fail(why, -EOPNOTSUPP, "map %s of type %s has no keys to read", rd->map.name,
			    map_type_name(rd->map.type));
	}
	if (in->key.len && in->key.len != rd->map.key_size)
		return fail(why, -EINVAL, "the key has %zu bytes, map %s takes %u", in->key.len,
			    rd->map.name, rd->map.key_size);
	rd->fd = bpf_pin_open(paths_map(ctx->paths, rd->map.load, rd->map.id, path), false, why);
	rd->value_bytes = map_value_bytes(rd->map.type, rd->map.value_size);
	rd->key = malloc(rd->map.key_size + 1);
	rd->next = malloc(rd->map.key_size + 1);
	rd->value = calloc(1, rd->value_bytes + 1);
	if (rd->fd < 0)
		return rd->fd;
	if (!rd->key || !rd->next || !rd->value)
		return fail(why, -ENOMEM, "out of memory");
	rd->is_single = in->key.len > 0;
	rd->left = rd->is_single ? 1 : in->limit ? in->limit : rd->map.max_entries;
	if (rd->is_single)
		memcpy(rd->next, in->key.data, in->key.len);
	return 0;
}

int read_map_start(struct context *ctx, const struct caller *caller, const struct method *method,
		   struct rpc_call *call, struct reason *why)
{
	_wire_arena_ struct wire_arena arena = {0};
	_cleanup_(reading_freep) struct reading *rd = NULL;
	ProtobufCMessage *in;
	size_t len;
	const void *data = rpc_call_request(call, &len);
	int r = auth_check(caller, method->needed, method->name, why);

	if (r < 0)
		return r;
	if (wire_unpack(method->input, data, len, &arena, &in) < 0)
		return fail(why, -EINVAL, "the request is not a %s", method->input->name);
	r = wire_check(in, why);
	if (r < 0)
		return r;
	rd = calloc(1, sizeof(*rd));
	if (!rd)
		return fail(why, -ENOMEM, "out of memory");
	rd->fd = -1;
	rd->call = call;
	r = find(ctx, caller, ((const Bpfd__V1__ReadMapRequest *)in)->map, &rd->map, why);
	if (r == 0)
		r = prepare(ctx, (const Bpfd__V1__ReadMapRequest *)in, rd, why);
	if (r < 0)
		return r;
	rpc_call_watch(call, go_on, go_on, rd);
	go_on(call, take_ptr(rd));
	return 0;
}
