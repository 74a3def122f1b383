/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the encoding of BTF as far as this folder needs it (kernel: Documentation/bpf/btf.rst). */
#include "libxdp/btf.h"

#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include "base/cleanup.h"

/* Kinds behind what linux/btf.h of Debian 12 has are written as numbers. */
#define KINDS 20

#define XDP_MD_SIZE 24

/* Bytes behind struct btf_type: @fixed, and @each times its vlen. */
static const struct {
	unsigned char fixed;
	unsigned char each;
} sizes[KINDS] = {
	[BTF_KIND_INT] = {.fixed = 4},	    [BTF_KIND_ARRAY] = {.fixed = 12},
	[BTF_KIND_STRUCT] = {.each = 12},   [BTF_KIND_UNION] = {.each = 12},
	[BTF_KIND_ENUM] = {.each = 8},	    [BTF_KIND_FUNC_PROTO] = {.each = 8},
	[BTF_KIND_VAR] = {.fixed = 4},	    [BTF_KIND_DATASEC] = {.each = 12},
	[17 /* DECL_TAG */] = {.fixed = 4}, [19 /* ENUM64 */] = {.each = 12},
};

void btf_done(struct btf_writer *w)
{
	text_done(&w->types);
	text_done(&w->strings);
}

void btf_begin(struct btf_writer *w)
{
	*w = (struct btf_writer){0};
	text_add_bytes(&w->strings, "", 1);
}

/* A reader over the types of foreign bytes. */
struct walk {
	const unsigned char *types;
	size_t types_len;
	const char *strings;
	size_t strings_len;
	size_t at;
};

static int walk_begin(struct walk *walk, const void *data, size_t len)
{
	struct btf_header header;

	if (len < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.hdr_len != sizeof(header))
		return -EBADMSG;
	len -= sizeof(header);
	if (header.type_off > len || header.type_len > len - header.type_off ||
	    header.str_off > len || header.str_len > len - header.str_off || header.str_len == 0)
		return -EBADMSG;
	*walk = (struct walk){.types = (const unsigned char *)data + sizeof(header) +
				       header.type_off,
			      .types_len = header.type_len,
			      .strings = (const char *)data + sizeof(header) + header.str_off,
			      .strings_len = header.str_len};
	return walk->strings[walk->strings_len - 1] == '\0' ? 0 : -EBADMSG;
}

/* Return: 1 (a type), 0 (the end), -EBADMSG. */
static int walk_next(struct walk *walk, struct btf_type *ret)
{
	size_t left = walk->types_len - walk->at;
	uint32_t kind;
	size_t size;

	if (left == 0)
		return 0;
	if (left < sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, walk->types + walk->at, sizeof(*ret));
	kind = BTF_INFO_KIND(ret->info);
	if (kind == 0 || kind >= KINDS)
		return -EBADMSG;
	size = sizeof(*ret) + sizes[kind].fixed + sizes[kind].each * BTF_INFO_VLEN(ret->info);
	if (size > left)
		return -EBADMSG;
	walk->at += size;
	return 1;
}

int btf_begin_with(struct btf_writer *w, const void *data, size_t len)
{
	struct btf_type type;
	struct walk walk;
	int r = walk_begin(&walk, data, len);

	if (r < 0)
		return r;
	*w = (struct btf_writer){0};
	while ((r = walk_next(&walk, &type)) == 1)
		w->n++;
	if (r < 0)
		return r;
	text_add_bytes(&w->types, walk.types, walk.types_len);
	text_add_bytes(&w->strings, walk.strings, walk.strings_len);
	return 0;
}

static uint32_t add_string(struct btf_writer *w, const char *s)
{
	uint32_t at = (uint32_t)w->strings.len;

	text_add_bytes(&w->strings, s, strlen(s) + 1);
	return at;
}

/* @size_or_type: what the kind has there. */
static uint32_t add_type(struct btf_writer *w, const char *name, uint32_t info,
			 uint32_t size_or_type)
{
	struct btf_type type = {
		.name_off = *name ? add_string(w, name) : 0, .info = info, .size = size_or_type};

	text_add_bytes(&w->types, &type, sizeof(type));
	return ++w->n;
}

static uint32_t info_of(uint32_t kind, uint32_t vlen)
{
	return kind << 24 | vlen;
}

static uint32_t add_int(struct btf_writer *w)
{
	uint32_t encoding = BTF_INT_SIGNED << 24 | 32;
	uint32_t id = add_type(w, "int", info_of(BTF_KIND_INT, 0), sizeof(int));

	text_add_bytes(&w->types, &encoding, sizeof(encoding));
	return id;
}

/* The kernel knows the context by the name of the structure; members are not looked at. */
uint32_t btf_add_prototype(struct btf_writer *w)
{
	uint32_t number = add_int(w);
	uint32_t context = add_type(w, "xdp_md", info_of(BTF_KIND_STRUCT, 0), XDP_MD_SIZE);
	struct btf_param argument = {.type = add_type(w, "", info_of(BTF_KIND_PTR, 0), context)};
	uint32_t id = add_type(w, "", info_of(BTF_KIND_FUNC_PROTO, 1), number);

	argument.name_off = add_string(w, "ctx");
	text_add_bytes(&w->types, &argument, sizeof(argument));
	return id;
}

uint32_t btf_add_prototype_empty(struct btf_writer *w)
{
	uint32_t number = add_int(w);

	return add_type(w, "", info_of(BTF_KIND_FUNC_PROTO, 0), number);
}

static bool is_name_char(char c, bool is_first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!is_first && c >= '0' && c <= '9');
}

void btf_clean_name(const char *name, char *ret, size_t size)
{
	size_t n = 0;

	for (; name[n] && n + 1 < size; n++)
		ret[n] = is_name_char(name[n], n == 0) ? name[n] : '_';
	if (n == 0)
		ret[n++] = '_';
	ret[n] = '\0';
}

uint32_t btf_add_function(struct btf_writer *w, const char *name, uint32_t prototype,
			  bool is_global)
{
	char clean[128];

	btf_clean_name(name, clean, sizeof(clean));
	return add_type(w, clean,
			info_of(BTF_KIND_FUNC, is_global ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC),
			prototype);
}

int btf_finish(const struct btf_writer *w, struct text *ret)
{
	struct btf_header header = {.magic = BTF_MAGIC,
				    .version = BTF_VERSION,
				    .hdr_len = sizeof(header),
				    .type_len = (uint32_t)w->types.len,
				    .str_off = (uint32_t)w->types.len,
				    .str_len = (uint32_t)w->strings.len};

	if (w->types.r < 0 || w->strings.r < 0)
		return -ENOMEM;
	text_add_bytes(ret, &header, sizeof(header));
	text_add_bytes(ret, w->types.data, w->types.len);
	text_add_bytes(ret, w->strings.data, w->strings.len);
	return ret->r;
}

const char *btf_find_function(const void *data, size_t len, uint32_t id)
{
	struct btf_type type;
	struct walk walk;

	if (id == 0 || walk_begin(&walk, data, len) < 0)
		return NULL;
	for (uint32_t i = 0; i < id; i++)
		if (walk_next(&walk, &type) != 1)
			return NULL;
	if (BTF_INFO_KIND(type.info) != BTF_KIND_FUNC || type.name_off >= walk.strings_len)
		return NULL;
	return walk.strings + type.name_off;
}
