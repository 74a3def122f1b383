/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bytes of signatures between processes and in the store. */
#include "trust/evidence.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "trust/bytes.h"

/* The members of an item, in their order on the wire. */
#define PARTS 5

static void parts_of(struct evidence_item *i, struct trust_bytes *ret[static PARTS])
{
	ret[0] = &i->payload;
	ret[1] = &i->signature;
	ret[2] = &i->certificate;
	ret[3] = &i->set;
	ret[4] = &i->stamp;
}

void evidence_done(struct evidence *e)
{
	struct trust_bytes *parts[PARTS];

	for (size_t i = 0; i < e->n; i++) {
		parts_of(&e->items[i], parts);
		for (size_t k = 0; k < PARTS; k++)
			free(parts[k]->data);
	}
	*e = (struct evidence){.n = 0};
}

struct evidence_item *evidence_add(struct evidence *e, enum evidence_kind kind)
{
	if (e->n == EVIDENCE_ITEMS_MAX)
		return NULL;
	e->items[e->n] = (struct evidence_item){.kind = kind};
	return &e->items[e->n++];
}

void evidence_encode(const struct evidence *e, struct text *w)
{
	struct trust_bytes *parts[PARTS];

	buf_put_u32(w, (uint32_t)e->n);
	for (size_t i = 0; i < e->n; i++) {
		struct evidence_item item = e->items[i];

		parts_of(&item, parts);
		buf_put_u32(w, item.kind);
		for (size_t k = 0; k < PARTS; k++)
			buf_put_bytes(w, parts[k]->data, parts[k]->len);
	}
}

int evidence_decode(const void *data, size_t len, struct evidence *ret)
{
	_evidence_ struct evidence e = {.n = 0};
	struct trust_bytes *parts[PARTS];
	struct buf_reader rd;

	buf_reader_init(&rd, data, len);
	e.n = buf_get_count(&rd, EVIDENCE_ITEMS_MAX);
	for (size_t i = 0; i < e.n; i++) {
		uint32_t kind = buf_get_u32(&rd);

		if (kind >= _EVIDENCE_KIND_MAX && rd.r == 0)
			rd.r = -EBADMSG;
		e.items[i].kind = rd.r == 0 ? (enum evidence_kind)kind : EVIDENCE_SIMPLE;
		parts_of(&e.items[i], parts);
		for (size_t k = 0; k < PARTS; k++)
			trust_bytes_get(&rd, parts[k]);
	}
	if (buf_reader_end(&rd) < 0)
		return rd.r < 0 ? rd.r : -EBADMSG;
	*ret = e;
	e = (struct evidence){.n = 0};
	return 0;
}
