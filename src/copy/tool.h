/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs behind bpfctl's image and trust verbs have in common: how registries are
 * reached and who the caller is there. They print in their main files. */
#pragma once

#include <getopt.h>

#include "copy/place.h"
#include "manifest/settings.h"

#define TOOL_CONFIG	"/etc/bpfd/bpfd.yaml"
#define TOOL_USAGE_EXIT 2

/* @place: complete after tool_begin(); strings are the command line's, but @password. */
struct tool {
	struct place_options place;
	const char *password_file;
	const char *config;
	const char *socket;
	struct settings settings;
	char *password;
};

/* Rows of getopt_long(3); TOOL_SHORT goes into the short ones. */
#define TOOL_SHORT "u:h"
#define TOOL_OPTIONS                                                                               \
	{"insecure", no_argument, NULL, 'i'}, {"username", required_argument, NULL, 'u'},          \
		{"password-file", required_argument, NULL, 'p'},                                   \
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},        \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}
#define TOOL_SOCKET                                                                                \
	{                                                                                          \
		"socket", required_argument, NULL, 's'                                             \
	}

#define TOOL_USAGE                                                                                   \
	"      --insecure             without TLS, for a registry of your own\n"                     \
	"  -u, --username NAME        log in under this name; without it the logins of podman and\n" \
	"                             docker are used\n"                                             \
	"      --password-file FILE   with the password in this file, - for standard input\n"        \
	"      --config FILE          where \"registries\" says how they are reached\n"              \
	"                             (default: " TOOL_CONFIG ")\n"                                  \
	"  -h, --help                 show this\n"

/* One of TOOL_OPTIONS. Return: 0, or -EINVAL: it is none of them. */
int tool_take(struct tool *tool, int option, const char *value);

/* Do the options go together? */
bool tool_is_whole(const struct tool *tool);

/* Read configuration and password. Return: 0, -errno (text says of what). */
int tool_begin(struct tool *tool, struct reason *why);
void tool_done(struct tool *tool);
