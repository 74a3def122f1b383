/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the options; all verbs share them. */
#include "sign/command.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

static const struct option options[] = {
	{"policy", required_argument, NULL, 'P'},
	{"key", required_argument, NULL, 'k'},
	{"key-password-file", required_argument, NULL, 'K'},
	{"format", required_argument, NULL, 'f'},
	{"name", required_argument, NULL, 'n'},
	TOOL_OPTIONS,
};

/* Return: 0, or -1 for what is not a value of the option. */
static int take(int option, const char *value, struct command *ret)
{
	switch (option) {
	case 'P':
		ret->policy = value;
		return 0;
	case 'K':
		ret->key_password_file = value;
		return 0;
	case 'n':
		ret->name = value;
		return 0;
	case 'k':
		if (ret->n_keys == COMMAND_WORDS_MAX)
			return -1;
		ret->keys[ret->n_keys++] = value;
		return 0;
	case 'f':
		ret->is_bundle = strcmp(value, "bundle") == 0;
		return ret->is_bundle || strcmp(value, "simple") == 0 ? 0 : -1;
	default:
		return tool_take(&ret->tool, option, value);
	}
}

int command_parse(const struct command_verb *verb, int argc, char **argv, struct command *ret)
{
	size_t n;
	int c;

	while ((c = getopt_long(argc, argv, TOOL_SHORT, options, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (take(c, optarg, ret) < 0)
			return -EINVAL;
	}
	n = (size_t)(argc - optind);
	if (n < verb->min_words || n > verb->max_words || n > COMMAND_WORDS_MAX ||
	    !tool_is_whole(&ret->tool))
		return -EINVAL;
	memcpy(ret->words, argv + optind, n * sizeof(*ret->words));
	ret->n_words = n;
	return 0;
}
