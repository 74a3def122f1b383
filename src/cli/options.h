/* SPDX-License-Identifier: Apache-2.0 */
/* Options as tables: one row an option, read into a plain struct. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_NUMBER, /* struct option_number */
	OPTION_LIST,   /* const char **, NULL at the end, NULL when never given; may be repeated */
	OPTION_COMMAS, /* the same, and each value is cut at its commas */
};

struct option_number {
	bool is_given;
	uint32_t value;
};

/**
 * struct option - one row; a table ends with a row without name.
 * @letter: short form, or 0.
 * @value:  what the help calls its value; NULL for flags.
 * @offset: of the member in the struct of values.
 */
struct option {
	char letter;
	const char *name;
	const char *value;
	enum option_type type;
	size_t offset;
	const char *help;
};

/* A table and the (zeroed) struct that it fills. */
struct options {
	const struct option *table;
	void *values;
};

/* Free the lists; the struct stays the caller's. */
void options_done(const struct options *options);

/**
 * struct command_line - words to read, and what is left of them.
 * @argv:     words; values are cut in place.
 * @at, @end: the words from @at to before @end are still to be read.
 * @args:     room for @end pointers: words that are no options.
 * @stops:    stop at the first word that is no option.
 */
struct command_line {
	char **argv;
	size_t at;
	size_t end;
	const char **args;
	size_t n_args;
	bool stops;
};

/**
 * options_read() - read words into the values of @sets (its end has no table).
 *
 * "--name value", "--name=value", "-n value", "-nvalue"; "--" ends the options; "-" is a word.
 *
 * Return: 0, -EINVAL (unknown option: nearest name as a hint; bad value), -ENOMEM.
 */
int options_read(struct command_line *line, const struct options *sets, struct reason *why);
