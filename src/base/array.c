/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rule of growth. */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void *array_add(void **items, size_t *n, size_t size)
{
	char *grown;

	if ((*n & (*n - 1)) == 0) {
		grown = realloc(*items, (*n ? *n * 2 : 1) * size);
		if (!grown)
			return NULL;
		*items = grown;
	}
	grown = (char *)*items + *n * size;
	memset(grown, 0, size);
	(*n)++;
	return grown;
}
