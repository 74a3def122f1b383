/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the lines of a manifest that say something of a cluster. */
#include "manifest/cluster/format.h"

#include "base/text.h"
#include "manifest/yaml_write.h"
#include "model/config.h"

static void add_requirement(struct text *t, const char *indent,
			    const struct selector_requirement *item)
{
	text_add(t, "%s- key: ", indent);
	yaml_add_string(t, item->key);
	text_add(t, "\n%s  operator: %s\n%s", indent, selector_operator_name(item->operator),
		 item->values.n ? indent : "");
	yaml_add_list(t, "  ", "values", &item->values);
}

void format_selector(struct text *t, const char *indent, const struct selector *selector)
{
	if (selector->match.n) {
		text_add(t, "%smatchLabels:\n", indent);
		for (size_t i = 0; i < selector->match.n; i++) {
			struct labels one = {.items = selector->match.items + i, .n = 1};

			text_add(t, "%s", indent);
			yaml_add_labels(t, "  ", &one);
		}
	}
	if (selector->n)
		text_add(t, "%smatchExpressions:\n", indent);
	for (size_t i = 0; i < selector->n; i++)
		add_requirement(t, indent, &selector->items[i]);
}

static void add_selector(struct text *t, const char *indent, const char *key,
			 const struct selector *selector)
{
	_text_ struct text inner = {.data = NULL};

	text_add(&inner, "%s  ", indent);
	text_add(t, "%s%s:%s\n", indent, key, selector_is_empty(selector) ? " {}" : "");
	if (inner.data)
		format_selector(t, inner.data, selector);
}

static void add_interfaces(struct text *t, const struct target_interfaces *interfaces)
{
	text_add(t, "      interfaces:\n");
	yaml_add_list(t, "        ", "names", &interfaces->names);
	yaml_add_list(t, "        ", "patterns", &interfaces->patterns);
	yaml_add_list(t, "        ", "exclude", &interfaces->exclude);
}

/* Always with the selector, so that nothing given is not an empty value. */
static void add_pods(struct text *t, const struct target_pods *pods)
{
	text_add(t, "      pods:\n");
	yaml_add_list(t, "        ", "namespaces", &pods->namespaces);
	yaml_add_field(t, "        ", "interface", pods->interface);
	add_selector(t, "        ", "selector", &pods->selector);
}

static void add_containers(struct text *t, const struct target_containers *containers)
{
	text_add(t, "      containers:\n");
	yaml_add_list(t, "        ", "namespaces", &containers->namespaces);
	yaml_add_list(t, "        ", "names", &containers->names);
	add_selector(t, "        ", "pods", &containers->pods);
}

void format_targets(struct text *t, const struct config_hook *hook)
{
	if (hook->has_interfaces)
		add_interfaces(t, &hook->interfaces);
	if (hook->has_pods)
		add_pods(t, &hook->pods);
	if (hook->has_containers)
		add_containers(t, &hook->containers);
}

void format_secret(struct text *t, const struct config_secret *secret)
{
	if (!secret->name)
		return;
	text_add(t, "    imagePullSecret:\n");
	yaml_add_field(t, "      ", "name", secret->name);
	yaml_add_field(t, "      ", "namespace", secret->namespace);
}

void format_rollout(struct text *t, const struct config_rollout *rollout)
{
	text_add(t, "  rollout:\n    strategy: %s\n", rollout_strategy_name(rollout->strategy));
	if (rollout->has_canary_nodes || rollout->canary_percent)
		text_add(t, "    canary:\n");
	if (rollout->has_canary_nodes)
		add_selector(t, "      ", "nodeSelector", &rollout->canary_nodes);
	if (rollout->canary_percent)
		text_add(t, "      percentage: %u\n", rollout->canary_percent);
	if (rollout->max_unavailable)
		text_add(t,
			 rollout->is_percent ? "    maxUnavailable: \"%u%%\"\n"
					     : "    maxUnavailable: %u\n",
			 rollout->max_unavailable);
	text_add(t, "    onFailure: %s\n", rollout_failure_name(rollout->on_failure));
	if (rollout->is_paused)
		text_add(t, "    paused: true\n");
	if (rollout->has_wait_seconds)
		text_add(t, "    waitSeconds: %u\n", rollout->wait_seconds);
}
