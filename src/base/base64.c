/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the alphabet. */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct text *w, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t v;
	char out[4];
	size_t i, n;

	for (i = 0; i < len; i += 3) {
		n = len - i < 3 ? len - i : 3;
		v = (uint32_t)p[i] << 16;
		if (n > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (n > 2)
			v |= p[i + 2];
		out[0] = base64_digits[v >> 18];
		out[1] = base64_digits[v >> 12 & 63];
		out[2] = base64_digits[v >> 6 & 63];
		out[3] = base64_digits[v & 63];
		text_add_bytes(w, out, n + 1);
	}
}

static int base64_value(char c)
{
	const char *p = c ? strchr(base64_digits, c) : NULL;

	return p ? (int)(p - base64_digits) : -1;
}

int base64_decode(const char *s, size_t len, char **ret, size_t *ret_len)
{
	_free_ char *data = NULL;
	unsigned int bits = 0;
	uint32_t v = 0;
	size_t i, n = 0;
	int digit;

	for (i = 0; i < 2 && len > 0 && s[len - 1] == '='; i++)
		len--;
	if (len % 4 == 1)
		return -EINVAL;
	data = malloc(len / 4 * 3 + 4);
	if (!data)
		return -ENOMEM;
	for (i = 0; i < len; i++) {
		digit = base64_value(s[i]);
		if (digit < 0)
			return -EINVAL;
		v = (v << 6 | (uint32_t)digit) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			data[n++] = (char)(v >> bits & 0xff);
		}
	}
	data[n] = '\0';
	*ret = take_ptr(data);
	*ret_len = n;
	return 0;
}
