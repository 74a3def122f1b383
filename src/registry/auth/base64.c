/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the alphabet. */
#include "registry/auth/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int base64_decode(const char *text, size_t len, char **ret, size_t *ret_len)
{
	size_t n = 0;
	uint32_t bits = 0;
	unsigned int n_bits = 0;
	char *data;

	while (len > 0 && text[len - 1] == '=')
		len--;
	if (len % 4 == 1)
		return -EINVAL;
	data = malloc(len / 4 * 3 + 3);
	if (!data)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		int v = value_of(text[i]);

		if (v < 0) {
			free(data);
			return -EINVAL;
		}
		bits = bits << 6 | (uint32_t)v;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			data[n++] = (char)(bits >> n_bits);
		}
	}
	data[n] = '\0';
	*ret = data;
	*ret_len = n;
	return 0;
}

char *base64_encode(const void *data, size_t len)
{
	const unsigned char *p = data;
	char *text = malloc((len + 2) / 3 * 4 + 1);
	size_t n = 0;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		v |= i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0;
		v |= i + 2 < len ? p[i + 2] : 0;
		text[n++] = alphabet[v >> 18];
		text[n++] = alphabet[v >> 12 & 63];
		text[n++] = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
		text[n++] = i + 2 < len ? alphabet[v & 63] : '=';
	}
	text[n] = '\0';
	return text;
}
