/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a config to YAML. */
#include "base/text.h"
#include "manifest/cluster/format.h"
#include "manifest/program_config.h"
#include "manifest/yaml_write.h"
#include "model/config.h"

static void add_hook(struct text *t, const struct config_hook *hook)
{
	struct strings verdicts = {.items = hook->proceed_on, .n = hook->n_proceed_on};

	yaml_add_field(t, "    - ", "hook", hook->hook);
	if (hook->is_primary)
		text_add(t, "      primaryNodeInterface: true\n");
	if (hook->has_priority)
		text_add(t, "      priority: %u\n", hook->priority);
	yaml_add_list(t, "      ", "proceedOn", &verdicts);
	if (hook->stats)
		text_add(t, "      stats: true\n");
	yaml_add_field(t, "      ", "mode", hook->mode);
	yaml_add_field(t, "      ", "netns", hook->netns);
	yaml_add_field(t, "      ", "container", hook->container);
	format_targets(t, hook);
}

static void add_program(struct text *t, const struct config_program *program)
{
	yaml_add_field(t, "  - ", "bytecode", program->bytecode);
	yaml_add_field(t, "    ", "imagePullPolicy", program->pull_policy);
	format_secret(t, &program->pull_secret);
	yaml_add_field(t, "    ", "name", program->name);
	yaml_add_field(t, "    ", "entry", program->entry);
	yaml_add_field(t, "    ", "type", program->type);
	if (program->n_globals)
		text_add(t, "    globals:\n");
	for (size_t i = 0; i < program->n_globals; i++) {
		text_add(t, "      ");
		yaml_add_string(t, program->globals[i].name);
		yaml_add_field(t, "", "", program->globals[i].value);
	}
	if (program->n_hooks)
		text_add(t, "    hooks:\n");
	for (size_t i = 0; i < program->n_hooks; i++)
		add_hook(t, &program->hooks[i]);
	if (program->n_shares)
		text_add(t, "    shareMaps:\n");
	for (size_t i = 0; i < program->n_shares; i++) {
		yaml_add_field(t, "    - ", "map", program->shares[i].map);
		yaml_add_field(t, "      ", "from", program->shares[i].from);
	}
}

static void add_export(struct text *t, const struct config_export *export)
{
	yaml_add_field(t, "  - ", "name", export->map);
	yaml_add_list(t, "    ", "namespaces", &export->namespaces);
	if (!export->owner && !export->group && !export->has_mode) {
		text_add(t, "    export: {}\n");
		return;
	}
	text_add(t, "    export:\n");
	yaml_add_field(t, "      ", "owner", export->owner);
	yaml_add_field(t, "      ", "group", export->group);
	if (export->has_mode)
		text_add(t, "      mode: \"0%03o\"\n", export->mode);
}

void manifest_format(const struct config *config, struct text *t)
{
	text_add(t, "apiVersion: %s\nkind: %s\nmetadata:\n", MANIFEST_API_VERSION, MANIFEST_KIND);
	yaml_add_field(t, "  ", "name", config->name);
	if (config->labels.n)
		text_add(t, "  labels:\n");
	yaml_add_labels(t, "    ", &config->labels);
	text_add(t, "spec:\n");
	if (!selector_is_empty(&config->node_selector)) {
		text_add(t, "  nodeSelector:\n");
		format_selector(t, "    ", &config->node_selector);
	}
	if (config->has_rollout)
		format_rollout(t, &config->rollout);
	text_add(t, "  programs:\n");
	for (size_t i = 0; i < config->n_programs; i++)
		add_program(t, &config->programs[i]);
	if (config->n_exports)
		text_add(t, "  maps:\n");
	for (size_t i = 0; i < config->n_exports; i++)
		add_export(t, &config->exports[i]);
}
