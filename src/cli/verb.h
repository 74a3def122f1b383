/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: each is one row, from which parsing, help and the manual page come. */
#pragma once

#include <stdio.h>

#include "base/reason.h"
#include "cli/options.h"
#include <bpfd/bpfd.h>

/* Exit codes of bpfctl, as the manual page has them. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
	EXIT_NOT_FOUND = 4,
	EXIT_DENIED = 5,
	EXIT_CONFLICT = 6,
	EXIT_UNSUPPORTED = 7,
};

/**
 * struct cli - one run of bpfctl.
 * @socket:   NULL: what the library finds.
 * @conn:     not yet connected.
 * @why:      an error of our own; without one conn's is shown.
 * @is_usage: the error is about the command line.
 */
struct cli {
	const char *socket;
	bool is_verbose;
	bool wants_help;
	bool wants_version;
	struct bpfd_conn *conn;
	struct reason why;
	bool is_usage;
};

/**
 * struct call - a verb with what was given to it.
 * @options: the verb's own struct, or NULL.
 * @args:    @n words, NULL behind them.
 */
struct call {
	const void *options;
	const char *const *args;
	size_t n;
};

#define VERB_ANY 1000u

/**
 * struct verb - one row.
 * @name:     one or two words.
 * @args:     for the help: "PROGRAM [HOOK]".
 * @options:  NULL: none; filled into .options_size bytes.
 * @is_raw:   everything behind the name goes to .run as it is, options too.
 * @help:     one line. @more: NULL, or paragraphs and examples.
 * @run:      >= 0, or -errno with a text in cli->why or in the connection.
 */
struct verb {
	const char *name;
	const char *args;
	unsigned int min_args;
	unsigned int max_args;
	const struct option *options;
	size_t options_size;
	bool is_raw;
	const char *help;
	const char *more;
	int (*run)(struct cli *cli, const struct call *call);
};

/* The options that every verb takes. */
extern const struct option verb_global_options[];

/* The i-th of the table; NULL behind the last. */
const struct verb *verb_at(size_t i);

/* The verb that @words begin with; *ret_words: how many of them name it. NULL: none. */
const struct verb *verb_find(const char *const *words, size_t n, size_t *ret_words);

/* The name nearest to a misspelt one, or NULL. */
const char *verb_nearest(const char *word);

void verb_print_overview(FILE *f);
void verb_print_help(const struct verb *verb, FILE *f);

/* Synopsis, verbs and options in scdoc's language, for man/. */
void verb_print_manual(FILE *f);

/* Record an error of the command line; returns -EINVAL. */
int verb_usage(struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const struct verb verb_apply, verb_delete, verb_get, verb_describe, verb_load, verb_unload,
	verb_attach, verb_detach, verb_image_build, verb_image_pull, verb_image_ls, verb_image_rm,
	verb_image_prune, verb_image_tag, verb_image_copy, verb_image_push, verb_image_args,
	verb_image_inspect, verb_image_history, verb_image_tree, verb_image_save, verb_image_load,
	verb_image_sign, verb_image_verify, verb_trust_import, verb_trust_list, verb_map_dump,
	verb_status, verb_version, verb_help;
