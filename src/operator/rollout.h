/* SPDX-License-Identifier: Apache-2.0 */
/* How a changed config reaches the nodes, step by step. Pure: nodes and clock go in, the next state
 * of status.rollout comes out; the nodes find their own place by it (kube/revision.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kube/json.h"

struct config_rollout;

enum rollout_phase {
	ROLLOUT_COMPLETE,
	ROLLOUT_CANARY_STAGE,
	ROLLOUT_ROLLING,
	ROLLOUT_PAUSED,
	ROLLOUT_ROLLED_BACK,
	_ROLLOUT_PHASE_MAX
};

/* "Complete", "Canary", "Rolling", "Paused", "RolledBack"; parse: _ROLLOUT_PHASE_MAX when none. */
const char *rollout_phase_name(enum rollout_phase phase);
enum rollout_phase rollout_phase_parse(const char *name);

/**
 * struct rollout_node - one that the config is for.
 * @place:      of revision_place(). @is_canary: the canary's selector fits.
 * @is_updated: it reports the new revision. @is_loaded, @is_failed: and how that fares; of a node
 *              that is not updated they are of the old one.
 * @for_ms:     how long it has been so.
 */
struct rollout_node {
	const char *name;
	uint32_t place;
	bool is_canary;
	bool is_updated;
	bool is_loaded;
	bool is_failed;
	uint64_t for_ms;
};

/**
 * struct rollout_state - status.rollout.
 * @stable: what the other nodes run; "" before anything was complete.
 * @stage:  Canary or Rolling: where a pause began.
 * @is_failure: the pause came of a failure.
 */
struct rollout_state {
	enum rollout_phase phase;
	enum rollout_phase stage;
	char revision[KUBE_HASH_SIZE];
	char stable[KUBE_HASH_SIZE];
	uint32_t threshold;
	bool is_failure;
	char message[256];
};

/**
 * struct rollout_view - what decides.
 * @spec:     NULL: the config has no rollout, so all nodes follow at once.
 * @revision: hash of the spec.
 * @is_resumed: somebody said to go on in spite of failures.
 */
struct rollout_view {
	const struct config_rollout *spec;
	const char *revision;
	const struct rollout_node *nodes;
	size_t n_nodes;
	bool is_resumed;
};

/**
 * rollout_step() - go on as far as the nodes allow.
 * @state: changed.
 *
 * Return: milliseconds after which time alone may change the outcome; 0: only events can.
 */
uint64_t rollout_step(struct rollout_state *state, const struct rollout_view *view);

/* To and from status.rollout. */
void rollout_read(const json_t *status, struct rollout_state *ret);
json_t *rollout_write(const struct rollout_state *state);
