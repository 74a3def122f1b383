/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the text forms that gRPC gives to header fields; no I/O, no state. */
#include "rpc/header.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define TIMEOUT_MAX_NS (10ull * 365 * 86400 * 1000000000)

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '%';
}

static size_t encoded_len(const unsigned char *s, size_t n)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++)
		len += is_plain(s[i]) ? 1 : 3;
	return len;
}

static size_t char_len(const unsigned char *s)
{
	size_t n = 1;

	while (s[0] >= 0xc0 && n < 4 && (s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

void rpc_header_percent_encode(struct text *w, const char *s, size_t max)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, n, used = 0;

	for (; *p; p += n) {
		n = char_len(p);
		used += encoded_len(p, n);
		if (used > max)
			return;
		for (i = 0; i < n; i++) {
			if (is_plain(p[i]))
				text_add_bytes(w, &p[i], 1);
			else
				text_add(w, "%%%02X", p[i]);
		}
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

void rpc_header_percent_decode(char *s)
{
	char *w = s;
	int high, low;

	while (*s) {
		high = *s == '%' ? hex_value(s[1]) : -1;
		low = high >= 0 ? hex_value(s[2]) : -1;
		if (low < 0) {
			*w++ = *s++;
			continue;
		}
		*w = (char)(high * 16 + low);
		if (!*w)
			*w = ' ';
		w++;
		s += 3;
	}
	*w = '\0';
}

int rpc_header_parse_timeout(const char *s, uint64_t *ret_ns)
{
	static const struct {
		char unit;
		uint64_t ns;
	} units[] = {{'H', 3600000000000ull}, {'M', 60000000000ull}, {'S', 1000000000ull},
		     {'m', 1000000ull},	      {'u', 1000ull},	     {'n', 1ull}};
	uint64_t v = 0;
	size_t i, digits;

	digits = strspn(s, "0123456789");
	if (digits < 1 || digits > 8 || !s[digits] || s[digits + 1])
		return -EINVAL;
	for (i = 0; i < digits; i++)
		v = v * 10 + (uint64_t)(s[i] - '0');
	for (i = 0; i < array_size(units); i++) {
		if (units[i].unit != s[digits])
			continue;
		*ret_ns = v > TIMEOUT_MAX_NS / units[i].ns ? TIMEOUT_MAX_NS : v * units[i].ns;
		return 0;
	}
	return -EINVAL;
}

void rpc_header_format_timeout(int timeout_ms, char ret[static 12])
{
	unsigned int ms = timeout_ms < 0 ? 0 : (unsigned int)timeout_ms;

	if (ms <= 99999999)
		snprintf(ret, 12, "%um", ms);
	else
		snprintf(ret, 12, "%uS", ms / 1000);
}
