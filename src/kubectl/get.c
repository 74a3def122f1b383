/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "get" and "nodes": which objects are listed. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/output/output.h"
#include "kube/json.h"
#include "kubectl/cluster.h"
#include "kubectl/noun.h"
#include "kubectl/print.h"
#include "kubectl/verb.h"

struct get_options {
	const char *format;
	const char *selector;
	const char *config;
	const char *node;
};

/* @is_list: JSON and YAML: a List around the objects. @n: so far. */
struct listing {
	const struct noun *noun;
	enum output_format format;
	struct output *out;
	const char *only; /* nodes: this one */
	bool is_list;
	size_t n;
};

static void print_name(const struct noun *noun, const json_t *object)
{
	print(stdout, "%.*s.bpfd.io/%s\n", (int)strlen(noun->collection) - 1, noun->collection,
	      kube_name(object));
}

/* Elements of a List: one after the other, so that none has to be kept. */
static int put_item(struct listing *l, json_t *object)
{
	_json_ json_t *one = json_pack("[O]", object);
	char *text;

	if (l->format == OUTPUT_YAML) {
		if (l->n == 0)
			print(stdout, "apiVersion: v1\nitems:\n");
		return print_object(one, true);
	}
	text = json_dumps(object, JSON_INDENT(4));
	if (!text)
		return -ENOMEM;
	print(stdout, "%s", l->n ? ",\n" : "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n");
	fputs(text, stdout);
	free(text);
	return 0;
}

static void end_list(const struct listing *l)
{
	if (!l->is_list)
		return;
	if (l->format == OUTPUT_YAML)
		print(stdout, "%skind: List\n", l->n ? "" : "apiVersion: v1\nitems: []\n");
	else
		print(stdout, "%s\n    ],\n    \"kind\": \"List\"\n}\n",
		      l->n ? "" : "{\n    \"apiVersion\": \"v1\",\n    \"items\": [");
}

static int put(void *userdata, json_t *object)
{
	struct listing *l = userdata;
	int r = 0;

	if (l->only && strcmp(kube_name(object), l->only) != 0)
		return 0;
	json_object_del(json_object_get(object, "metadata"), "managedFields");
	if (l->format == OUTPUT_NAME) {
		print_name(l->noun, object);
	} else if (l->is_list) {
		r = put_item(l, object);
	} else if (l->format == OUTPUT_JSON || l->format == OUTPUT_YAML) {
		r = print_object(object, l->format == OUTPUT_YAML);
	} else {
		output_record(l->out, NULL, NULL);
		l->noun->show(l->out, object);
		output_record_end(l->out);
	}
	l->n++;
	return r;
}

static void add_label(struct text *selector, const char *label, const char *name)
{
	char value[KUBE_LABEL_SIZE];

	if (!name)
		return;
	kube_label_value(name, value);
	text_add(selector, "%s%s=%s", selector->len ? "," : "", label, value);
}

static int list(struct kubectl *k, const struct get_options *o, struct listing *l)
{
	_text_ struct text path = {0}, selector = {0};
	bool is_program = strcmp(l->noun->name, "programs") == 0;

	text_add(&path, CLUSTER_API "%s", l->noun->collection);
	if (o->selector)
		text_add(&selector, "%s", o->selector);
	if (is_program) {
		add_label(&selector, "bpfd.io/config", o->config);
		add_label(&selector, "bpfd.io/node", o->node);
	}
	if (selector.len) {
		text_add(&path, "?labelSelector=");
		cluster_encode(&path, selector.data);
	}
	if (selector.r < 0 || path.r < 0)
		return -ENOMEM;
	return cluster_each(k, path.data, put, l);
}

/* Those that are named; what is missing does not keep the others back. */
static int get_named(struct kubectl *k, const struct call *call, size_t first, struct listing *l)
{
	unsigned int n_missing = 0;
	int missing = 0;

	for (size_t i = first; i < call->n; i++) {
		_text_ struct text path = {0};
		_json_ json_t *object = NULL;
		int r;

		if (missing)
			print(stderr, "error: %s\n", k->why.text);
		reason_done(&k->why);
		cluster_path(&path, l->noun->collection, noun_strip(call->args[i]));
		r = cluster_get(k, path.data, &object);
		if (r == 0)
			r = put(l, object);
		if (r < 0 && r != -ENOENT)
			return r;
		missing = r;
		n_missing += r < 0;
	}
	if (n_missing && !missing)
		return STATUS_FAILED;
	return missing;
}

static int check(struct kubectl *k, const struct get_options *o, const struct noun *noun,
		 size_t n_names)
{
	bool is_config = strcmp(noun->name, "configs") == 0;
	bool is_node = strcmp(noun->name, "nodes") == 0;

	if (n_names && (o->selector || o->config || o->node))
		return verb_usage(k, "names and -l, --config or --node do not go together");
	if (is_config && o->node)
		return verb_usage(k, "--node selects programs and nodes: get programs --node %s",
				  o->node);
	if (is_node && o->config)
		return verb_usage(k,
				  "--config selects programs and configs: get programs "
				  "--config %s",
				  o->config);
	return 0;
}

static int parse_format(struct kubectl *k, const char *name, enum output_format *ret)
{
	if (output_parse_format(name, ret) == 0 && *ret != OUTPUT_DETAIL)
		return 0;
	return verb_usage(k, "-o %s: formats are table, wide, json, yaml and name", name);
}

static int get(struct kubectl *k, const struct call *call, const struct noun *noun, size_t first)
{
	const struct get_options *o = call->options;
	struct listing l = {.noun = noun, .only = o->config ? o->config : o->node};
	_output_ struct output *out = NULL;
	bool is_table;
	int r = parse_format(k, o->format, &l.format);

	if (r == 0)
		r = check(k, o, noun, call->n - first);
	if (r < 0)
		return r;
	if (strcmp(noun->name, "programs") == 0)
		l.only = NULL;
	is_table = l.format == OUTPUT_TABLE || l.format == OUTPUT_WIDE;
	l.is_list = (l.format == OUTPUT_JSON || l.format == OUTPUT_YAML) && call->n - first != 1;
	out = l.out = output_new(is_table ? l.format : OUTPUT_TABLE, stdout);
	if (!out)
		return -ENOMEM;
	if (is_table)
		output_list(out, noun->name);
	r = call->n > first ? get_named(k, call, first, &l) : list(k, o, &l);
	if (r >= 0 || l.n)
		end_list(&l);
	if (is_table && (r >= 0 || l.n))
		output_list_end(out);
	return r != 0 ? r : output_finish(out);
}

static int run_get(struct kubectl *k, const struct call *call)
{
	const char *word = call->n ? call->args[0] : "configs";
	const char *slash = strchr(word, '/');
	const struct noun *noun = noun_find(word, slash ? (size_t)(slash - word) : strlen(word));

	if (!noun) {
		reason_hint(&k->why, "a config is named like this: get config %s", word);
		return verb_usage(k, "\"%s\" is none of: configs, programs, nodes", word);
	}
	return get(k, call, noun, slash || call->n == 0 ? 0 : 1);
}

#define OUTPUT_OPTION                                                                              \
	{                                                                                          \
		'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct get_options, format),        \
			"table, wide, json, yaml or name"                                          \
	}
#define SELECTOR_OPTION                                                                            \
	{                                                                                          \
		'l', "selector", "SELECTOR", OPTION_TEXT, offsetof(struct get_options, selector),  \
			"only objects with these labels, as kubectl takes them"                    \
	}

static const struct option get_options[] = {
	OUTPUT_OPTION,
	SELECTOR_OPTION,
	{0, "config", "NAME", OPTION_TEXT, offsetof(struct get_options, config),
	 "only programs of this config"},
	{0, "node", "NAME", OPTION_TEXT, offsetof(struct get_options, node),
	 "only programs on this node"},
	{0},
};

const struct verb verb_get = {
	.name = "get",
	.args = "[configs|programs|nodes] [NAME...]",
	.max_args = VERB_ANY,
	.options = get_options,
	.options_size = sizeof(struct get_options),
	.help = "list configs, programs or nodes",
	.more = "  kubectl bpf get                             configs and how they fare\n"
		"  kubectl bpf get programs --config traffic   that config, node by node\n"
		"  kubectl bpf get config/traffic -o yaml      one object as it is",
	.run = run_get,
};

static const struct option nodes_options[] = {OUTPUT_OPTION, SELECTOR_OPTION, {0}};

static int run_nodes(struct kubectl *k, const struct call *call)
{
	return get(k, call, noun_find("nodes", strlen("nodes")), 0);
}

const struct verb verb_nodes = {
	.name = "nodes",
	.args = "[NAME...]",
	.max_args = VERB_ANY,
	.options = nodes_options,
	.options_size = sizeof(struct get_options),
	.help = "one line a node: kernel, daemon, health, what runs there",
	.more = "HOOKS counts the programs at hooks, FOREIGN those of them that bpfd did not put there.",
	.run = run_nodes,
};
