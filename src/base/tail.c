/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of a tail: its bytes, then this. */
#include "base/tail.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MAGIC "bpfdtail"

struct end {
	char name[TAIL_NAME_MAX + 1];
	uint64_t len;
	char magic[8];
};

void tail_add(struct text *file, const char *name, const void *data, size_t len)
{
	struct end end = {.len = len};

	snprintf(end.name, sizeof(end.name), "%s", name);
	memcpy(end.magic, MAGIC, sizeof(end.magic));
	text_add_bytes(file, data, len);
	text_add_bytes(file, &end, sizeof(end));
}

const void *tail_find(const void *data, size_t len, const char *name, size_t *ret_len)
{
	struct end end;

	if (len < sizeof(end))
		return NULL;
	memcpy(&end, (const char *)data + len - sizeof(end), sizeof(end));
	if (memcmp(end.magic, MAGIC, sizeof(end.magic)) != 0 || end.len > len - sizeof(end) ||
	    strncmp(end.name, name, sizeof(end.name)) != 0)
		return NULL;
	*ret_len = end.len;
	return (const char *)data + len - sizeof(end) - end.len;
}
