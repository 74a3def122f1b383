/* SPDX-License-Identifier: Apache-2.0 */
/* Owns string building and the checks that every foreign string passes. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_done(struct text *t)
{
	free(t->data);
	memset(t, 0, sizeof(*t));
}

static bool text_reserve(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 64;
	char *data;

	if (t->r < 0)
		return false;
	while (cap < t->len + more + 1)
		cap *= 2;
	if (cap == t->cap)
		return true;
	data = realloc(t->data, cap);
	if (!data) {
		t->r = -ENOMEM;
		return false;
	}
	t->data = data;
	t->cap = cap;
	return true;
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0 && text_reserve(t, (size_t)n)) {
		vsnprintf(t->data + t->len, (size_t)n + 1, fmt, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void text_add_bytes(struct text *t, const void *data, size_t len)
{
	if (!text_reserve(t, len))
		return;
	/* Nothing may come without an address. */
	if (len > 0)
		memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

char *text_take(struct text *t)
{
	char *data;

	if (!text_reserve(t, 0))
		return NULL;
	data = t->data;
	data[t->len] = '\0';
	t->data = NULL;
	text_done(t);
	return data;
}

/* Length of the UTF-8 sequence at s, 0 if it is not valid (overlong, surrogate, too large, cut). */
static size_t utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, want, n;
		uint32_t min;
	} forms[] = {{0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

	if (s[0] < 0x80)
		return 1;
	for (size_t f = 0; f < 3; f++) {
		uint32_t c = s[0] & (unsigned char)~forms[f].mask;

		if ((s[0] & forms[f].mask) != forms[f].want)
			continue;
		for (size_t i = 1; i < forms[f].n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		if (c < forms[f].min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		return forms[f].n;
	}
	return 0;
}

static bool is_clean(const char *s, size_t max, const char *allowed)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t total = 0;

	while (*p) {
		size_t n = utf8_len(p);

		if (n == 0 || (total += n) > max)
			return false;
		if ((*p < 0x20 || *p == 0x7f) && !strchr(allowed, *p))
			return false;
		p += n;
	}
	return true;
}

bool text_is_clean(const char *s, size_t max)
{
	return is_clean(s, max, "");
}

bool text_is_clean_multiline(const char *s, size_t max)
{
	return is_clean(s, max, "\n\t");
}

bool text_is_name(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n == 0 || n > max || !isalnum((unsigned char)s[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_.-", s[i]))
			return false;
	return true;
}

int text_parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -ERANGE;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int text_parse_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = text_parse_u64(s, UINT32_MAX, &v);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

int text_parse_number(const char *s, int64_t *ret)
{
	char *end;
	long long v;

	if (!isdigit((unsigned char)s[*s == '-']))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, strncmp(s + (*s == '-'), "0x", 2) == 0 ? 16 : 10);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*ret = v;
	return 0;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

#define NEAREST_MAX 64

/* Levenshtein distance that ignores case. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1], la = strlen(a), lb = strlen(b);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t above = row[j];
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = above;
		}
	}
	return row[lb];
}

const char *text_nearest(const char *s, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = strlen(s) / 3 + 2;

	for (; *names; names++) {
		size_t d = distance(s, *names);

		if (d < best_distance) {
			best = *names;
			best_distance = d;
		}
	}
	return best;
}

int text_set(char **dst, const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	if (s && !copy)
		return -ENOMEM;
	free(*dst);
	*dst = copy;
	return 0;
}
