/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a config to YAML; quotes whatever could be read as something else. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "manifest/program_config.h"
#include "model/config.h"

/* Could the text stand without quotes and be read as the same string by every reader of YAML? */
static bool is_safe_plain(const char *s)
{
	static const char *const words[] = {"true", "false", "yes", "no",  "on",  "off",
					    "null", "y",     "n",   "inf", "nan", NULL};
	size_t len = strlen(s);

	if (!isalpha((unsigned char)s[0]) && !(s[0] == '/' && s[1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_./:@+-", s[i]))
			return false;
	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	return s[len - 1] != ':';
}

static void add_string(struct text *t, const char *s)
{
	if (is_safe_plain(s)) {
		text_add(t, "%s", s);
		return;
	}
	text_add(t, "\"");
	for (; *s; s++) {
		if (*s == '\n')
			text_add(t, "\\n");
		else if (*s == '\t')
			text_add(t, "\\t");
		else if (*s == '"' || *s == '\\')
			text_add(t, "\\%c", *s);
		else
			text_add(t, "%c", *s);
	}
	text_add(t, "\"");
}

/* "<indent>key: value\n"; nothing for NULL. */
static void add_field(struct text *t, const char *indent, const char *key, const char *value)
{
	if (!value)
		return;
	text_add(t, "%s%s: ", indent, key);
	add_string(t, value);
	text_add(t, "\n");
}

static void add_labels(struct text *t, const char *indent, const struct labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		text_add(t, "%s", indent);
		add_string(t, labels->items[i].key);
		add_field(t, "", "", labels->items[i].value);
	}
}

static void add_hook(struct text *t, const struct config_hook *hook)
{
	add_field(t, "    - ", "hook", hook->hook);
	if (hook->is_primary)
		text_add(t, "      primaryNodeInterface: true\n");
	if (hook->has_priority)
		text_add(t, "      priority: %u\n", hook->priority);
	for (size_t i = 0; i < hook->n_proceed_on; i++) {
		text_add(t, "%s", i ? ", " : "      proceedOn: [");
		add_string(t, hook->proceed_on[i]);
	}
	if (hook->n_proceed_on)
		text_add(t, "]\n");
	if (hook->stats)
		text_add(t, "      stats: true\n");
	add_field(t, "      ", "mode", hook->mode);
	add_field(t, "      ", "netns", hook->netns);
}

static void add_program(struct text *t, const struct config_program *program)
{
	add_field(t, "  - ", "bytecode", program->bytecode);
	add_field(t, "    ", "imagePullPolicy", program->pull_policy);
	add_field(t, "    ", "name", program->name);
	add_field(t, "    ", "entry", program->entry);
	add_field(t, "    ", "type", program->type);
	if (program->n_globals)
		text_add(t, "    globals:\n");
	for (size_t i = 0; i < program->n_globals; i++) {
		text_add(t, "      ");
		add_string(t, program->globals[i].name);
		add_field(t, "", "", program->globals[i].value);
	}
	if (program->n_hooks)
		text_add(t, "    hooks:\n");
	for (size_t i = 0; i < program->n_hooks; i++)
		add_hook(t, &program->hooks[i]);
	if (program->n_shares)
		text_add(t, "    shareMaps:\n");
	for (size_t i = 0; i < program->n_shares; i++) {
		add_field(t, "    - ", "map", program->shares[i].map);
		add_field(t, "      ", "from", program->shares[i].from);
	}
}

static void add_export(struct text *t, const struct config_export *export)
{
	add_field(t, "  - ", "name", export->map);
	if (!export->owner && !export->group && !export->has_mode) {
		text_add(t, "    export: {}\n");
		return;
	}
	text_add(t, "    export:\n");
	add_field(t, "      ", "owner", export->owner);
	add_field(t, "      ", "group", export->group);
	if (export->has_mode)
		text_add(t, "      mode: \"0%03o\"\n", export->mode);
}

void manifest_format(const struct config *config, struct text *t)
{
	text_add(t, "apiVersion: %s\nkind: %s\nmetadata:\n", MANIFEST_API_VERSION, MANIFEST_KIND);
	add_field(t, "  ", "name", config->name);
	if (config->labels.n)
		text_add(t, "  labels:\n");
	add_labels(t, "    ", &config->labels);
	text_add(t, "spec:\n");
	if (config->node_selector.n)
		text_add(t, "  nodeSelector:\n    matchLabels:\n");
	add_labels(t, "      ", &config->node_selector);
	text_add(t, "  programs:\n");
	for (size_t i = 0; i < config->n_programs; i++)
		add_program(t, &config->programs[i]);
	if (config->n_exports)
		text_add(t, "  maps:\n");
	for (size_t i = 0; i < config->n_exports; i++)
		add_export(t, &config->exports[i]);
}
