/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the watches of the cluster, the election, and what each change sets in motion. */
#include "operator/operator.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/event.h"
#include "kube/json.h"
#include "kube/lease.h"
#include "kube/publication.h"
#include "kube/watch.h"
#include "operator/config.h"
#include "operator/definitions.h"
#include "operator/monitor.h"
#include "operator/serving.h"
#include "operator/sweep.h"

#define LEASE	      "bpfd-operator"
#define PROGRAMS_PATH "/apis/bpfd.io/v1alpha1/bpfprograms"
#define NODES_PATH    "/apis/bpfd.io/v1alpha1/bpfnodes"
#define SWEEP_MS      2000

void operator_log_trouble(const struct publication *p, const char *text)
{
	log_warning("the status of %s cannot be written: %s", p->name, text);
}

bool operator_is_synced(const struct op *op, const char **ret_what)
{
	const struct {
		const struct kube_watch *watch;
		const char *what;
	} needed[] = {{op->configs_watch, "the list of configs"},
		      {op->programs_watch, "the list of BpfPrograms"},
		      {op->bpf_nodes_watch, "the list of BpfNodes"},
		      {op->nodes_watch, "the list of Nodes"}};

	for (size_t i = 0; i < array_size(needed); i++)
		if (!needed[i].watch || !kube_watch_is_synced(needed[i].watch)) {
			*ret_what = needed[i].what;
			return false;
		}
	return true;
}

bool operator_leads(const struct op *op)
{
	return kube_lease_leads(op->lease);
}

bool operator_may_act(const struct op *op)
{
	const char *what;

	return operator_leads(op) && operator_is_synced(op, &what);
}

static void look_at_all(struct op *op)
{
	if (!operator_may_act(op))
		return;
	op_config_touch_all(op);
	sweep_secrets(op);
	kube_timer_set(op->loop, &op->sweep, SWEEP_MS);
}

static void on_sweep(void *userdata)
{
	sweep_nodes(userdata);
}

/* --- nodes --- */

static int compare(const void *a, const void *b)
{
	const struct op_node *left = a, *right = b;

	return strcmp(left->name, right->name);
}

struct op_node *operator_node(const struct op *op, const char *name)
{
	struct op_node key = {.name = (char *)(uintptr_t)name};
	struct op_node **at = tfind(&key, (void *const *)&op->nodes, compare);

	return at ? *at : NULL;
}

static struct op_node *node_for(struct op *op, const char *name)
{
	struct op_node *node = operator_node(op, name);

	if (node)
		return node;
	node = calloc(1, sizeof(*node));
	if (!node || text_set(&node->name, name) < 0 || !tsearch(node, &op->nodes, compare)) {
		free(node ? node->name : NULL);
		free(node);
		return NULL;
	}
	return node;
}

static void node_free(void *pointer)
{
	struct op_node *node = pointer;

	labels_done(&node->labels);
	free(node->name);
	free(node);
}

static void forget_node(struct op *op, struct op_node *node)
{
	if (node->is_there || node->has_agent)
		return;
	tdelete(node, &op->nodes, compare);
	node_free(node);
}

static bool is_same_labels(const struct labels *a, const struct labels *b)
{
	return a->n == b->n && labels_match(a, b);
}

static void on_node(void *userdata, json_t *object)
{
	struct op *op = userdata;
	struct op_node *node = node_for(op, kube_name(object));
	struct labels labels = {0};

	if (!node || kube_labels(object, &labels) < 0)
		return;
	if (node->is_there && is_same_labels(&labels, &node->labels)) {
		labels_done(&labels);
		return;
	}
	labels_done(&node->labels);
	node->labels = labels;
	node->is_there = true;
	look_at_all(op);
}

static void on_node_gone(void *userdata, json_t *object)
{
	struct op *op = userdata;
	struct op_node *node = operator_node(op, kube_name(object));

	if (!node)
		return;
	node->is_there = false;
	forget_node(op, node);
	look_at_all(op);
}

static void on_bpf_node(void *userdata, json_t *object)
{
	struct op *op = userdata;
	struct op_node *node = node_for(op, kube_name(object));

	if (!node || node->has_agent)
		return;
	node->has_agent = true;
	look_at_all(op);
}

static void on_bpf_node_gone(void *userdata, json_t *object)
{
	struct op *op = userdata;
	struct op_node *node = operator_node(op, kube_name(object));

	if (!node)
		return;
	node->has_agent = false;
	forget_node(op, node);
	look_at_all(op);
}

/* --- configs and programs --- */

static void on_config(void *userdata, json_t *object)
{
	op_config_update(userdata, object);
}

static void on_config_gone(void *userdata, json_t *object)
{
	op_config_gone(userdata, kube_name(object));
}

/* A report may come before its config: the two watches know nothing of each other. */
static void on_program(void *userdata, json_t *object)
{
	struct op *op = userdata;
	struct op_config *c = op_config_for(op, kube_text(object, "spec.config"));

	if (c)
		op_config_report(c, object);
}

static void on_program_gone(void *userdata, json_t *object)
{
	struct op *op = userdata;

	for (struct op_config *c = op->configs, *next; c; c = next) {
		next = c->next;
		op_config_report_gone(c, kube_name(object));
	}
}

static void on_synced(void *userdata)
{
	look_at_all(userdata);
}

static void on_outage(void *userdata, const char *text)
{
	(void)userdata;
	if (text)
		log_warning("the API server: %s", text);
	else
		log_info("the API server answers again");
}

static void on_trouble(void *userdata, const char *text)
{
	(void)userdata;
	if (text)
		log_warning("a list of the API server: %s", text);
}

static int watch_all(struct op *op)
{
	const struct {
		struct kube_watch **ret;
		struct kube_watch_options options;
	} watches[] = {
		{&op->configs_watch,
		 {.path = OP_CONFIGS_PATH,
		  .on_object = on_config,
		  .on_gone = on_config_gone,
		  .on_synced = on_synced,
		  .on_outage = on_outage,
		  .userdata = op}},
		{&op->programs_watch,
		 {.path = PROGRAMS_PATH,
		  .on_object = on_program,
		  .on_gone = on_program_gone,
		  .on_synced = on_synced,
		  .on_outage = on_trouble,
		  .userdata = op}},
		{&op->bpf_nodes_watch,
		 {.path = NODES_PATH,
		  .is_metadata = true,
		  .on_object = on_bpf_node,
		  .on_gone = on_bpf_node_gone,
		  .on_synced = on_synced,
		  .on_outage = on_trouble,
		  .userdata = op}},
		{&op->nodes_watch,
		 {.path = "/api/v1/nodes",
		  .is_metadata = true,
		  .on_object = on_node,
		  .on_gone = on_node_gone,
		  .on_synced = on_synced,
		  .on_outage = on_trouble,
		  .userdata = op}},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < array_size(watches); i++)
		r = kube_watch_new(op->client, &watches[i].options, watches[i].ret);
	return r;
}

/* --- beginning and end --- */

static void on_lease(void *userdata, bool leads)
{
	struct op *op = userdata;

	log_info(leads ? "leading" : "not leading any more");
	json_decref(take_ptr(op->pull_secrets));
	op_config_forget_all(op);
	if (leads)
		op_definitions_look(op->definitions);
	if (op->serving)
		op_serving_look(op->serving);
	look_at_all(op);
}

static int prepare(struct op *op, struct reason *why)
{
	int r = kube_access_load(op->options.kubeconfig, NULL, &op->access, why);

	if (r == 0)
		r = kube_loop_new(&op->loop, why);
	if (r == 0)
		r = kube_client_new(op->loop, &op->access, &op->client, why);
	if (r == 0)
		r = kube_events_new(op->client, "bpfd.io/operator", op->options.identity,
				    &op->events);
	return r;
}

int operator_start(struct op *op, const struct operator_options *options, struct reason *why)
{
	int r;

	*op = (struct op){.options = *options};
	op->sweep.fn = on_sweep;
	op->sweep.userdata = op;
	r = prepare(op, why);
	if (r < 0)
		return r;
	if (options->http)
		r = op_monitor_new(op, options->http, &op->monitor, why);
	if (r == 0 && options->webhook)
		r = op_serving_new(op, &op->serving, why);
	if (r == 0)
		r = op_definitions_new(op, &op->definitions);
	if (r == 0)
		r = watch_all(op);
	if (r == 0)
		r = kube_lease_new(op->client,
				   &(struct kube_lease_options){.namespace = options->namespace,
								.name = LEASE,
								.identity = options->identity,
								.on_change = on_lease,
								.userdata = op},
				   &op->lease);
	return r < 0 ? fail(why, r, "cannot begin: %s", strerror(-r)) : 0;
}

void operator_done(struct op *op)
{
	kube_lease_release(op->lease);
	op_definitions_free(op->definitions);
	op_serving_free(op->serving);
	op_monitor_free(op->monitor);
	while (op->configs)
		op_config_free(op->configs);
	if (op->loop)
		kube_timer_stop(op->loop, &op->sweep);
	kube_watch_free(op->configs_watch);
	kube_watch_free(op->programs_watch);
	kube_watch_free(op->bpf_nodes_watch);
	kube_watch_free(op->nodes_watch);
	kube_events_free(op->events);
	kube_client_free(op->client);
	kube_loop_free(op->loop);
	kube_access_done(&op->access);
	tdestroy(op->nodes, node_free);
	json_decref(op->pull_secrets);
}
