/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's command line. */
#pragma once

#include <stdbool.h>

struct reason;

/* @print: help or version to print instead of serving, NULL: serve. @libexec: where the children
 * are. NULL: the settings, else built in. */
struct options {
	const char *runtime_dir;
	const char *state_dir;
	const char *config;
	const char *libexec;
	bool is_debug;
	bool is_keeper;
	const char *print;
};

/* Return: 0, -EINVAL (text says which option). */
int options_parse(int argc, char **argv, struct options *ret, struct reason *why);
