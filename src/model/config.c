/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the lifetime of a config and the names that come from it; its rules are in config_check.c.
 */
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void hook_free_members(struct config_hook *hook)
{
	free(hook->hook);
	for (size_t i = 0; i < hook->n_proceed_on; i++)
		free(hook->proceed_on[i]);
	free(hook->proceed_on);
	free(hook->mode);
	free(hook->netns);
}

void config_program_done(struct config_program *program)
{
	free(program->name);
	free(program->entry);
	free(program->type);
	free(program->bytecode);
	for (size_t i = 0; i < program->n_globals; i++) {
		free(program->globals[i].name);
		free(program->globals[i].value);
	}
	free(program->globals);
	for (size_t i = 0; i < program->n_hooks; i++)
		hook_free_members(&program->hooks[i]);
	free(program->hooks);
	for (size_t i = 0; i < program->n_shares; i++) {
		free(program->shares[i].map);
		free(program->shares[i].from);
	}
	free(program->shares);
	memset(program, 0, sizeof(*program));
}

void config_done(struct config *config)
{
	if (!config)
		return;
	free(config->name);
	labels_done(&config->labels);
	labels_done(&config->node_selector);
	for (size_t i = 0; i < config->n_programs; i++)
		config_program_done(&config->programs[i]);
	free(config->programs);
	for (size_t i = 0; i < config->n_exports; i++) {
		free(config->exports[i].map);
		free(config->exports[i].owner);
		free(config->exports[i].group);
	}
	free(config->exports);
	memset(config, 0, sizeof(*config));
}

char *config_hook_text(const struct config_hook *hook, const char *ifname)
{
	const char *colon = strchr(hook->hook, ':');
	_text_ struct text t = {.data = NULL};

	if (hook->is_primary && colon)
		text_add(&t, "%.*s:%s%s", (int)(colon - hook->hook), hook->hook, ifname, colon + 1);
	else
		text_add(&t, "%s", hook->hook);
	if (hook->netns)
		text_add(&t, "@%s", hook->netns);
	return text_take(&t);
}

char *config_program_name(const struct config *config, size_t i)
{
	const struct config_program *program = &config->programs[i];
	_text_ struct text t = {.data = NULL};

	if (program->name)
		text_add(&t, "%s", program->name);
	else if (config->n_programs == 1)
		text_add(&t, "%s", config->name);
	else
		text_add(&t, "%s-%s", config->name, program->entry ? program->entry : "");
	return text_take(&t);
}
