/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a watch, decoded: pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum watch_line_kind {
	WATCH_CHANGED, /* added or modified */
	WATCH_DELETED,
	WATCH_NOTHING, /* a bookmark, or what a later server says besides */
	WATCH_EXPIRED, /* our version is too old, or of the future: list again */
	WATCH_ERROR,   /* another error of the server */
	_WATCH_LINE_KIND_MAX
};

/* @object: of the first two kinds one that watch_line_is_object() takes; else NULL. @version: to go
 * on from, within @document; "" when it says none. */
struct watch_line {
	enum watch_line_kind kind;
	json_t *object;
	const char *version;
	json_t *document;
};

/* Return: 0 or -EPROTO (no JSON, or no event). @ret: free with watch_line_done(). */
int watch_line_decode(const char *line, size_t len, struct watch_line *ret);
void watch_line_done(struct watch_line *line);

/* Has it a name as objects have, and a version? */
bool watch_line_is_object(const json_t *object);
