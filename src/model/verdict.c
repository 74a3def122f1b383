/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of verdict names; numbers as in linux/bpf.h and linux/pkt_cls.h. */
#include "model/verdict.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

/* Code of "no program decided", as libxdp and bpfman number it for chains. */
#define XDP_DISPATCHER_RETURN 31
#define TC_DISPATCHER_RETURN  30
#define TC_FIRST_CODE	      (-1)

/* linux/bpf.h: enum bpf_ret_code; continue: 6.1 */
#define FLOW_OK	      0
#define FLOW_DROP     2
#define FLOW_CONTINUE 129

#define VERDICTS_MAX 11

struct verdict_row {
	const char *name;
	int code;
};

/* @is_indexed: a verdict's bit is its place in the table; its code may be beyond 31. */
struct verdict_table {
	const char *prefix;
	bool is_indexed;
	int first_code;
	struct verdict_row rows[VERDICTS_MAX + 1];
};

static const struct verdict_table tables[] = {
	[VERDICT_NONE] = {.prefix = ""},
	[VERDICT_XDP] = {.prefix = "XDP_",
			 .rows = {{"aborted", 0},
				  {"drop", 1},
				  {"pass", 2},
				  {"tx", 3},
				  {"redirect", 4},
				  {"dispatcher_return", XDP_DISPATCHER_RETURN}}},
	[VERDICT_TC] = {.prefix = "TC_ACT_",
			.first_code = TC_FIRST_CODE,
			.rows = {{"unspec", -1},
				 {"ok", 0},
				 {"reclassify", 1},
				 {"shot", 2},
				 {"pipe", 3},
				 {"stolen", 4},
				 {"queued", 5},
				 {"repeat", 6},
				 {"redirect", 7},
				 {"trap", 8},
				 {"dispatcher_return", TC_DISPATCHER_RETURN}}},
	[VERDICT_FLOW] = {.prefix = "BPF_FLOW_DISSECTOR_",
			  .is_indexed = true,
			  .rows = {{"ok", FLOW_OK},
				   {"drop", FLOW_DROP},
				   {"continue", FLOW_CONTINUE}}},
};
_Static_assert(array_size(tables) == _VERDICT_FAMILY_MAX, "a table for each family");

static uint32_t row_bit(const struct verdict_table *table, const struct verdict_row *row)
{
	return UINT32_C(1) << (table->is_indexed ? (int)(row - table->rows)
						 : row->code - table->first_code);
}

static bool is_code(const char *text, int code)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", code);
	return strcmp(text, number) == 0;
}

static uint32_t named_bit(enum verdict_family family, const char *name)
{
	const struct verdict_table *table = &tables[family];
	size_t prefix_len = strlen(table->prefix);

	if (prefix_len && strncasecmp(name, table->prefix, prefix_len) == 0)
		name += prefix_len;
	for (const struct verdict_row *row = table->rows; row->name; row++)
		if (strcasecmp(name, row->name) == 0 || is_code(name, row->code))
			return row_bit(table, row);
	return 0;
}

uint32_t verdict_default_set(enum verdict_family family)
{
	if (family == VERDICT_NONE)
		return 0;
	if (family == VERDICT_FLOW)
		return named_bit(family, "continue");
	if (family == VERDICT_TC)
		return named_bit(family, "unspec") | named_bit(family, "pipe");
	return named_bit(family, "pass") | named_bit(family, "dispatcher_return");
}

static int refuse(enum verdict_family family, const char *name, struct reason *why)
{
	const char *names[VERDICTS_MAX + 1] = {NULL};
	const char *nearest;
	struct text all _text_ = {0};
	int r;

	if (!text_is_clean(name, 64))
		return fail(why, -EINVAL, "a verdict name is too long or has control characters");
	verdict_format(family, UINT32_MAX, &all);
	for (unsigned int i = 0; i < VERDICTS_MAX && tables[family].rows[i].name; i++)
		names[i] = tables[family].rows[i].name;
	nearest = text_nearest(name, names);
	r = fail(why, -EINVAL, "no verdict \"%s\": one of %s", name, all.data ? all.data : "");
	if (nearest)
		reason_hint(why, "did you mean \"%s\"", nearest);
	return r;
}

int verdict_parse(enum verdict_family family, const char *name, uint32_t *set, struct reason *why)
{
	uint32_t bit;

	if (family == VERDICT_NONE)
		return fail(
			why, -EINVAL,
			"proceed-on applies to xdp, tc, tcx and flow_dissector only: this kind of hook runs every "
			"program");
	bit = named_bit(family, name);
	if (!bit)
		return refuse(family, name, why);
	*set |= bit;
	return 0;
}

void verdict_format(enum verdict_family family, uint32_t set, struct text *t)
{
	const char *name;

	for (unsigned int i = 0; (name = verdict_name(family, set, i)); i++)
		text_add(t, "%s%s", i ? "," : "", name);
}

const char *verdict_name(enum verdict_family family, uint32_t set, unsigned int i)
{
	const struct verdict_table *table = &tables[family];

	for (const struct verdict_row *row = table->rows; row->name; row++)
		if ((set & row_bit(table, row)) && i-- == 0)
			return row->name;
	return NULL;
}

size_t verdict_codes(enum verdict_family family, uint32_t set, int32_t ret[static 32])
{
	const struct verdict_table *table = &tables[family];
	size_t n = 0;

	for (const struct verdict_row *row = table->rows; row->name; row++)
		if (set & row_bit(table, row))
			ret[n++] = row->code;
	return n;
}

const char *verdict_of_code(enum verdict_family family, int32_t code)
{
	for (const struct verdict_row *row = tables[family].rows; row->name; row++)
		if (row->code == code)
			return row->name;
	return "other";
}
