/* SPDX-License-Identifier: Apache-2.0 */
/* The running agent: what it watches, what it knows of its node, and its configs. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "kube/access.h"
#include "kube/loop.h"
#include "kube/publication.h"
#include "model/labels.h"

struct agent_config;
struct agent_monitor;
struct agent_volumes;
struct kube_client;
struct kube_events;
struct kube_watch;
struct worker;

struct agent_options {
	const char *node;
	const char *socket;
	const char *kubeconfig;
	const char *namespace;
	const char *http;	  /* NULL: no metrics */
	const char *plugins;	  /* for CSI; NULL: no volumes */
	const char *registration; /* the same */
	unsigned int look_s;	  /* how often the daemon is asked what it has */
};

/**
 * struct agent
 * @node:    the Node object; NULL until it was seen.
 * @labels:  of it. @addresses: its InternalIPs.
 * @pods:    of this node, condensed (desire_pod()); followed only while a config needs them.
 * @seen:    of the last look(); NULL while the daemon cannot be asked.
 * @configs: all of the cluster, by name.
 */
struct agent {
	struct agent_options options;
	struct kube_loop *loop;
	struct kube_access access;
	struct kube_client *client;
	struct kube_events *events;
	struct worker *worker;
	struct agent_monitor *monitor;
	struct agent_volumes *volumes;
	struct kube_watch *configs_watch;
	struct kube_watch *node_watch;
	struct kube_watch *pods_watch;
	json_t *node;
	struct labels labels;
	json_t *addresses;
	json_t *pods;
	json_t *seen;
	struct reason daemon_why;
	struct publication bpf_node;
	struct agent_config *configs;
	struct kube_timer look_timer;
	unsigned int looks;
	bool is_looking;
	bool has_pods; /* .pods is complete */
	bool is_api_away;
	uint64_t applies;
	uint64_t failures;
};

/* Connect, watch and begin. Return: 0, -ENOENT, -EINVAL, -ENOMEM. */
int agent_start(struct agent *agent, const struct agent_options *options, struct reason *why);

/* What runs keeps running. */
void agent_done(struct agent *agent);

/* Reconcile all of them, or those that need something that changed. */
void agent_reconcile_all(struct agent *agent);

/* Take over what the daemon has now: reconcile configs that it lacks, delete those that nobody
 * wants any more, publish what changed. */
void agent_saw_adopt(struct agent *agent, json_t *seen);

/* Follow the pods of this node from now on. */
void agent_follow_pods(struct agent *agent);

/* For publications. */
void agent_log_trouble(const struct publication *p, const char *text);

/* Is everything known that decisions are made on? @ret_what: what is missing. */
bool agent_is_ready(const struct agent *agent, const char **ret_what);
