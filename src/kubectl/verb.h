/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of kubectl-bpf: each is one row, from which parsing, help and completion come. */
#pragma once

#include <stdio.h>

#include "base/reason.h"
#include "cli/options.h"
#include "kube/access.h"

struct kube_client;
struct kube_loop;

/* Exit statuses; "diff" has its own, as diff(1). */
#define STATUS_OK     0
#define STATUS_FAILED 1
#define STATUS_USAGE  2

/**
 * struct kubectl - one run.
 * @namespace: where bpfd is (ControllerRevisions).
 * @client:    NULL before cluster_open().
 * @is_usage:  the error is about the command line.
 */
struct kubectl {
	const char *kubeconfig;
	const char *context;
	const char *namespace;
	bool wants_help;
	bool wants_version;
	struct kube_access access;
	struct kube_loop *loop;
	struct kube_client *client;
	struct reason why;
	bool is_usage;
};

/**
 * struct call - a verb with what was given to it.
 * @options: the verb's own struct, or NULL.
 * @args:    @n words.
 */
struct call {
	const void *options;
	const char *const *args;
	size_t n;
};

#define VERB_ANY 1000u

/**
 * struct verb - one row.
 * @name:   one or two words.
 * @error_status: what a failure exits with.
 * @options: NULL: none; filled into .options_size bytes.
 * @is_raw: everything behind the name goes to .run as it is. @is_hidden: not in the help.
 * @run:    exit status, or -errno with a text in k->why.
 */
struct verb {
	const char *name;
	const char *args;
	unsigned int min_args;
	unsigned int max_args;
	int error_status;
	const struct option *options;
	size_t options_size;
	bool is_raw;
	bool is_hidden;
	const char *help;
	const char *more;
	int (*run)(struct kubectl *k, const struct call *call);
};

extern const struct option verb_global_options[];

/* The i-th; NULL behind the last. */
const struct verb *verb_at(size_t i);

/* The verb that @words begin with; *ret_words: how many of them name it. NULL: none. */
const struct verb *verb_find(const char *const *words, size_t n, size_t *ret_words);

/* The name nearest to a misspelt one, or NULL. */
const char *verb_nearest(const char *word);

void verb_print_overview(FILE *f);
void verb_print_help(const struct verb *verb, FILE *f);

/* Record an error of the command line; returns -EINVAL. */
int verb_usage(struct kubectl *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const struct verb verb_get, verb_nodes, verb_describe, verb_diff, verb_status, verb_history,
	verb_undo, verb_pause, verb_resume, verb_complete;
