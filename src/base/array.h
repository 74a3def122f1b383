/* SPDX-License-Identifier: Apache-2.0 */
/* Growing an array of structures that has a count and no capacity. */
#pragma once

#include <stddef.h>

/**
 * array_add() - one zeroed element behind the last.
 * @items: address of the array's pointer; heap, NULL while empty. @n: its count, grown by one.
 *
 * The array doubles at powers of two, so the count alone tells its room; shrink @n only by one.
 * Return: the element, or NULL when out of memory (nothing changed).
 */
void *array_add(void **items, size_t *n, size_t size);
