/* SPDX-License-Identifier: Apache-2.0 */
/* One config of the cluster on this node, from the API server's object to what the daemon has. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "kube/json.h"
#include "kube/loop.h"
#include "kube/publication.h"

struct agent;
struct config;

/**
 * struct agent_config
 * @object:   as the API server has it; kept while it is being deleted.
 * @applied:  hash of what the daemon took last; "" when it has nothing that we know of.
 * @tried:    hash of what failed last.
 * @revision: of the spec that was tried last.
 * @error:    why it does not run; NULL when it does.
 * @warnings: of what was decided here last; @applied_warnings: of the daemon at the last apply.
 * @stored:   the spec of @stored_hash, out of a ControllerRevision.
 * @secrets:  {NAME: text of its .dockerconfigjson}, for the next apply.
 * @grants:   which namespaces may have which map (agent_volumes_grants()), of what was applied.
 * @is_gone:  deleted at the API server.
 * @is_busy:  a job or a request is under way. @is_dirty: look again after it.
 */
struct agent_config {
	struct agent *agent;
	char *name;
	json_t *object;
	char applied[KUBE_HASH_SIZE];
	char tried[KUBE_HASH_SIZE];
	char revision[KUBE_HASH_SIZE];
	char stored_hash[KUBE_HASH_SIZE];
	json_t *stored;
	json_t *secrets;
	json_t *grants;
	json_t *error;
	json_t *warnings;
	json_t *applied_warnings;
	struct publication publication;
	struct kube_timer retry;
	struct kube_timer slow;
	struct kube_timer end;
	unsigned int failures;
	bool is_gone;
	bool is_busy;
	bool is_dirty;
	struct agent_config *next;
};

/* table.c: the one with that name; NULL. */
struct agent_config *agent_config_find(const struct agent *agent, const char *name);

/* The API server has it in this form now. */
void agent_config_update(struct agent *agent, json_t *object);

/* The API server does not have it any more. */
void agent_config_gone(struct agent *agent, const char *name);

/* Make the daemon have what the config says for this node. */
void agent_config_reconcile(struct agent_config *c);

/* Publish what the daemon has of it. */
void agent_config_refresh(struct agent_config *c);

/* Remember a failure, publish it, and try again later. */
void agent_config_fail_adopt(struct agent_config *c, json_t *error, bool again);

/* What was fetched for it is there; go on. */
void agent_config_go_on(struct agent_config *c);

/* For its timers: try again; say that it is being worked on. */
void agent_config_retry(void *userdata);
void agent_config_slow(void *userdata);

/* Take its memory back; nothing is under way. */
void agent_config_free(struct agent_config *c);
