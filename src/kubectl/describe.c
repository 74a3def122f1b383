/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "describe": which parts of the story of an object are told, in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/cluster.h"
#include "kubectl/noun.h"
#include "kubectl/print.h"
#include "kubectl/story.h"
#include "kubectl/verb.h"

static void tell_labels(const json_t *object)
{
	_text_ struct text t = {0};
	const char *key;
	json_t *value;

	json_object_foreach(kube_get(object, "metadata.labels"), key, value)
		text_add(&t, "%s%s=%s", t.len ? "," : "", key, json_string_value(value));
	print_field("Labels", "%s", t.data ? t.data : "");
}

static void tell_head(const json_t *object)
{
	char age[PRINT_AGE_SIZE];

	print_age(kube_text(object, "metadata.creationTimestamp"), age);
	print_field("Name", "%s", kube_name(object));
	tell_labels(object);
	print_field("Created", "%s (%s ago)", kube_text(object, "metadata.creationTimestamp"), age);
	if (kube_is_deleted(object))
		print_field("Deleted", "%s; waits for the nodes to detach",
			    kube_text(object, "metadata.deletionTimestamp"));
}

static void tell_generation(const json_t *object)
{
	long long now = kube_number(object, "metadata.generation");
	long long seen = kube_number(object, "status.observedGeneration");

	print_field("Generation", "%lld%s", now,
		    seen == now ? ""
		    : seen	? " (status is of an older one)"
				: " (no operator has seen it: kubectl -n bpfd get pods)");
}

/* --- config --- */

static void tell_rollout(const json_t *config)
{
	const json_t *rollout = kube_get(config, "status.rollout");
	const char *stable = kube_text(rollout, "stableRevision");
	const char *message = kube_text(rollout, "message");

	print_field("Revision", "%s", kube_text(config, "status.revision"));
	if (*stable && strcmp(stable, kube_text(rollout, "revision")) != 0)
		print_field("Stable", "%s", stable);
	print_field("Rollout", "%s%s%s", kube_text(rollout, "phase"), *message ? ": " : "",
		    message);
	print_field("Nodes",
		    "%lld desired, %lld updated, %lld loaded, %lld failed, %lld not selected",
		    kube_number(config, "status.desired"), kube_number(config, "status.updated"),
		    kube_number(config, "status.loaded"), kube_number(config, "status.failed"),
		    kube_number(config, "status.notselected"));
	print_field("Summary", "%s", kube_text(config, "status.summary"));
}

static void tell_reasons(const json_t *config)
{
	const json_t *reasons = kube_get(config, "status.reasons");
	json_t *reason, *node;
	size_t i, k;

	if (json_array_size(reasons))
		print(stdout, "Reasons:\n");
	json_array_foreach(reasons, i, reason)
	{
		_text_ struct text nodes = {0};
		size_t told = json_array_size(json_object_get(reason, "nodes"));

		json_array_foreach(json_object_get(reason, "nodes"), k, node)
			text_add(&nodes, "%s%s", k ? ", " : "", json_string_value(node));
		if (kube_number(reason, "count") > (long long)told)
			text_add(&nodes, ", …");
		print(stdout, "  %s on %lld node%s: %s\n", kube_text(reason, "reason"),
		      kube_number(reason, "count"), kube_number(reason, "count") == 1 ? "" : "s",
		      nodes.data ? nodes.data : "-");
		print_indented("    ", kube_text(reason, "message"));
	}
}

int noun_describe_config(struct kubectl *k, const json_t *config)
{
	_cleanup_(story_done) struct story story = {0};
	_text_ struct text path = {0};
	int r;

	tell_head(config);
	tell_generation(config);
	tell_rollout(config);
	story_conditions(config);
	tell_reasons(config);
	text_add(&path, CLUSTER_API "bpfprograms");
	cluster_select_config(&path, kube_name(config));
	r = cluster_each(k, path.data, story_collect, &story);
	if (r == 0)
		r = story_tell(&story);
	if (r == 0)
		r = story_events(k, "BpfProgramConfig", config);
	return r;
}

/* --- program --- */

int noun_describe_program(struct kubectl *k, const json_t *program)
{
	_cleanup_(story_done) struct story story = {0};
	int r;

	tell_head(program);
	print_field("Config", "%s", kube_text(program, "spec.config"));
	print_field("Node", "%s", kube_text(program, "spec.node"));
	print_field("Phase", "%s", kube_text(program, "status.phase"));
	print_field("Revision", "%s", kube_text(program, "status.revision"));
	print_field("Digest", "%s", kube_text(program, "status.digest"));
	print_field("Message", "%s", kube_text(program, "status.message"));
	story_conditions(program);
	r = story_collect(&story, (json_t *)(uintptr_t)program);
	if (r == 0)
		r = story_tell(&story);
	if (r == 0)
		r = story_events(k, "BpfProgram", program);
	return r;
}

/* --- node --- */

static void tell_words(const char *title, const json_t *words)
{
	_text_ struct text t = {0};
	json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		text_add(&t, "%s%s", i ? ", " : "", json_string_value(word));
	print_field(title, "%s", t.data ? t.data : "");
}

int noun_describe_node(struct kubectl *k, const json_t *node)
{
	_cleanup_(story_done) struct story story = {0};
	_text_ struct text path = {0};
	char label[KUBE_LABEL_SIZE];
	json_t *warning;
	size_t i;
	int r;

	tell_head(node);
	print_field("Kernel", "%s", kube_text(node, "status.kernel"));
	print_field("Architecture", "%s", kube_text(node, "status.architecture"));
	print_field("Distribution", "%s", kube_text(node, "status.distribution"));
	print_field("Daemon", "%s", kube_text(node, "status.daemonVersion"));
	print_field("Agent", "%s", kube_text(node, "status.agentVersion"));
	print_field("Health", "%s", kube_text(node, "status.health"));
	tell_words("Features", kube_get(node, "status.features"));
	story_conditions(node);
	json_array_foreach(kube_get(node, "status.warnings"), i, warning)
		print(stdout, "Warning: %s\n", json_string_value(warning));
	r = story_hooks(node);
	kube_label_value(kube_name(node), label);
	text_add(&path, CLUSTER_API "bpfprograms?labelSelector=bpfd.io%%2Fnode%%3D");
	cluster_encode(&path, label);
	if (r == 0)
		r = cluster_each(k, path.data, story_collect, &story);
	if (r == 0)
		r = story_tell(&story);
	if (r == 0)
		r = story_events(k, "BpfNode", node);
	return r;
}

/* --- the verb --- */

static int run_describe(struct kubectl *k, const struct call *call)
{
	const char *slash = strchr(call->args[0], '/');
	const struct noun *noun = noun_find(call->args[0], slash ? (size_t)(slash - call->args[0])
								 : strlen(call->args[0]));
	const char *name = call->n > 1 ? call->args[1] : noun_strip(call->args[0]);
	_text_ struct text path = {0};
	_json_ json_t *object = NULL;
	int r;

	if (!noun && (slash || call->n > 1))
		return verb_usage(k, "\"%s\" is none of: config, program, node", call->args[0]);
	if (!noun || (call->n == 1 && !slash))
		noun = noun_at(0);
	cluster_path(&path, noun->collection, name);
	r = cluster_get(k, path.data, &object);
	return r < 0 ? r : noun->describe(k, object);
}

const struct verb verb_describe = {
	.name = "describe",
	.args = "[config|program|node] NAME",
	.min_args = 1,
	.max_args = 2,
	.help = "tell everything about a config, a program on a node, or a node",
	.more = "  kubectl bpf describe traffic             the config, with what failed where, in the "
		"kernel's words\n"
		"  kubectl bpf describe program traffic.n1  that config on node n1\n"
		"  kubectl bpf describe node n1             its kernel, and what is at its hooks",
	.run = run_describe,
};
