/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of lists of strings. */
#include "model/config/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void strings_done(struct strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free(strings->items[i]);
	free(strings->items);
	memset(strings, 0, sizeof(*strings));
}

int strings_copy(const struct strings *from, struct strings *ret)
{
	ret->items = calloc(from->n + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++) {
		ret->items[i] = strdup(from->items[i]);
		if (!ret->items[i])
			return -ENOMEM;
		ret->n++;
	}
	return 0;
}

bool strings_contain(const struct strings *strings, const char *s)
{
	for (size_t i = 0; i < strings->n; i++)
		if (strcmp(strings->items[i], s) == 0)
			return true;
	return false;
}
