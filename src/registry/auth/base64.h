/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) with padding. */
#pragma once

#include <stddef.h>

/**
 * base64_decode() - @len characters into bytes.
 * @ret: heap, with a NUL behind the bytes.
 *
 * Missing padding at the end is no error; line feeds and spaces are.
 * Return: 0, -EINVAL, -ENOMEM.
 */
int base64_decode(const char *text, size_t len, char **ret, size_t *ret_len);

/* The text of @len bytes; heap, NULL when out of memory. */
char *base64_encode(const void *data, size_t len);
