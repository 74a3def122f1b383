/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648). */
#pragma once

#include <stddef.h>

struct text;

/* Append the base64 form without padding. */
void base64_encode(struct text *w, const void *data, size_t len);

/* Padding is optional. @ret: heap, NUL-terminated. Return: 0, -EINVAL, -ENOMEM. */
int base64_decode(const char *s, size_t len, char **ret, size_t *ret_len);
