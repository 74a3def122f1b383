/* SPDX-License-Identifier: Apache-2.0 */
/* What the local daemon has, as one JSON value; everything the agent decides is decided on it. */
#pragma once

#include <jansson.h>

struct bpfd_conn;

/**
 * look() - ask the daemon for everything that the agent reports or needs.
 *
 * {version, kernel, features: [], warnings: [],
 *  configs: {NAME: {isManaged: bool, programs: [as in BpfProgram's status]}},
 *  hooks: [as in BpfNode's status],
 *  interfaces: [{name, isUp, isLoopback, addresses: []}]}
 *
 * Return: 0 or -errno; the connection has the text.
 */
int look(struct bpfd_conn *conn, json_t **ret);

/* The label that configs of the agent carry in the daemon. */
#define LOOK_LABEL	 "bpfd.io/managed-by"
#define LOOK_LABEL_VALUE "bpfd-agent"
