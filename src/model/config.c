/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of a config, its derived texts, and all that can be checked of it without a
 * kernel. */
#include "model/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/bytecode.h"
#include "model/hook.h"
#include "model/program.h"

void config_secret_done(struct config_secret *secret)
{
	free(secret->name);
	free(secret->namespace);
	memset(secret, 0, sizeof(*secret));
}

void config_program_done(struct config_program *program)
{
	free(program->name);
	free(program->entry);
	free(program->type);
	free(program->bytecode);
	free(program->pull_policy);
	config_secret_done(&program->pull_secret);
	for (size_t i = 0; i < program->n_globals; i++) {
		free(program->globals[i].name);
		free(program->globals[i].value);
	}
	free(program->globals);
	for (size_t i = 0; i < program->n_hooks; i++)
		config_hook_done(&program->hooks[i]);
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
	selector_done(&config->node_selector);
	for (size_t i = 0; i < config->n_programs; i++)
		config_program_done(&config->programs[i]);
	free(config->programs);
	for (size_t i = 0; i < config->n_exports; i++) {
		free(config->exports[i].map);
		free(config->exports[i].owner);
		free(config->exports[i].group);
		strings_done(&config->exports[i].namespaces);
	}
	free(config->exports);
	config_rollout_done(&config->rollout);
	memset(config, 0, sizeof(*config));
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

#define ENTRY_MAX	 255
#define SYMBOL_MAX	 255
#define ACCOUNT_MAX	 255
#define EXPORT_MODE_MASK 0666u

/* A map or variable of an object: a C symbol, or an internal one as ".rodata". */
static int check_symbol(const char *what, const char *s, struct reason *why)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_.$";

	if (!s || !*s || !text_is_clean(s, SYMBOL_MAX))
		return fail(why, -EINVAL, "%s has no name, or one that is no text", what);
	if (strspn(s, allowed) != strlen(s))
		return fail(why, -EINVAL, "%s \"%s\": that is not a name in a program", what, s);
	return 0;
}

static int check_hooks(const struct config_program *program, struct reason *why)
{
	enum hook_kind type = HOOK_KIND_UNKNOWN;

	if (program->type) {
		if (!text_is_clean(program->type, SYMBOL_MAX))
			return fail(why, -EINVAL, "the type of a program is no text");
		type = hook_kind_parse(program->type);
		if (type == HOOK_KIND_UNKNOWN)
			return fail(
				why, -EINVAL,
				"no type of program \"%.64s\": write the kind of hook, as xdp, tc "
				"or tracepoint",
				program->type);
	}
	if (program->n_hooks > CONFIG_HOOKS_MAX)
		return fail(why, -E2BIG, "more than %d hooks for one program", CONFIG_HOOKS_MAX);
	for (size_t i = 0; i < program->n_hooks; i++) {
		enum hook_kind kind;
		int r = config_hook_check_kind(&program->hooks[i], &kind, why);

		if (r < 0)
			return r;
		if (type != HOOK_KIND_UNKNOWN && !hook_kind_fits(type, kind))
			return fail(why, -EINVAL,
				    "a program of type %s cannot be on hook \"%.256s\"",
				    hook_kind_info(type)->name, program->hooks[i].hook);
	}
	return 0;
}

static int check_globals(const struct config_program *program, struct reason *why)
{
	if (program->n_globals > CONFIG_GLOBALS_MAX)
		return fail(why, -E2BIG, "more than %d globals", CONFIG_GLOBALS_MAX);
	for (size_t i = 0; i < program->n_globals; i++) {
		const struct config_global *global = &program->globals[i];
		int r = check_symbol("global", global->name, why);

		if (r < 0)
			return r;
		if (!global->value || !text_is_clean_multiline(global->value, CONFIG_VALUE_MAX))
			return fail(why, -EINVAL,
				    "global \"%s\": no value, too long, or control characters",
				    global->name);
		for (size_t j = 0; j < i; j++)
			if (strcmp(program->globals[j].name, global->name) == 0)
				return fail(why, -EINVAL, "global \"%s\" is given twice",
					    global->name);
	}
	return 0;
}

static int check_shares(const struct config_program *program, struct reason *why)
{
	if (program->n_shares > CONFIG_EXPORTS_MAX)
		return fail(why, -E2BIG, "more than %d shared maps", CONFIG_EXPORTS_MAX);
	for (size_t i = 0; i < program->n_shares; i++) {
		const struct config_share *share = &program->shares[i];
		int r = check_symbol("shared map", share->map, why);

		if (r < 0)
			return r;
		if (!share->from || !text_is_name(share->from, CONFIG_NAME_MAX))
			return fail(why, -EINVAL,
				    "shared map \"%s\" does not say from which program",
				    share->map);
		for (size_t j = 0; j < i; j++)
			if (strcmp(program->shares[j].map, share->map) == 0)
				return fail(why, -EINVAL, "shared map \"%s\" is given twice",
					    share->map);
	}
	return 0;
}

int config_secret_check(const struct config_secret *secret, struct reason *why)
{
	if (secret->namespace && !secret->name)
		return fail(why, -EINVAL, "imagePullSecret has a namespace and no name");
	if ((secret->name && !text_is_name(secret->name, CONFIG_NAME_MAX)) ||
	    (secret->namespace && !text_is_name(secret->namespace, CONFIG_NAME_MAX)))
		return fail(why, -EINVAL, "imagePullSecret: name or namespace is not a name");
	return 0;
}

int config_program_check(const struct config_program *program, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode bytecode = {.url = NULL};
	int r = 0;

	if (program->name && !text_is_name(program->name, PROGRAM_NAME_MAX))
		return fail(
			why, -EINVAL,
			"name of a program: 1 to %d letters, digits, '.', '_', '-', first a letter "
			"or digit",
			PROGRAM_NAME_MAX);
	if (program->entry && (!*program->entry || !text_is_clean(program->entry, ENTRY_MAX)))
		return fail(why, -EINVAL,
			    "entry of a program: a function or section of 1 to %d characters",
			    ENTRY_MAX);
	if (program->bytecode)
		r = bytecode_parse(program->bytecode, &bytecode, why);
	if (r == 0)
		r = config_secret_check(&program->pull_secret, why);
	if (r == 0)
		r = check_hooks(program, why);
	if (r == 0)
		r = check_globals(program, why);
	return r < 0 ? r : check_shares(program, why);
}

static int check_account(const struct config_export *export, const char *account,
			 struct reason *why)
{
	if (!account)
		return 0;
	if (*account && text_is_clean(account, ACCOUNT_MAX) && !strpbrk(account, " :/"))
		return 0;
	return fail(why, -EINVAL, "map \"%s\": owner and group are names or numbers", export->map);
}

int config_export_check(const struct config_export *export, struct reason *why)
{
	int r = check_symbol("map", export->map, why);

	if (r == 0)
		r = check_account(export, export->owner, why);
	if (r == 0)
		r = check_account(export, export->group, why);
	if (r == 0 && export->has_mode && (export->mode & ~EXPORT_MODE_MASK))
		return fail(why, -EINVAL, "map \"%s\": mode 0%o; at most 0666 is possible",
			    export->map, export->mode);
	if (r == 0)
		r = target_namespaces_check(&export->namespaces, true, why);
	return r;
}

static int check_program_of(const struct config *config, size_t i, struct reason *why)
{
	const struct config_program *program = &config->programs[i];
	_free_ char *name = NULL;
	int r = config_program_check(program, why);

	if (r < 0)
		return r;
	if (!program->bytecode)
		return fail(why, -EINVAL, "program %zu has no bytecode", i + 1);
	if (!program->name && !program->entry && config->n_programs > 1)
		return fail(why, -EINVAL, "program %zu has neither name nor entry", i + 1);
	name = config_program_name(config, i);
	if (!name)
		return fail(why, -ENOMEM, "out of memory");
	if (!text_is_name(name, PROGRAM_NAME_MAX))
		return fail(why, -EINVAL,
			    "program %zu would get the name \"%.300s\": give it a name of 1 to %d "
			    "letters, digits, '.', '_', '-'",
			    i + 1, name, PROGRAM_NAME_MAX);
	for (size_t j = 0; j < i; j++) {
		_free_ char *other = config_program_name(config, j);

		if (!other)
			return fail(why, -ENOMEM, "out of memory");
		if (strcmp(name, other) == 0)
			return fail(why, -EINVAL, "two programs have the name \"%s\"", name);
	}
	return 0;
}

static int check_labels(const struct labels *labels, struct reason *why)
{
	_cleanup_(labels_done) struct labels copy = {.n = 0};

	for (size_t i = 0; i < labels->n; i++) {
		int r = labels_set(&copy, labels->items[i].key, labels->items[i].value, why);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_exports(const struct config *config, struct reason *why)
{
	if (config->n_exports > CONFIG_EXPORTS_MAX)
		return fail(why, -E2BIG, "more than %d exported maps", CONFIG_EXPORTS_MAX);
	for (size_t i = 0; i < config->n_exports; i++) {
		int r = config_export_check(&config->exports[i], why);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (strcmp(config->exports[j].map, config->exports[i].map) == 0)
				return fail(why, -EINVAL, "map \"%s\" is exported twice",
					    config->exports[i].map);
	}
	return 0;
}

int config_check(const struct config *config, struct reason *why)
{
	int r = check_labels(&config->labels, why);

	if (!config->name || !text_is_name(config->name, CONFIG_NAME_MAX))
		return fail(
			why, -EINVAL,
			"name of a config: 1 to %d letters, digits, '.', '_', '-', first a letter "
			"or digit",
			CONFIG_NAME_MAX);
	if (r == 0)
		r = selector_check(&config->node_selector, why);
	if (r < 0)
		return r;
	if (config->n_programs == 0 || config->n_programs > CONFIG_PROGRAMS_MAX)
		return fail(why, config->n_programs ? -E2BIG : -EINVAL,
			    "config \"%s\" has %zu programs; 1 to %d are possible", config->name,
			    config->n_programs, CONFIG_PROGRAMS_MAX);
	for (size_t i = 0; i < config->n_programs; i++) {
		r = check_program_of(config, i, why);
		if (r < 0) {
			reason_prefix(why, "config \"%s\"", config->name);
			return r;
		}
	}
	if (config->has_rollout)
		r = config_rollout_check(&config->rollout, why);
	return r < 0 ? r : check_exports(config, why);
}
