/* SPDX-License-Identifier: Apache-2.0 */
/* Owns object_global_value(): the text of a global variable becomes the bytes of its type. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/object.h"

static const char *const type_names[] = {
	[GLOBAL_SIGNED] = "signed integer", [GLOBAL_UNSIGNED] = "unsigned integer",
	[GLOBAL_BOOL] = "truth value",	    [GLOBAL_STRING] = "string",
	[GLOBAL_BYTES] = "structure",
};
_Static_assert(array_size(type_names) == _GLOBAL_TYPE_MAX, "a name for each type");

static int unknown_global(const struct object *object, const char *name, struct reason *why)
{
	_free_ const char **names = calloc(object->n_globals + 1, sizeof(*names));
	const char *near;

	if (!names)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < object->n_globals; i++)
		names[i] = object->globals[i].name;
	near = text_nearest(name, names);
	if (near)
		reason_hint(why, "did you mean %s?", near);
	else if (object->n_globals == 0)
		reason_hint(why, "the object has no global variables%s",
			    object->has_btf ? "" : " (it was built without BTF: compile with -g)");
	return fail(why, -ENOENT, "no global variable %s", name);
}

static int wrong_type(const struct object_global *g, const char *text, struct reason *why)
{
	reason_hint(why, "hex:… gives the %u bytes of any variable", g->size);
	return fail(why, -EINVAL, "global %s is a %s of %u bytes: \"%.64s\" is none", g->name,
		    type_names[g->type], g->size, text);
}

static int out_of_range(const struct object_global *g, const char *text, struct reason *why)
{
	return fail(why, -ERANGE, "global %s is a %s of %u bytes: \"%.64s\" does not fit", g->name,
		    type_names[g->type], g->size, text);
}

static int parse_unsigned(const char *text, uint64_t *ret)
{
	char *end;

	if (strncmp(text, "0x", 2) != 0)
		return text_parse_u64(text, UINT64_MAX, ret);
	if (!isxdigit((unsigned char)text[2]))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text + 2, &end, 16);
	if (*end)
		return -EINVAL;
	return errno == ERANGE ? -ERANGE : 0;
}

static void store(void *to, uint64_t v, size_t size)
{
	if (size == 1)
		memcpy(to, &(uint8_t){(uint8_t)v}, 1);
	else if (size == 2)
		memcpy(to, &(uint16_t){(uint16_t)v}, 2);
	else if (size == 4)
		memcpy(to, &(uint32_t){(uint32_t)v}, 4);
	else
		memcpy(to, &v, 8);
}

static int put_integer(const struct object_global *g, const char *text, void *to,
		       struct reason *why)
{
	unsigned int bits = g->size * 8;
	uint64_t u;
	int64_t s;
	int r;

	if (g->size != 1 && g->size != 2 && g->size != 4 && g->size != 8)
		return wrong_type(g, text, why);
	if (g->type == GLOBAL_SIGNED) {
		r = text_parse_number(text, &s);
		if (r == 0 && bits < 64 && (s >> (bits - 1)) != 0 && (s >> (bits - 1)) != -1)
			r = -ERANGE;
		u = (uint64_t)s;
	} else {
		r = *text == '-' && text_parse_number(text, &s) == 0 ? -ERANGE
								     : parse_unsigned(text, &u);
		if (r == 0 && bits < 64 && (u >> bits) != 0)
			r = -ERANGE;
	}
	if (r == -ERANGE)
		return out_of_range(g, text, why);
	if (r < 0)
		return wrong_type(g, text, why);
	store(to, u, g->size);
	return 0;
}

static int put_bool(const struct object_global *g, const char *text, void *to, struct reason *why)
{
	bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return wrong_type(g, text, why);
	memset(to, yes, 1);
	return 0;
}

static int put_string(const struct object_global *g, const char *text, void *to, struct reason *why)
{
	if (strlen(text) >= g->size)
		return out_of_range(g, text, why);
	memcpy(to, text, strlen(text));
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int put_hex(const struct object_global *g, const char *hex, unsigned char *to,
		   struct reason *why)
{
	size_t n = strlen(hex);

	if (n != (size_t)g->size * 2)
		return fail(why, -ERANGE, "global %s has %u bytes: hex: needs %u digits, not %zu",
			    g->name, g->size, g->size * 2, n);
	for (size_t i = 0; i < g->size; i++) {
		int high = hex_digit(hex[i * 2]), low = hex_digit(hex[i * 2 + 1]);

		if (high < 0 || low < 0)
			return fail(why, -EINVAL, "global %s: hex: has a digit that is none",
				    g->name);
		to[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static int put_bytes(const struct object_global *g, const char *text, void *to, struct reason *why)
{
	(void)to;
	return wrong_type(g, text, why);
}

static int (*const put_value[])(const struct object_global *, const char *, void *,
				struct reason *) = {
	[GLOBAL_SIGNED] = put_integer, [GLOBAL_UNSIGNED] = put_integer, [GLOBAL_BOOL] = put_bool,
	[GLOBAL_STRING] = put_string,  [GLOBAL_BYTES] = put_bytes,
};

int object_global_value(const struct object *object, const char *name, const char *text, void **ret,
			const struct object_global **ret_global, struct reason *why)
{
	const struct object_global *g = NULL;
	_free_ unsigned char *value = NULL;
	int r;

	for (size_t i = 0; i < object->n_globals && !g; i++)
		if (strcmp(object->globals[i].name, name) == 0)
			g = &object->globals[i];
	if (!g)
		return unknown_global(object, name, why);
	value = calloc(1, g->size);
	if (!value)
		return fail(why, -ENOMEM, "out of memory");
	r = strncmp(text, "hex:", 4) == 0 ? put_hex(g, text + 4, value, why)
					  : put_value[g->type](g, text, value, why);
	if (r < 0)
		return r;
	*ret = take_ptr(value);
	*ret_global = g;
	return 0;
}
