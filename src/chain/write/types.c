/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which types a segment's BTF has. Copies are shallow: structures keep their name and size, so
 * that what a global function may read through a pointer stays the same. */
#include "chain/write/types.h"

#include <ctype.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define DEPTH_MAX     24
#define ARGUMENTS_MAX 16
#define INT_SIZE      4
#define INT_SIGNED_32 (BTF_INT_SIGNED << 24 | 32)
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64   19
#define NAME_MAX_C    128
#define NO_TYPE	      UINT32_MAX

int types_copy_init(struct types_copy *c, struct btf_writer *to, const void *data, size_t len)
{
	int r;

	*c = (struct types_copy){.to = to};
	r = btf_read(&c->from, data, len);
	if (r == -EINVAL)
		btf_reader_done(&c->from);
	if (r == -ENOMEM)
		return r;
	c->map = calloc((size_t)c->from.n + 1, sizeof(*c->map));
	return c->map ? 0 : -ENOMEM;
}

void types_copy_done(struct types_copy *c)
{
	btf_reader_done(&c->from);
	free(c->map);
	c->map = NULL;
}

struct types_own types_add_own(struct btf_writer *to, const char *context)
{
	struct types_own own;
	uint32_t number, type;

	number = btf_add_type(to, btf_add_string(to, "int"), btf_info(BTF_KIND_INT, 0), INT_SIZE);
	btf_add_word(to, INT_SIGNED_32);
	type = btf_add_type(to, btf_add_string(to, context), btf_info(BTF_KIND_STRUCT, 0), 0);
	type = btf_add_type(to, 0, btf_info(BTF_KIND_PTR, 0), type);
	own.static_proto = btf_add_type(to, 0, btf_info(BTF_KIND_FUNC_PROTO, 0), number);
	own.context_proto = btf_add_type(to, 0, btf_info(BTF_KIND_FUNC_PROTO, 1), number);
	btf_add_word(to, btf_add_string(to, "ctx"));
	btf_add_word(to, type);
	return own;
}

static bool is_identifier(const char *name)
{
	size_t len = strlen(name);

	if (!(isalpha((unsigned char)*name) || *name == '_') || len >= NAME_MAX_C)
		return false;
	while (*name && (isalnum((unsigned char)*name) || *name == '_'))
		name++;
	return !*name;
}

void types_format_name(const char *name, char ret[static 64])
{
	size_t n = 0;

	if (!(isalpha((unsigned char)*name) || *name == '_'))
		ret[n++] = '_';
	for (; *name && n < 63; name++)
		ret[n++] = isalnum((unsigned char)*name) ? *name : '_';
	ret[n] = '\0';
}

uint32_t types_add_func(struct btf_writer *to, const char *name, uint32_t proto, uint32_t linkage)
{
	return btf_add_type(to, btf_add_string(to, name), btf_info(BTF_KIND_FUNC, linkage), proto);
}

static uint32_t copy_name(struct types_copy *c, const struct btf_head *t)
{
	const char *name = btf_read_string(&c->from, t->name);

	return is_identifier(name) ? btf_add_string(c->to, name) : 0;
}

static uint32_t copy(struct types_copy *c, uint32_t id, int depth);

/* What stands for another type. */
static uint32_t copy_reference(struct types_copy *c, const struct btf_head *t, int depth)
{
	uint32_t target = copy(c, t->size_or_type, depth + 1);
	uint32_t name = 0;

	if (t->kind == KIND_TYPE_TAG)
		name = btf_add_string(c->to, btf_read_string(&c->from, t->name));
	else if (t->kind == BTF_KIND_TYPEDEF)
		name = copy_name(c, t);
	if (name == 0 && (t->kind == KIND_TYPE_TAG || t->kind == BTF_KIND_TYPEDEF))
		return target;
	return btf_add_type(c->to, name, t->info, target);
}

static uint32_t copy_array(struct types_copy *c, const struct btf_head *t, int depth)
{
	uint32_t element = copy(c, btf_read_word(t, 0), depth + 1);
	uint32_t index = copy(c, btf_read_word(t, 1), depth + 1);
	uint32_t id;

	if (!element || !index)
		return 0;
	id = btf_add_type(c->to, 0, t->info, 0);
	btf_add_word(c->to, element);
	btf_add_word(c->to, index);
	btf_add_word(c->to, btf_read_word(t, 2));
	return id;
}

/* Enumerations keep neither values nor the sign; structures no members. */
static uint32_t copy_sized(struct types_copy *c, const struct btf_head *t)
{
	uint32_t id, word = t->kind == BTF_KIND_INT ? btf_read_word(t, 0) : 0;

	id = btf_add_type(c->to, copy_name(c, t), btf_info(t->kind, 0), t->size_or_type);
	if (t->kind == BTF_KIND_INT)
		btf_add_word(c->to, word);
	return id;
}

static uint32_t copy_kind(struct types_copy *c, const struct btf_head *t, int depth)
{
	switch (t->kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case KIND_TYPE_TAG:
		return copy_reference(c, t, depth);
	case BTF_KIND_ARRAY:
		return copy_array(c, t, depth);
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_FLOAT:
	case KIND_ENUM64:
		return copy_sized(c, t);
	case BTF_KIND_FWD:
		return btf_add_type(c->to, copy_name(c, t), t->info, 0);
	case BTF_KIND_FUNC_PROTO:
		return btf_add_type(c->to, 0, btf_info(BTF_KIND_FUNC_PROTO, 0), 0);
	default:
		return 0;
	}
}

static uint32_t copy(struct types_copy *c, uint32_t id, int depth)
{
	struct btf_head t = btf_read_type(&c->from, id);

	if (!t.body || depth > DEPTH_MAX)
		return 0;
	if (!c->map[id]) {
		/* also while it is copied: foreign types may go round in circles */
		c->map[id] = NO_TYPE;
		c->map[id] = copy_kind(c, &t, depth);
		if (!c->map[id])
			c->map[id] = NO_TYPE;
	}
	return c->map[id] == NO_TYPE ? 0 : c->map[id];
}

static uint32_t copy_proto(struct types_copy *c, uint32_t proto)
{
	struct btf_head t = btf_read_type(&c->from, proto);
	uint32_t types[ARGUMENTS_MAX], names[ARGUMENTS_MAX], id, result;

	if (t.kind != BTF_KIND_FUNC_PROTO || t.vlen > ARGUMENTS_MAX)
		return 0;
	result = copy(c, t.size_or_type, 0);
	for (uint32_t i = 0; i < t.vlen; i++) {
		const char *name = btf_read_string(&c->from, btf_read_word(&t, i * 2));

		types[i] = copy(c, btf_read_word(&t, i * 2 + 1), 0);
		names[i] = btf_add_string(c->to, is_identifier(name) ? name : "arg");
	}
	id = btf_add_type(c->to, 0, btf_info(BTF_KIND_FUNC_PROTO, t.vlen), result);
	for (uint32_t i = 0; i < t.vlen; i++) {
		btf_add_word(c->to, types[i] ? names[i] : 0);
		btf_add_word(c->to, types[i]);
	}
	return id;
}

uint32_t types_copy_func(struct types_copy *c, uint32_t id, uint32_t static_proto)
{
	struct btf_head t = btf_read_type(&c->from, id);
	const char *name = btf_read_string(&c->from, t.name);
	uint32_t proto, func;

	if (t.kind != BTF_KIND_FUNC || !is_identifier(name))
		return 0;
	if (t.vlen != TYPES_GLOBAL)
		return types_add_func(c->to, name, static_proto, TYPES_STATIC);
	proto = copy_proto(c, t.size_or_type);
	if (!proto)
		return 0;
	func = types_add_func(c->to, name, proto, TYPES_GLOBAL);
	c->map[id] = func;
	return func;
}

void types_copy_tags(struct types_copy *c)
{
	for (uint32_t id = 1; id <= c->from.n; id++) {
		struct btf_head t = btf_read_type(&c->from, id);
		uint32_t name, target;

		if (t.kind != KIND_DECL_TAG || t.size_or_type == 0 || t.size_or_type > c->from.n ||
		    btf_read_type(&c->from, t.size_or_type).kind != BTF_KIND_FUNC)
			continue;
		target = c->map[t.size_or_type];
		name = btf_add_string(c->to, btf_read_string(&c->from, t.name));
		if (!target || !name)
			continue;
		btf_add_type(c->to, name, btf_info(KIND_DECL_TAG, 0), target);
		btf_add_word(c->to, btf_read_word(&t, 0));
	}
}
