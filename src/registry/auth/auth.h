/* SPDX-License-Identifier: Apache-2.0 */
/* Who one is to a registry: files of credentials, and what a registry asks for. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

struct reason;
struct bytecode;

#define AUTH_FILE_MAX (1u << 20)

/* The bytes of a file of credentials; borrowed. */
struct auth_file {
	const char *data;
	size_t len;
};

/* Strings owned, NULL when not there; an identity token takes the place of the password. @helper:
 * name of the credential helper that has to be asked instead ("pass": docker-credential-pass). */
struct credentials {
	char *username;
	char *password;
	char *identity_token;
	char *helper;
};

/* Overwrites what was secret. */
void credentials_done(struct credentials *credentials);
#define _credentials_ _cleanup_(credentials_done)

/**
 * auth_find() - look an image up in auth.json of containers-auth.json(5) or config.json of docker.
 * @image: .host and .repository count.
 *
 * The longest key that is the host, or begins the repository at a '/', wins.
 *
 * Return: 1 (found, or a helper), 0 (nothing for it), -EBADMSG (not such a file), -ENOMEM. Errors
 * never quote the file.
 */
int auth_find(const struct auth_file *file, const struct bytecode *image, struct credentials *ret,
	      struct reason *why);

/* A challenge: "Bearer realm=…,service=…,scope=…". Strings owned. */
struct challenge {
	char *realm;
	char *service;
	char *scope;
	int is_basic;
};

void challenge_done(struct challenge *challenge);
#define _challenge_ _cleanup_(challenge_done)

/* Return: 0, -EBADMSG (neither Basic nor Bearer with a realm), -ENOMEM. */
int challenge_parse(const char *header, struct challenge *ret, struct reason *why);

/* The token in an answer of a realm; heap. Return: 0, -EBADMSG, -ENOMEM. */
int auth_token(const char *json, size_t len, char **ret, struct reason *why);

/* "Basic …" for a name and a password; heap, NULL when out of memory. */
char *auth_basic(const struct credentials *credentials);
