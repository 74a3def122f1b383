/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which field is shown in which format. */
#include "cli/output/output.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cli/output/table.h"
#include "cli/output/writer.h"

/**
 * struct output
 * @joined, @joined_title: words or pairs of the field at hand, for tables.
 * @list_depth:            detail: records inside a list are rows of a table.
 * @list_key, @n_records:  of the list at hand: a table without rows says so on stderr.
 */
struct output {
	enum output_format format;
	FILE *f;
	struct writer writer;
	struct table *table;
	struct text joined;
	const char *joined_title;
	unsigned int list_depth;
	size_t n_records;
	const char *list_key;
	bool has_root; /* the outermost object is ours, not a record */
	int r;
};

static const char *const format_names[] = {
	[OUTPUT_TABLE] = "table", [OUTPUT_WIDE] = "wide", [OUTPUT_JSON] = "json",
	[OUTPUT_YAML] = "yaml",	  [OUTPUT_NAME] = "name", [OUTPUT_DETAIL] = "detail",
};
_Static_assert(array_size(format_names) == _OUTPUT_FORMAT_MAX, "one name a format");

int output_parse_format(const char *name, enum output_format *ret)
{
	for (size_t i = 0; i < array_size(format_names); i++)
		if (strcmp(name ? name : "table", format_names[i]) == 0) {
			*ret = (enum output_format)i;
			return 0;
		}
	return -EINVAL;
}

struct output *output_new(enum output_format format, FILE *f)
{
	struct output *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->format = format;
	out->f = f;
	out->writer = (struct writer){.f = f, .is_yaml = format == OUTPUT_YAML};
	if (format == OUTPUT_TABLE || format == OUTPUT_WIDE || format == OUTPUT_DETAIL)
		out->table = table_new(f);
	else
		return out;
	if (!out->table) {
		free(out);
		return NULL;
	}
	return out;
}

void output_free(struct output *out)
{
	if (!out)
		return;
	table_free(out->table);
	text_done(&out->joined);
	free(out);
}

enum output_format output_format(const struct output *out)
{
	return out->format;
}

static bool is_written(const struct output *out)
{
	return out->format == OUTPUT_JSON || out->format == OUTPUT_YAML;
}

static void flush_table(struct output *out)
{
	int r = out->table ? table_print(out->table) : 0;

	if (r < 0 && out->r == 0)
		out->r = r;
}

int output_finish(struct output *out)
{
	flush_table(out);
	return out->r;
}

/* "Loaded:       " of "LOADED" */
static void print_title(struct output *out, const char *title)
{
	char text[32];
	size_t n = strnlen(title, sizeof(text) - 2);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(i == 0 ? toupper(title[i]) : tolower(title[i]));
	text[n] = ':';
	text[n + 1] = '\0';
	fprintf(out->f, "%-14s ", text);
}

void output_list(struct output *out, const char *key)
{
	if (is_written(out)) {
		if (out->writer.depth == 0) {
			writer_object(&out->writer, NULL);
			out->has_root = true;
		}
		writer_list(&out->writer, key);
	} else if (out->format == OUTPUT_DETAIL) {
		fprintf(out->f, "%c%s:\n", toupper(*key), key + 1);
	}
	out->list_depth++;
	out->n_records = 0;
	out->list_key = key;
}

void output_list_end(struct output *out)
{
	if (is_written(out)) {
		writer_end(&out->writer);
		if (out->writer.depth == 1 && out->has_root)
			writer_end(&out->writer);
	}
	flush_table(out);
	out->list_depth--;
	if (out->n_records == 0 && (out->format == OUTPUT_TABLE || out->format == OUTPUT_WIDE))
		fprintf(stderr, "no %s\n", out->list_key);
}

void output_record(struct output *out, const char *noun, const char *name)
{
	out->n_records++;
	if (is_written(out))
		writer_object(&out->writer, NULL);
	else if (out->format == OUTPUT_NAME)
		fprintf(out->f, "%s/%s\n", noun, name);
	else if (out->format != OUTPUT_DETAIL || out->list_depth)
		table_row(out->table);
}

void output_record_end(struct output *out)
{
	if (is_written(out))
		writer_end(&out->writer);
}

/* A field as text, for tables and detail. */
static void show(struct output *out, const char *title, const char *value, bool is_number)
{
	bool is_row = out->format != OUTPUT_DETAIL || out->list_depth;

	if (!title || out->format == OUTPUT_NAME)
		return;
	if (*title == '+') {
		if (out->format == OUTPUT_TABLE || (out->format == OUTPUT_DETAIL && is_row))
			return;
		title++;
	}
	if (is_row) {
		table_cell(out->table, title, value, is_number);
		return;
	}
	print_title(out, title);
	fprintf(out->f, "%s\n", *value ? value : "-");
}

void output_text(struct output *out, const char *key, const char *title, const char *value)
{
	if (!is_written(out))
		show(out, title, value, false);
	else if (key)
		writer_text(&out->writer, key, value);
}

void output_number(struct output *out, const char *key, const char *title, uint64_t value)
{
	char text[24];

	if (is_written(out)) {
		writer_number(&out->writer, key, value);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64, value);
	show(out, title, text, true);
}

void output_bool(struct output *out, const char *key, const char *title, bool value)
{
	if (is_written(out))
		writer_bool(&out->writer, key, value);
	else
		show(out, title, value ? "yes" : "no", false);
}

/* The two largest units are enough to compare: "3d4h", "5m10s". */
static void format_age(uint64_t then, char *ret, size_t size)
{
	time_t now = time(NULL);
	uint64_t s = now > 0 && (uint64_t)now > then ? (uint64_t)now - then : 0;

	if (s < 120)
		snprintf(ret, size, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(ret, size, "%" PRIu64 "m%" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(ret, size, "%" PRIu64 "h%" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(ret, size, "%" PRIu64 "d%" PRIu64 "h", s / 86400, s / 3600 % 24);
}

void output_time(struct output *out, const char *key, const char *title, uint64_t value)
{
	bool is_detail = out->format == OUTPUT_DETAIL && !out->list_depth;
	char when[32] = "", age[32] = "", both[80] = "";
	time_t seconds = (time_t)value;
	struct tm tm;

	if (value && (is_detail || is_written(out)) && gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (value && !is_written(out))
		format_age(value, age, sizeof(age));
	if (value && is_detail)
		snprintf(both, sizeof(both), "%s ago, %s", age, when);
	if (is_written(out))
		writer_text(&out->writer, key, when);
	else
		show(out, title, is_detail ? both : age, false);
}

static void begin_joined(struct output *out, const char *title)
{
	text_done(&out->joined);
	out->joined_title = title;
}

static void end_joined(struct output *out)
{
	if (is_written(out))
		writer_end(&out->writer);
	else
		show(out, out->joined_title, out->joined.data ? out->joined.data : "", false);
}

void output_words(struct output *out, const char *key, const char *title)
{
	if (is_written(out))
		writer_list(&out->writer, key);
	begin_joined(out, title);
}

void output_word(struct output *out, const char *word)
{
	if (is_written(out))
		writer_text(&out->writer, NULL, word);
	else
		text_add(&out->joined, "%s%s", out->joined.len ? "," : "", word);
}

void output_word_number(struct output *out, uint64_t word)
{
	if (is_written(out))
		writer_number(&out->writer, NULL, word);
	else
		text_add(&out->joined, "%s%" PRIu64, out->joined.len ? "," : "", word);
}

void output_words_end(struct output *out)
{
	end_joined(out);
}

void output_pairs(struct output *out, const char *key, const char *title)
{
	if (is_written(out))
		writer_object(&out->writer, key);
	begin_joined(out, title);
}

void output_pair(struct output *out, const char *key, const char *value)
{
	if (is_written(out))
		writer_text(&out->writer, key, value);
	else
		text_add(&out->joined, "%s%s=%s", out->joined.len ? "," : "", key, value);
}

void output_pairs_end(struct output *out)
{
	end_joined(out);
}
