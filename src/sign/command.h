/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of what bpfctl hands over here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "copy/tool.h"

struct reason;

#define COMMAND_WORDS_MAX 64

/* What was asked for; strings are the caller's. @out: what is printed after success; owned. */
struct command {
	struct tool tool;
	const char *policy;
	const char *key_password_file;
	const char *name;
	const char *keys[COMMAND_WORDS_MAX];
	size_t n_keys;
	bool is_bundle;
	char *words[COMMAND_WORDS_MAX];
	size_t n_words;
	struct text out;
};

/* One of the verbs: "image sign". @usage: the options that all have come behind it. */
struct command_verb {
	const char *name;
	const char *usage;
	size_t min_words;
	size_t max_words;
	int (*run)(struct command *command, struct reason *why);
};

extern const struct command_verb command_sign;
extern const struct command_verb command_verify;
extern const struct command_verb command_trust_import;
extern const struct command_verb command_trust_list;

#define COMMAND_TRUST "/etc/bpfd/trust"

/* Fill @ret from the options. Return: 0; 1: help was asked for; -EINVAL: not a command line. */
int command_parse(const struct command_verb *verb, int argc, char **argv, struct command *ret);
