/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the encoding of a result as trailers: what is kept, shortened or dropped when room is short.
 */
#include "rpc/result.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "rpc/call.h"
#include "rpc/header.h"

#define FIELD_COST  32
#define MESSAGE_MAX 3072

#define NV(n, v)                                                                                   \
	{                                                                                          \
		(uint8_t *)(n), (uint8_t *)(v), sizeof(n) - 1, sizeof(v) - 1, 0                    \
	}

const nghttp2_nv rpc_fields_head[2] = {NV(":status", "200"),
				       NV("content-type", "application/grpc")};
const nghttp2_nv rpc_fields_ok[1] = {NV("grpc-status", "0")};

/* Fields are collected as offsets into one text and become pointers once it no longer moves. */
struct draft {
	struct text bytes;
	struct {
		size_t name, value, end;
	} field[RPC_FIELDS_MAX];
	size_t n;
	size_t left;
};

static bool draft_begin(struct draft *d, const char *name)
{
	size_t len = strlen(name);

	if (d->n == RPC_FIELDS_MAX - 2 || d->left < len + FIELD_COST)
		return false;
	d->left -= len + FIELD_COST;
	d->field[d->n].name = d->bytes.len;
	text_add_bytes(&d->bytes, name, len);
	d->field[d->n].value = d->bytes.len;
	return true;
}

static void draft_end(struct draft *d)
{
	size_t len = d->bytes.len - d->field[d->n].value;

	d->left -= len < d->left ? len : d->left;
	d->field[d->n].end = d->bytes.len;
	d->n++;
}

static bool is_key(const char *key)
{
	return key[0] && strncmp(key, "grpc-", 5) != 0 &&
	       !key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_-.")];
}

static bool is_printable(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

static void draft_add_binary(struct draft *d, const struct rpc_trailer *t)
{
	const char *p = t->value;
	size_t room, len = t->len;

	if (d->left < strlen(t->key) + FIELD_COST + 64 || !draft_begin(d, t->key))
		return;
	room = d->left < RPC_FIELD_MAX ? d->left : RPC_FIELD_MAX;
	room = room / 4 * 3;
	if (len > room) {
		p += len - room;
		len = room;
		/* Not in the middle of a UTF-8 character. */
		for (; len > 0 && room - len < 3 && (*p & 0xc0) == 0x80; len--)
			p++;
	}
	base64_encode(&d->bytes, p, len);
	draft_end(d);
}

static void draft_add(struct draft *d, const struct rpc_trailer *t)
{
	size_t n = strlen(t->key);

	if (!is_key(t->key))
		return;
	if (n > 4 && strcmp(t->key + n - 4, "-bin") == 0) {
		draft_add_binary(d, t);
		return;
	}
	if (d->left < n + FIELD_COST + t->len || !is_printable(t->value, t->len) ||
	    !draft_begin(d, t->key))
		return;
	text_add_bytes(&d->bytes, t->value, t->len);
	draft_end(d);
}

static struct rpc_fields *draft_take(struct draft *d)
{
	struct rpc_fields *fields = calloc(1, sizeof(*fields));
	nghttp2_nv *nv;
	size_t i;

	if (!fields || d->bytes.r < 0) {
		free(fields);
		return NULL;
	}
	fields->bytes = take_ptr(d->bytes.data);
	memcpy(fields->nv, rpc_fields_head, sizeof(rpc_fields_head));
	fields->n = 2;
	for (i = 0; i < d->n; i++) {
		nv = &fields->nv[fields->n++];
		nv->name = (uint8_t *)fields->bytes + d->field[i].name;
		nv->namelen = d->field[i].value - d->field[i].name;
		nv->value = (uint8_t *)fields->bytes + d->field[i].value;
		nv->valuelen = d->field[i].end - d->field[i].value;
		nv->flags = i > 0 ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
	}
	return fields;
}

struct rpc_fields *rpc_fields_new(const struct rpc_result *result, size_t budget)
{
	struct draft d = {.left = budget};
	struct rpc_fields *fields;
	size_t i;

	/* The response's head is part of the list when nothing was sent before. */
	d.left -= d.left < 128 ? d.left : 128;
	if (d.left < 64)
		d.left = 64;
	draft_begin(&d, "grpc-status");
	text_add(&d.bytes, "%u", (unsigned int)result->code);
	draft_end(&d);
	if (result->message && result->message[0] && draft_begin(&d, "grpc-message")) {
		rpc_header_percent_encode(&d.bytes, result->message,
					  d.left / 2 < MESSAGE_MAX ? d.left / 2 : MESSAGE_MAX);
		draft_end(&d);
	}
	for (i = 0; i < result->n_trailers; i++)
		draft_add(&d, &result->trailers[i]);
	fields = draft_take(&d);
	text_done(&d.bytes);
	return fields;
}

void rpc_fields_free(struct rpc_fields *fields)
{
	if (fields)
		free(fields->bytes);
	free(fields);
}
