/* SPDX-License-Identifier: Apache-2.0 */
/* The running operator: what it watches and what it leads. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "kube/access.h"
#include "kube/loop.h"
#include "model/labels.h"

struct kube_client;
struct kube_events;
struct kube_lease;
struct kube_watch;
struct op_definitions;
struct op_monitor;
struct op_serving;
struct op_config;
struct publication;
struct reason;

struct operator_options {
	const char *kubeconfig;
	const char *namespace;
	const char *identity;
	const char *http;
	const char *webhook;
	const char *service;
};

/* A Node. @has_agent: it has a BpfNode, so bpfd-agent has run there. */
struct op_node {
	char *name;
	struct labels labels;
	bool is_there;
	bool has_agent;
};

/**
 * struct op
 * @nodes:   tree of struct op_node by name (tsearch(3)).
 * @configs: by name.
 * @lease:   only the leader writes.
 */
struct op {
	struct operator_options options;
	struct kube_loop *loop;
	struct kube_access access;
	struct kube_client *client;
	struct kube_events *events;
	struct kube_lease *lease;
	struct kube_watch *configs_watch;
	struct kube_watch *programs_watch;
	struct kube_watch *bpf_nodes_watch;
	struct kube_watch *nodes_watch;
	void *nodes;
	struct op_config *configs;
	struct kube_timer sweep;
	json_t *pull_secrets; /* the names in the agents' Role; NULL: not written yet */
	struct op_definitions *definitions;
	struct op_serving *serving; /* NULL: no webhook */
	struct op_monitor *monitor; /* NULL: no metrics */
};

/* Return: 0 or -errno. */
int operator_start(struct op *op, const struct operator_options *options, struct reason *why);
void operator_done(struct op *op);

/* Are we the one who decides? */
bool operator_leads(const struct op *op);

/* Is all known that is decided on, and are we the one who decides? */
bool operator_may_act(const struct op *op);
bool operator_is_synced(const struct op *op, const char **ret_what);

/* NULL when there is none. */
struct op_node *operator_node(const struct op *op, const char *name);

/* For publications. */
void operator_log_trouble(const struct publication *p, const char *text);
