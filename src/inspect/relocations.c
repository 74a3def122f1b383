/* SPDX-License-Identifier: Apache-2.0 */
/* Owns .BTF.ext (Linux, Documentation/bpf/btf.rst and llvm_reloc.rst): a header, then sections of
 * records. libbpf keeps its reader to itself. */
#include "inspect/relocations.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define RECORDS_MAX 65536

/* The beginning of .BTF.ext. */
struct ext_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t func_off, func_len;
	uint32_t line_off, line_len;
	uint32_t core_off, core_len;
};

/* A record, as far as it is read: the type comes second. */
struct record {
	uint32_t insn_off;
	uint32_t type_id;
};

void relocations_done(struct relocations *r)
{
	for (size_t i = 0; i < r->n_types; i++)
		free(r->types[i]);
	free(r->types);
	*r = (struct relocations){0};
}

static const char *kind_of(const struct btf_type *t)
{
	if (btf_is_struct(t))
		return "struct ";
	if (btf_is_union(t))
		return "union ";
	return btf_is_any_enum(t) ? "enum " : "";
}

/* Pointers and the like have no name of their own. */
static int add_type(const struct btf *btf, uint32_t id, struct relocations *ret)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;
	_text_ struct text full = {0};
	char **slot;

	ret->n++;
	if (!name || !*name || !text_is_clean(name, 255))
		return 0;
	text_add(&full, "%s%s", kind_of(t), name);
	if (full.r < 0)
		return full.r;
	for (size_t i = 0; i < ret->n_types; i++)
		if (strcmp(ret->types[i], full.data) == 0)
			return 0;
	slot = array_add((void **)&ret->types, &ret->n_types, sizeof(char *));
	if (!slot)
		return -ENOMEM;
	*slot = text_take(&full);
	return *slot ? 0 : -ENOMEM;
}

/* What is left of the part; @size: of a record. */
struct cursor {
	const char *p;
	const char *end;
	size_t size;
};

static int read_section(const struct btf *btf, struct cursor *c, struct relocations *ret)
{
	uint32_t head[2]; /* name of the section, number of records */
	struct record record;
	int r = 0;

	if ((size_t)(c->end - c->p) < sizeof(head))
		return -ENOEXEC;
	memcpy(head, c->p, sizeof(head));
	c->p += sizeof(head);
	if (head[1] > RECORDS_MAX || head[1] > (size_t)(c->end - c->p) / c->size)
		return -ENOEXEC;
	for (uint32_t i = 0; i < head[1] && r == 0; i++, c->p += c->size) {
		memcpy(&record, c->p, sizeof(record));
		r = add_type(btf, record.type_id, ret);
	}
	return r;
}

static int read_all(const struct btf *btf, const char *p, size_t len, struct relocations *ret)
{
	struct cursor c = {.end = p + len};
	uint32_t size;

	if (len < sizeof(size))
		return -ENOEXEC;
	memcpy(&size, p, sizeof(size));
	c.p = p + sizeof(size);
	c.size = size;
	if (size < sizeof(struct record) || size > 256)
		return -ENOEXEC;
	while (c.p < c.end) {
		int r = read_section(btf, &c, ret);

		if (r < 0)
			return r;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int relocations_read(const struct btf *btf, const void *ext, size_t len, struct relocations *ret,
		     struct reason *why)
{
	struct ext_header head = {0};
	int r;

	if (len < sizeof(head))
		return 0;
	memcpy(&head, ext, sizeof(head));
	/* An older one ends before this part. */
	if (head.hdr_len < sizeof(head) || head.core_len == 0)
		return 0;
	if (head.hdr_len > len || head.core_off > len - head.hdr_len ||
	    head.core_len > len - head.hdr_len - head.core_off)
		return fail(why, -ENOEXEC, ".BTF.ext of the object is malformed");
	r = read_all(btf, (const char *)ext + head.hdr_len + head.core_off, head.core_len, ret);
	if (r < 0)
		return fail(why, r, ".BTF.ext of the object is malformed");
	if (ret->n_types > 0)
		qsort(ret->types, ret->n_types, sizeof(*ret->types), by_name);
	return 0;
}
