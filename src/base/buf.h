/* SPDX-License-Identifier: Apache-2.0 */
/* Flat bytes between our own processes and in the store: a writer and a bounded reader. No pointer
 * arithmetic elsewhere. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Writing appends to a struct text; all integers are in host order (never leaves the machine). */
void buf_put_u32(struct text *w, uint32_t v);
void buf_put_u64(struct text *w, uint64_t v);
void buf_put_bytes(struct text *w, const void *data, size_t len);
/* NULL is written as the empty string. */
void buf_put_str(struct text *w, const char *s);

/**
 * struct buf_reader - a cursor over foreign bytes.
 * @r: 0, or -EBADMSG once something did not fit; later reads return zero values (check once, at the
 * end).
 */
struct buf_reader {
	const unsigned char *p;
	const unsigned char *end;
	int r;
};

void buf_reader_init(struct buf_reader *rd, const void *data, size_t len);
uint32_t buf_get_u32(struct buf_reader *rd);
uint64_t buf_get_u64(struct buf_reader *rd);

/* A count of things that follow; above @max is -EBADMSG. */
uint32_t buf_get_count(struct buf_reader *rd, uint32_t max);

/* Borrowed bytes inside the buffer; NULL and length 0 on error. */
const void *buf_get_bytes(struct buf_reader *rd, size_t max, size_t *ret_len);

/* A heap copy, NUL-terminated, without inner NUL; NULL only on error. At most @max bytes. */
char *buf_get_str(struct buf_reader *rd, size_t max);

/* Zeroed heap memory for a counted array: the count is read and at most @max; never NULL unless the
 * reader failed. */
void *buf_get_array(struct buf_reader *rd, uint32_t max, size_t size, size_t *ret_n);

/* Everything read and nothing left over? Return: 0 or -EBADMSG. */
int buf_reader_end(const struct buf_reader *rd);
