/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent writes to the API server, made of what the daemon has. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct reason;

#define STATUS_API_VERSION "bpfd.io/v1alpha1"
#define STATUS_PROGRAMS	   "/apis/bpfd.io/v1alpha1/bpfprograms"
#define STATUS_NODES	   "/apis/bpfd.io/v1alpha1/bpfnodes"

/**
 * struct status_config - how one config fares here.
 * @generation: of the config that this is about.
 * @revision:   hash of the spec that runs or was tried.
 * @error:      NULL, or {reason, message, hint, verifier}.
 * @warnings:   array of texts.
 * @programs:   of look(); NULL when the daemon has none.
 * @is_pending: still being worked on.
 */
struct status_config {
	long long generation;
	const char *revision;
	const json_t *error;
	const json_t *warnings;
	const json_t *programs;
	bool is_pending;
};

/* The status of a BpfProgram; NULL: out of memory. */
json_t *status_of_config(const struct status_config *from);

/* A failure as .error: reason is a word for the kind of trouble, verifier the last lines of its
 * log.
 */
json_t *status_error(const struct reason *why);
json_t *status_error_text(const char *reason, const char *message, const char *hint);

/* The object of a BpfProgram without status: of a config @name with @uid, on @node. */
json_t *status_program_head(const char *object, const char *name, const char *uid,
			    const char *node);

/* The same for the BpfNode of a Node object. */
json_t *status_node_head(const json_t *node);

/* The status of a BpfNode. @seen: NULL while the daemon cannot be asked, @why says why. */
json_t *status_of_node(const json_t *node, const json_t *seen, const struct reason *why);
