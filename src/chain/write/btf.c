/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bytes of BTF; which types there are is for others. */
#include "chain/write/btf.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define HEAD_SIZE     12
#define TYPES_MAX     0xfffff
#define TABLE_FIRST   1024
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64   19
#define HASH_FIRST    2166136261u /* FNV-1a */
#define HASH_FACTOR   16777619u

void btf_writer_done(struct btf_writer *b)
{
	text_done(&b->types);
	text_done(&b->strings);
	free(b->table);
	memset(b, 0, sizeof(*b));
}

static uint32_t hash(const char *s)
{
	uint32_t h = HASH_FIRST;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * HASH_FACTOR;
	return h;
}

/* Where the string is in the table, or a free place. */
static uint32_t *find_place(const struct btf_writer *b, const char *s)
{
	uint32_t i = hash(s) & (b->table_size - 1);

	while (b->table[i] && strcmp(b->strings.data + b->table[i], s) != 0)
		i = (i + 1) & (b->table_size - 1);
	return &b->table[i];
}

static int grow(struct btf_writer *b)
{
	struct btf_writer larger = {.table_size = b->table_size ? b->table_size * 2 : TABLE_FIRST,
				    .strings = b->strings};

	if (b->n_strings < b->table_size / 2)
		return 0;
	larger.table = calloc(larger.table_size, sizeof(*larger.table));
	if (!larger.table)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->table_size; i++)
		if (b->table[i])
			*find_place(&larger, b->strings.data + b->table[i]) = b->table[i];
	free(b->table);
	b->table = larger.table;
	b->table_size = larger.table_size;
	return 0;
}

uint32_t btf_add_string(struct btf_writer *b, const char *s)
{
	uint32_t *place;

	if (b->strings.len == 0)
		text_add_bytes(&b->strings, "", 1);
	if (!*s)
		return 0;
	if (grow(b) < 0 || b->strings.r < 0) {
		b->r = -ENOMEM;
		return 0;
	}
	place = find_place(b, s);
	if (*place)
		return *place;
	if (b->strings.len + strlen(s) + 1 > BTF_STRINGS_MAX)
		return 0;
	*place = (uint32_t)b->strings.len;
	text_add_bytes(&b->strings, s, strlen(s) + 1);
	if (b->strings.r < 0) {
		*place = 0;
		b->r = -ENOMEM;
		return 0;
	}
	b->n_strings++;
	return *place;
}

void btf_add_word(struct btf_writer *b, uint32_t word)
{
	text_add_bytes(&b->types, &word, sizeof(word));
}

uint32_t btf_add_type(struct btf_writer *b, uint32_t name, uint32_t info, uint32_t size_or_type)
{
	btf_add_word(b, name);
	btf_add_word(b, info);
	btf_add_word(b, size_or_type);
	return ++b->n_types;
}

int btf_write(struct btf_writer *b, void **ret, size_t *ret_len)
{
	_text_ struct text all = {.len = 0};
	struct btf_header header = {.magic = BTF_MAGIC,
				    .version = BTF_VERSION,
				    .hdr_len = sizeof(header),
				    .type_len = (uint32_t)b->types.len,
				    .str_off = (uint32_t)b->types.len};

	btf_add_string(b, "");
	header.str_len = (uint32_t)b->strings.len;
	text_add_bytes(&all, &header, sizeof(header));
	if (b->types.len)
		text_add_bytes(&all, b->types.data, b->types.len);
	if (b->strings.len)
		text_add_bytes(&all, b->strings.data, b->strings.len);
	if (b->r < 0 || b->types.r < 0 || b->strings.r < 0 || all.r < 0)
		return -ENOMEM;
	*ret_len = all.len;
	*ret = text_take(&all);
	return *ret ? 0 : -ENOMEM;
}

static uint32_t word_at(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Bytes behind the head of a type; -1: an unknown kind. */
static int64_t body_size(uint32_t kind, uint32_t vlen)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return 12;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return 12 * (int64_t)vlen;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * (int64_t)vlen;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

static int index_types(struct btf_reader *rd, uint32_t len)
{
	rd->offsets = calloc((size_t)len / HEAD_SIZE + 2, sizeof(*rd->offsets));
	if (!rd->offsets)
		return -ENOMEM;
	for (uint32_t at = 0; at < len;) {
		uint32_t info;
		int64_t body;

		if (len - at < HEAD_SIZE || rd->n >= TYPES_MAX)
			return -EINVAL;
		info = word_at(rd->types + at + 4);
		body = body_size(BTF_INFO_KIND(info), BTF_INFO_VLEN(info));
		if (body < 0 || body > len - at - HEAD_SIZE)
			return -EINVAL;
		rd->offsets[++rd->n] = at;
		at += HEAD_SIZE + (uint32_t)body;
	}
	return 0;
}

int btf_read(struct btf_reader *rd, const void *data, size_t len)
{
	struct btf_header h;

	if (!data || len < sizeof(h) || len > UINT32_MAX)
		return -EINVAL;
	memcpy(&h, data, sizeof(h));
	if (h.magic != BTF_MAGIC || h.hdr_len < sizeof(h) || h.hdr_len > len)
		return -EINVAL;
	len -= h.hdr_len;
	if (h.type_off > len || h.type_len > len - h.type_off || h.str_off > len ||
	    h.str_len > len - h.str_off || h.str_len == 0)
		return -EINVAL;
	rd->types = (const unsigned char *)data + h.hdr_len + h.type_off;
	rd->strings = (const char *)data + h.hdr_len + h.str_off;
	rd->strings_len = h.str_len;
	if (rd->strings[0] || rd->strings[h.str_len - 1])
		return -EINVAL;
	return index_types(rd, h.type_len);
}

void btf_reader_done(struct btf_reader *rd)
{
	free(rd->offsets);
	memset(rd, 0, sizeof(*rd));
}

const char *btf_read_string(const struct btf_reader *rd, uint32_t offset)
{
	return offset < rd->strings_len ? rd->strings + offset : "";
}

struct btf_head btf_read_type(const struct btf_reader *rd, uint32_t id)
{
	const unsigned char *p;
	uint32_t info;

	if (id == 0 || id > rd->n)
		return (struct btf_head){.body = NULL};
	p = rd->types + rd->offsets[id];
	info = word_at(p + 4);
	return (struct btf_head){.name = word_at(p),
				 .kind = BTF_INFO_KIND(info),
				 .vlen = BTF_INFO_VLEN(info),
				 .info = info & ~0xffffu,
				 .size_or_type = word_at(p + 8),
				 .body = p + HEAD_SIZE};
}

uint32_t btf_read_word(const struct btf_head *head, uint32_t i)
{
	return word_at(head->body + (size_t)i * 4);
}
