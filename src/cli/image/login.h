/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials for registries: options of the verbs that may pull. */
#pragma once

#include "cli/verb.h"

/* @password_file: "-" is standard input. */
struct login_options {
	const char *username;
	const char *password_file;
};

#define LOGIN_OPTIONS(type, member)                                                                \
	{'u',                                                                                      \
	 "username",                                                                               \
	 "NAME",                                                                                   \
	 OPTION_TEXT,                                                                              \
	 offsetof(struct type, member) + offsetof(struct login_options, username),                 \
	 "log in to the image's registry under this name"},                                        \
	{                                                                                          \
		0, "password-file", "FILE", OPTION_TEXT,                                           \
			offsetof(struct type, member) +                                            \
				offsetof(struct login_options, password_file),                     \
			"with the password in this file, - for standard input"                     \
	}

/**
 * login_send() - give the daemon what it needs for an image, and nothing for other bytecode.
 * @reference: "quay.io/x/y:tag" or "image://…".
 *
 * Without --username the caller's own login of podman or docker is looked up; none is no error.
 */
int login_send(struct cli *cli, const struct login_options *options, const char *reference);
