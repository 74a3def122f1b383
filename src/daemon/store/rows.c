/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how lists are packed into one column; no table. */
#include "daemon/store/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void rows_put_labels(struct text *w, const struct labels *labels)
{
	buf_put_u32(w, (uint32_t)labels->n);
	for (size_t i = 0; i < labels->n; i++) {
		buf_put_str(w, labels->items[i].key);
		buf_put_str(w, labels->items[i].value);
	}
}

int rows_get_labels(const struct db_rows *rows, int column, struct labels *ret)
{
	struct buf_reader rd;
	size_t len;
	const void *data = db_blob(rows, column, &len);
	uint32_t n;

	if (len == 0)
		return 0;
	buf_reader_init(&rd, data, len);
	n = buf_get_count(&rd, LABELS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		char *key = buf_get_str(&rd, 4096);
		char *value = buf_get_str(&rd, 4096);
		int r = key && value ? labels_set(ret, key, value, NULL) : -EBADMSG;

		free(key);
		free(value);
		if (r < 0)
			return r;
	}
	return buf_reader_end(&rd);
}

void rows_put_globals(struct text *w, const struct program *program)
{
	buf_put_u32(w, (uint32_t)program->n_globals);
	for (size_t i = 0; i < program->n_globals; i++) {
		buf_put_str(w, program->globals[i].name);
		buf_put_str(w, program->globals[i].value);
	}
}

int rows_get_globals(const struct db_rows *rows, int column, struct program *ret)
{
	struct buf_reader rd;
	size_t len;
	const void *data = db_blob(rows, column, &len);

	if (len == 0)
		return 0;
	buf_reader_init(&rd, data, len);
	ret->globals =
		buf_get_array(&rd, CONFIG_GLOBALS_MAX, sizeof(*ret->globals), &ret->n_globals);
	for (size_t i = 0; i < ret->n_globals; i++) {
		ret->globals[i].name = buf_get_str(&rd, 4096);
		ret->globals[i].value = buf_get_str(&rd, 8192);
	}
	return buf_reader_end(&rd);
}

int rows_get_str(const struct db_rows *rows, int column, char **ret)
{
	return text_set(ret, db_str(rows, column));
}

void rows_get_uuid(const struct db_rows *rows, int column, char ret[static UUID_TEXT_SIZE])
{
	const char *text = db_str(rows, column);
	size_t n = text ? strnlen(text, UUID_TEXT_SIZE - 1) : 0;

	memset(ret, 0, UUID_TEXT_SIZE);
	if (n > 0)
		memcpy(ret, text, n);
}
