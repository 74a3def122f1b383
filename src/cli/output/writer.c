/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the syntax of JSON and YAML. */
#include "cli/output/writer.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

static void print_quoted(struct writer *w, const char *s)
{
	fputc('"', w->f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(w->f, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", w->f);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(w->f, "\\u%04x", (unsigned char)*s);
		else
			fputc(*s, w->f);
	}
	fputc('"', w->f);
}

/* A word that YAML takes as text without quotes, whatever its version. */
static bool is_plain(const char *s)
{
	static const char *const others[] = {"true", "false", "yes", "no", "on",
					     "off",  "null",  "y",   "n",  NULL};

	if (!isalpha((unsigned char)*s) && *s != '/')
		return false;
	for (size_t i = 0; others[i]; i++)
		if (strcasecmp(s, others[i]) == 0)
			return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_./@+-", *s) &&
		    !(*s == ':' && isalnum((unsigned char)s[1])) && !(*s == ':' && s[1] == '/'))
			return false;
	return true;
}

static void print_text(struct writer *w, const char *s)
{
	if (w->is_yaml && is_plain(s))
		fputs(s, w->f);
	else
		print_quoted(w, s);
}

static void new_line(struct writer *w, unsigned int depth)
{
	if (w->is_started)
		fprintf(w->f, "\n%*s", (int)(2 * depth), "");
	w->is_started = true;
}

/* What stands before a value: comma, line feed, indentation, dash, key. */
static void begin_value(struct writer *w, const char *key)
{
	struct writer_level *level = w->depth ? &w->levels[w->depth - 1] : NULL;
	unsigned int depth = w->depth;

	if (!level) {
		w->is_started = !w->is_yaml;
		return;
	}
	if (!w->is_yaml) {
		if (level->has_elements)
			fputc(',', w->f);
		new_line(w, depth);
	} else if (w->is_after_dash) {
		fputc(' ', w->f);
	} else {
		new_line(w, depth - 1);
	}
	w->is_after_dash = false;
	level->has_elements = true;
	if (w->is_yaml && level->is_list)
		fputc('-', w->f);
	if (key) {
		print_text(w, key);
		fputs(w->is_yaml ? ":" : ": ", w->f);
	}
}

static void begin_level(struct writer *w, const char *key, bool is_list)
{
	assert(w->depth < WRITER_DEPTH_MAX);
	begin_value(w, key);
	w->is_after_dash = w->is_yaml && w->depth && w->levels[w->depth - 1].is_list;
	w->levels[w->depth++] = (struct writer_level){.is_list = is_list};
	if (!w->is_yaml)
		fputc(is_list ? '[' : '{', w->f);
}

void writer_object(struct writer *w, const char *key)
{
	begin_level(w, key, false);
}

void writer_list(struct writer *w, const char *key)
{
	begin_level(w, key, true);
}

void writer_end(struct writer *w)
{
	const struct writer_level *level = &w->levels[--w->depth];

	if (!w->is_yaml) {
		if (level->has_elements)
			new_line(w, w->depth);
		fputc(level->is_list ? ']' : '}', w->f);
	} else if (!level->has_elements) {
		fputs(w->depth == 0 ? "" : " ", w->f);
		fputs(level->is_list ? "[]" : "{}", w->f);
	}
	w->is_after_dash = false;
	if (w->depth == 0)
		fputc('\n', w->f);
}

static void begin_scalar(struct writer *w, const char *key)
{
	begin_value(w, key);
	if (w->is_yaml)
		fputc(' ', w->f);
}

void writer_text(struct writer *w, const char *key, const char *value)
{
	begin_scalar(w, key);
	print_text(w, value);
}

void writer_number(struct writer *w, const char *key, uint64_t value)
{
	begin_scalar(w, key);
	fprintf(w->f, "%" PRIu64, value);
}

void writer_bool(struct writer *w, const char *key, bool value)
{
	begin_scalar(w, key);
	fputs(value ? "true" : "false", w->f);
}
