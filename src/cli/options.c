/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of options by tables. */
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"

#define NAMES_MAX 64

static void *member(const struct options *set, const struct option *option)
{
	return (char *)set->values + option->offset;
}

static bool is_list(const struct option *option)
{
	return option->type == OPTION_LIST || option->type == OPTION_COMMAS;
}

void options_done(const struct options *options)
{
	for (const struct option *o = options->table; o && o->name; o++) {
		const char ***list = member(options, o);

		if (!is_list(o))
			continue;
		free(*list);
		*list = NULL;
	}
}

static int add_to_list(const char ***list, const char *value)
{
	const char **more;
	size_t n = 0;

	while (*list && (*list)[n])
		n++;
	more = reallocarray(*list, n + 2, sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[n] = value;
	more[n + 1] = NULL;
	*list = more;
	return 0;
}

static int add_pieces(const char ***list, char *value)
{
	char *rest = value;
	int r = 0;

	for (char *piece = strsep(&rest, ","); piece && r == 0; piece = strsep(&rest, ","))
		if (*piece)
			r = add_to_list(list, piece);
	return r;
}

static int set_value(void *p, const struct option *option, char *value, struct reason *why)
{
	struct option_number *number = p;

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)p = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)p = value;
		return 0;
	case OPTION_LIST:
		return add_to_list(p, value);
	case OPTION_COMMAS:
		return add_pieces(p, value);
	case OPTION_NUMBER:
		if (text_parse_u32(value, &number->value) < 0)
			return fail(why, -EINVAL, "--%s: \"%s\" is not a number", option->name,
				    value);
		number->is_given = true;
		return 0;
	}
	return -EINVAL;
}

static const struct option *find(const struct options *sets, const char *name, size_t len,
				 const struct options **ret_set)
{
	for (; sets->table; sets++)
		for (const struct option *o = sets->table; o->name; o++)
			if (len > 0 ? strlen(o->name) == len && !memcmp(o->name, name, len)
				    : o->letter && o->letter == *name) {
				*ret_set = sets;
				return o;
			}
	return NULL;
}

static int fail_unknown(const struct options *sets, const char *word, struct reason *why)
{
	const char *names[NAMES_MAX + 1], *nearest, *name = word + strspn(word, "-");
	size_t n = 0;

	for (; sets->table; sets++)
		for (const struct option *o = sets->table; o->name && n < NAMES_MAX; o++)
			names[n++] = o->name;
	names[n] = NULL;
	nearest = text_nearest(name, names);
	if (nearest && name > word + 1)
		reason_hint(why, "did you mean --%s?", nearest);
	return fail(why, -EINVAL, "unknown option %s", word);
}

/* The word at hand begins with '-'. */
static int read_option(struct command_line *line, const struct options *sets, struct reason *why)
{
	char *word = line->argv[line->at++], *value = NULL;
	bool is_long = word[1] == '-';
	const char *name = word + 1 + is_long;
	size_t len = is_long ? strcspn(name, "=") : 0;
	const struct options *set;
	const struct option *option = is_long && len == 0 ? NULL : find(sets, name, len, &set);

	if (!option)
		return fail_unknown(sets, word, why);
	if (is_long && name[len])
		value = word + 2 + len + 1;
	else if (!is_long && word[2])
		value = word + 2;
	if (option->type == OPTION_FLAG && value)
		return fail(why, -EINVAL, "--%s takes no value", option->name);
	if (option->type != OPTION_FLAG && !value) {
		if (line->at == line->end)
			return fail(why, -EINVAL, "--%s needs a value: %s", option->name,
				    option->value);
		value = line->argv[line->at++];
	}
	return set_value(member(set, option), option, value, why);
}

int options_read(struct command_line *line, const struct options *sets, struct reason *why)
{
	bool is_over = false;

	while (line->at < line->end) {
		char *word = line->argv[line->at];

		if (!is_over && strcmp(word, "--") == 0) {
			is_over = true;
			line->at++;
		} else if (is_over || *word != '-' || !word[1]) {
			if (line->stops)
				return 0;
			line->args[line->n_args++] = word;
			line->at++;
		} else {
			int r = read_option(line, sets, why);

			if (r < 0)
				return fail(why, r, "out of memory");
		}
	}
	return 0;
}
