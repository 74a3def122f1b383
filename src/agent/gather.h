/* SPDX-License-Identifier: Apache-2.0 */
/* What a config needs of the API server before it can be applied: an earlier revision, secrets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct agent_config;
struct config;
struct job;
struct reason;

/* Fetch the spec of revision @hash unless it is there. Return: true, it is (c->stored); false: it
 * will come, agent_config_go_on() runs then, or agent_config_fail_adopt(). */
bool gather_revision(struct agent_config *c, const char *hash);

/* The same for the secrets that the programs name: c->secrets. */
bool gather_secrets(struct agent_config *c, const struct config *config);

/* Logins for the images of @config out of c->secrets. Return: 0, -EBADMSG (a secret is not what it
 * should be), -ENOMEM. */
int gather_logins(const struct agent_config *c, const struct config *config, struct job *job,
		  struct reason *why);
