/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flat encoding; every length is checked against what is left. */
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void buf_put_u32(struct text *w, uint32_t v)
{
	text_add_bytes(w, &v, sizeof(v));
}

void buf_put_u64(struct text *w, uint64_t v)
{
	text_add_bytes(w, &v, sizeof(v));
}

void buf_put_bytes(struct text *w, const void *data, size_t len)
{
	if (len > UINT32_MAX) {
		w->r = -EMSGSIZE;
		return;
	}
	buf_put_u32(w, (uint32_t)len);
	if (len > 0)
		text_add_bytes(w, data, len);
}

void buf_put_str(struct text *w, const char *s)
{
	buf_put_bytes(w, s ? s : "", s ? strlen(s) : 0);
}

void buf_reader_init(struct buf_reader *rd, const void *data, size_t len)
{
	rd->p = data;
	rd->end = rd->p + len;
	rd->r = 0;
}

static const void *take(struct buf_reader *rd, size_t n)
{
	const unsigned char *p = rd->p;

	if (rd->r < 0 || n > (size_t)(rd->end - rd->p)) {
		rd->r = -EBADMSG;
		return NULL;
	}
	rd->p += n;
	return p;
}

uint32_t buf_get_u32(struct buf_reader *rd)
{
	const void *p = take(rd, sizeof(uint32_t));
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

uint64_t buf_get_u64(struct buf_reader *rd)
{
	const void *p = take(rd, sizeof(uint64_t));
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

uint32_t buf_get_count(struct buf_reader *rd, uint32_t max)
{
	uint32_t n = buf_get_u32(rd);

	if (n > max) {
		rd->r = -EBADMSG;
		return 0;
	}
	return n;
}

const void *buf_get_bytes(struct buf_reader *rd, size_t max, size_t *ret_len)
{
	size_t len = buf_get_u32(rd);
	const void *p = NULL;

	if (len > max)
		rd->r = -EBADMSG;
	else
		p = take(rd, len);
	*ret_len = p ? len : 0;
	return p;
}

char *buf_get_str(struct buf_reader *rd, size_t max)
{
	size_t len;
	const void *p = buf_get_bytes(rd, max, &len);
	char *s;

	if (!p || memchr(p, 0, len)) {
		rd->r = -EBADMSG;
		return NULL;
	}
	s = strndup(p, len);
	if (!s)
		rd->r = -ENOMEM;
	return s;
}

void *buf_get_array(struct buf_reader *rd, uint32_t max, size_t size, size_t *ret_n)
{
	size_t n = buf_get_count(rd, max);
	void *array = calloc(n > 0 ? n : 1, size);

	if (!array && rd->r == 0)
		rd->r = -ENOMEM;
	*ret_n = array ? n : 0;
	return array;
}

int buf_reader_end(const struct buf_reader *rd)
{
	if (rd->r < 0)
		return rd->r;
	return rd->p == rd->end ? 0 : -EBADMSG;
}
