/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what. Rights come from built-in rules and the settings; the table of methods names
 * what each method needs. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "forkserver/open.h"

struct reason;
struct settings;
struct volume;

/* Each stands alone; RIGHT_NONE is for everybody who can connect. */
enum right {
	RIGHT_NONE = 0,
	RIGHT_READ = 1,
	RIGHT_LOAD = 2,
	RIGHT_ATTACH = 4,
	RIGHT_ADMIN = 8,
	RIGHT_AGENT = 16 /* volumes for pods; uid 0, and who comes by the agent's socket */
};

/* The group that may read and manage its own. */
#define AUTH_GROUP "bpfd"

/* Someone who asks, with the rights that follow from the rules. @volume: NULL, or he came by the
 * socket of this volume: he may read its maps, whoever he is, and nothing else. Borrowed. */
struct caller {
	struct job_identity identity;
	pid_t pid;
	unsigned int rights;
	const struct volume *volume;
};

/* Become who has come by the agent's socket: its number is uid and gid, whatever the peer is. */
void auth_caller_agent(const struct settings *settings, struct caller *caller);

/* Become who has come by the socket of a volume. */
void auth_caller_pod(const struct volume *volume, struct caller *caller);

/**
 * auth_rights() - the rights of an identity.
 *
 * uid 0: all. Members of group bpfd: read. Then every matching rule of the settings adds its
 * rights.
 */
unsigned int auth_rights(const struct settings *settings, const struct job_identity *who);

/* May the caller use a method that needs @needed (bits, all of them)? Return: 0, -EACCES (names the
 * rule and what would allow it). */
int auth_check(const struct caller *caller, unsigned int needed, const char *method,
	       struct reason *why);

/* May the caller change something of @owner (the owner and admins may)? @what: "program counter".
 */
int auth_check_owner(const struct caller *caller, uid_t owner, const char *what,
		     struct reason *why);
