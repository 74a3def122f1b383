/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields of a BpfProgramConfig and how its two forms become one struct config. */
#include "manifest/spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/attach_point.h"
#include "manifest/cluster/rollout.h"
#include "manifest/cluster/targets.h"
#include "manifest/schema.h"
#include "manifest/source.h"
#include "model/config.h"
#include "model/hook.h"

/**
 * struct spec - a document before it is a config.
 * @one: the program of the talk's form; in the general form what all programs begin with.
 */
struct spec {
	struct config config;
	struct config_program one;
	struct attach_point attach;
	bool has_attach;
	bool has_programs;
	bool stats; /* of every hook that can have them */
};

static void spec_done(struct spec *spec)
{
	config_done(&spec->config);
	config_program_done(&spec->one);
	attach_point_done(&spec->attach);
}

static int decode_globals(const struct decoder *d, const struct field *field,
			  const struct doc_node *node, void *object)
{
	size_t *n = (size_t *)(void *)((char *)object + field->count_offset);
	struct config_global *globals;

	if (node->kind != DOC_MAPPING)
		return documents_fail(d->documents, node, d->why,
				      "globals wants a mapping of names to values, not %s",
				      doc_node_describe(node));
	if (node->n / 2 > CONFIG_GLOBALS_MAX)
		return documents_fail(d->documents, node, d->why, "more than %d globals",
				      CONFIG_GLOBALS_MAX);
	globals = calloc(node->n / 2 + 1, sizeof(*globals));
	if (!globals)
		return -ENOMEM;
	*(struct config_global **)(void *)((char *)object + field->offset) = globals;
	*n = node->n / 2;
	for (size_t i = 0; i < *n; i++) {
		const struct doc_node *key = node->items[2 * i];
		int r = text_set(&globals[i].name, key->text);

		if (r == 0)
			r = schema_get_text(d, node->items[2 * i + 1], key->text,
					    &globals[i].value);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_hook_text(const struct decoder *d, const struct doc_node *node, void *object)
{
	return schema_get_string(d, node, "hooks", &((struct config_hook *)object)->hook);
}

static int check_hook(const void *object, struct reason *why)
{
	return config_hook_check(object, why);
}

static int check_program(const void *object, struct reason *why)
{
	return config_program_check(object, why);
}

static int check_export(const void *object, struct reason *why)
{
	return config_export_check(object, why);
}

static const struct field hook_fields[] = {
	{"hook", schema_string, offsetof(struct config_hook, hook), .is_required = true},
	{"primaryNodeInterface", schema_bool, offsetof(struct config_hook, is_primary)},
	{"priority", schema_u32, offsetof(struct config_hook, priority),
	 .has_offset = offsetof(struct config_hook, has_priority)},
	{"proceedOn", schema_strings, offsetof(struct config_hook, proceed_on),
	 .count_offset = offsetof(struct config_hook, n_proceed_on), .max = CONFIG_VERDICTS_MAX},
	{"mode", schema_string, offsetof(struct config_hook, mode)},
	{"stats", schema_bool, offsetof(struct config_hook, stats)},
	{"netns", schema_string, offsetof(struct config_hook, netns)},
	{"interfaces", schema_object, offsetof(struct config_hook, interfaces),
	 .of = &targets_interfaces, .has_offset = offsetof(struct config_hook, has_interfaces)},
	{"pods", schema_object, offsetof(struct config_hook, pods), .of = &targets_pods,
	 .has_offset = offsetof(struct config_hook, has_pods)},
	{"containers", schema_object, offsetof(struct config_hook, containers),
	 .of = &targets_containers, .has_offset = offsetof(struct config_hook, has_containers)},
	{"container", schema_string, offsetof(struct config_hook, container)},
	{NULL},
};

static const struct schema hook_schema = {
	.where = "hooks[]",
	.size = sizeof(struct config_hook),
	.fields = hook_fields,
	.decode = decode_hook_text,
	.check = check_hook,
};

static const struct field share_fields[] = {
	{"map", schema_string, offsetof(struct config_share, map), .is_required = true},
	{"from", schema_string, offsetof(struct config_share, from), .is_required = true},
	{NULL},
};

static const struct schema share_schema = {
	.where = "shareMaps[]",
	.size = sizeof(struct config_share),
	.fields = share_fields,
};

#define GLOBALS_FIELD(object, member)                                                              \
	{                                                                                          \
		"globals", decode_globals, offsetof(object, member globals),                       \
			.count_offset = offsetof(object, member n_globals)                         \
	}

static const struct field program_fields[] = {
	{"name", schema_string, offsetof(struct config_program, name)},
	{"entry", schema_string, offsetof(struct config_program, entry)},
	{"type", schema_string, offsetof(struct config_program, type)},
	{"bytecode", source_decode, 0},
	{"imagePullPolicy", source_policy, offsetof(struct config_program, pull_policy)},
	{"imagePullSecret", rollout_secret, offsetof(struct config_program, pull_secret)},
	GLOBALS_FIELD(struct config_program, ),
	{"hooks", schema_list, offsetof(struct config_program, hooks), .of = &hook_schema,
	 .count_offset = offsetof(struct config_program, n_hooks), .max = CONFIG_HOOKS_MAX},
	{"shareMaps", schema_list, offsetof(struct config_program, shares), .of = &share_schema,
	 .count_offset = offsetof(struct config_program, n_shares), .max = CONFIG_EXPORTS_MAX},
	{NULL},
};

static const struct schema program_schema = {
	.where = "spec.programs[]",
	.size = sizeof(struct config_program),
	.fields = program_fields,
	.check = check_program,
};

static const struct field export_fields[] = {
	{"owner", schema_text, offsetof(struct config_export, owner)},
	{"group", schema_text, offsetof(struct config_export, group)},
	{"mode", schema_mode, offsetof(struct config_export, mode),
	 .has_offset = offsetof(struct config_export, has_mode)},
	{NULL},
};

static const struct schema export_schema = {
	.where = "spec.maps[].export",
	.fields = export_fields,
};

static const struct field map_fields[] = {
	{"name", schema_string, offsetof(struct config_export, map), .is_required = true},
	{"export", schema_object, 0, .of = &export_schema},
	{"namespaces", schema_strings, offsetof(struct config_export, namespaces.items),
	 .count_offset = offsetof(struct config_export, namespaces.n), .max = TARGET_NAMES_MAX},
	{NULL},
};

static const struct schema map_schema = {
	.where = "spec.maps[]",
	.size = sizeof(struct config_export),
	.fields = map_fields,
	.check = check_export,
};

/* Who names the namespaces of pods need not say how a host exports the map. */
static int decode_maps(const struct decoder *d, const struct field *field,
		       const struct doc_node *node, void *object)
{
	const struct spec *spec = object;
	int r = schema_list(d, field, node, object);

	for (size_t i = 0; r == 0 && i < spec->config.n_exports; i++)
		if (spec->config.exports[i].namespaces.n == 0 &&
		    !doc_node_find(node->items[i], "export"))
			r = documents_fail(d->documents, node->items[i], d->why,
					   "%s has no \"export\"", map_schema.where);
	return r;
}

static const struct field spec_fields[] = {
	{"name", schema_string, offsetof(struct spec, one.entry)},
	{"type", schema_string, offsetof(struct spec, one.type)},
	{"nodeSelector", targets_selector, offsetof(struct spec, config.node_selector)},
	{"attachpoint", schema_object, offsetof(struct spec, attach), .of = &attach_point_schema,
	 .has_offset = offsetof(struct spec, has_attach)},
	{"bytecode", source_decode, offsetof(struct spec, one)},
	{"imagePullPolicy", source_policy, offsetof(struct spec, one.pull_policy)},
	{"imagePullSecret", rollout_secret, offsetof(struct spec, one.pull_secret)},
	GLOBALS_FIELD(struct spec, one.),
	{"programs", schema_list, offsetof(struct spec, config.programs), .of = &program_schema,
	 .count_offset = offsetof(struct spec, config.n_programs), .max = CONFIG_PROGRAMS_MAX,
	 .has_offset = offsetof(struct spec, has_programs)},
	{"stats", schema_bool, offsetof(struct spec, stats)},
	{"rollout", schema_object, offsetof(struct spec, config.rollout), .of = &rollout_schema,
	 .has_offset = offsetof(struct spec, config.has_rollout)},
	{"maps", decode_maps, offsetof(struct spec, config.exports), .of = &map_schema,
	 .count_offset = offsetof(struct spec, config.n_exports), .max = CONFIG_EXPORTS_MAX},
	{NULL},
};

static const struct schema spec_schema = {.where = "spec", .fields = spec_fields};

/* What an API server adds says nothing to a host. */
static const struct field metadata_fields[] = {
	{"name", schema_string, offsetof(struct spec, config.name), .is_required = true},
	{"labels", schema_labels, offsetof(struct spec, config.labels)},
	{"namespace", schema_ignore, 0},
	{"annotations", schema_ignore, 0},
	{"creationTimestamp", schema_ignore, 0},
	{"deletionGracePeriodSeconds", schema_ignore, 0},
	{"deletionTimestamp", schema_ignore, 0},
	{"finalizers", schema_ignore, 0},
	{"generateName", schema_ignore, 0},
	{"generation", schema_ignore, 0},
	{"managedFields", schema_ignore, 0},
	{"ownerReferences", schema_ignore, 0},
	{"resourceVersion", schema_ignore, 0},
	{"selfLink", schema_ignore, 0},
	{"uid", schema_ignore, 0},
	{NULL},
};

static const struct schema metadata_schema = {.where = "metadata", .fields = metadata_fields};

static const struct field document_fields[] = {
	{"apiVersion", schema_ignore, 0, .is_required = true},
	{"kind", schema_ignore, 0, .is_required = true},
	{"metadata", schema_object, 0, .of = &metadata_schema, .is_required = true},
	{"spec", schema_object, 0, .of = &spec_schema, .is_required = true},
	{"status", schema_ignore, 0},
	{NULL},
};

static const struct schema document_schema = {
	.where = "BpfProgramConfig",
	.fields = document_fields,
};

static int set_default(char **dst, const char *value)
{
	return *dst ? 0 : text_set(dst, value);
}

static int default_secret(struct config_secret *dst, const struct config_secret *secret)
{
	if (dst->name)
		return 0;
	return text_set(&dst->name, secret->name) < 0
		       ? -ENOMEM
		       : text_set(&dst->namespace, secret->namespace);
}

/* Add the globals of all programs that this one does not set itself. */
static int default_globals(struct config_program *program, const struct config_program *all)
{
	struct config_global *globals;
	size_t own = program->n_globals;

	globals = realloc(program->globals, (own + all->n_globals + 1) * sizeof(*globals));
	if (!globals)
		return -ENOMEM;
	program->globals = globals;
	for (size_t i = 0; i < all->n_globals; i++) {
		struct config_global copy = {.name = NULL};
		bool is_set = false;

		for (size_t j = 0; j < own && !is_set; j++)
			is_set = strcmp(globals[j].name, all->globals[i].name) == 0;
		if (is_set)
			continue;
		if (text_set(&copy.name, all->globals[i].name) < 0 ||
		    text_set(&copy.value, all->globals[i].value) < 0) {
			free(copy.name);
			return -ENOMEM;
		}
		globals[program->n_globals++] = copy;
	}
	return 0;
}

static int finish_general(const struct decoder *d, const struct doc_node *at, struct spec *spec)
{
	if (spec->one.entry || spec->has_attach)
		return documents_fail(
			d->documents, at, d->why, "spec has programs: write its %s into them",
			spec->one.entry ? "name (as entry)" : "attachpoint (as hooks)");
	for (size_t i = 0; i < spec->config.n_programs; i++) {
		struct config_program *program = &spec->config.programs[i];

		if (set_default(&program->bytecode, spec->one.bytecode) < 0 ||
		    set_default(&program->pull_policy, spec->one.pull_policy) < 0 ||
		    set_default(&program->type, spec->one.type) < 0 ||
		    default_secret(&program->pull_secret, &spec->one.pull_secret) < 0 ||
		    default_globals(program, &spec->one) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int fail_inner(const struct decoder *d, const struct doc_node *at, int r,
		      const struct reason *inner)
{
	if (r == -ENOMEM)
		return r;
	documents_fail(d->documents, at, d->why, "%s", inner->text);
	if (inner->hint[0])
		reason_hint(d->why, "%s", inner->hint);
	return r;
}

static int finish_single(const struct decoder *d, const struct doc_node *at, struct spec *spec)
{
	_reason_ struct reason inner = {.code = 0};
	const struct doc_node *attach = doc_node_find(at, "attachpoint");
	int r;

	if (!spec->has_attach)
		return documents_fail(d->documents, at, d->why,
				      "spec has neither attachpoint nor programs: where shall the "
				      "program go?");
	r = attach_point_hooks(&spec->attach, &spec->one, &inner);
	if (r < 0)
		return fail_inner(d, attach ? attach : at, r, &inner);
	spec->config.programs = calloc(1, sizeof(spec->one));
	if (!spec->config.programs)
		return -ENOMEM;
	spec->config.n_programs = 1;
	spec->config.programs[0] = spec->one;
	memset(&spec->one, 0, sizeof(spec->one));
	return 0;
}

static bool is_chained(const char *hook)
{
	size_t len = strcspn(hook, ":@");
	_free_ char *name = strndup(hook, len);
	enum hook_kind kind = name ? hook_kind_parse(name) : HOOK_KIND_UNKNOWN;

	return kind != HOOK_KIND_UNKNOWN && hook_kind_info(kind)->shape & HOOK_IS_CHAINED;
}

/* For a whole config: every hook that can have them. */
static void default_stats(struct config *config)
{
	for (size_t i = 0; i < config->n_programs; i++)
		for (size_t k = 0; k < config->programs[i].n_hooks; k++)
			if (is_chained(config->programs[i].hooks[k].hook))
				config->programs[i].hooks[k].stats = true;
}

int spec_decode(const struct decoder *d, const struct doc_node *document, struct config *ret)
{
	_cleanup_(spec_done) struct spec spec = {.has_attach = false};
	_reason_ struct reason inner = {.code = 0};
	const struct doc_node *at;
	int r = schema_decode(d, &document_schema, document, &spec);

	if (r < 0)
		return r;
	at = doc_node_find(document, "spec");
	r = spec.has_programs ? finish_general(d, at, &spec) : finish_single(d, at, &spec);
	if (r < 0)
		return r;
	if (spec.stats)
		default_stats(&spec.config);
	r = config_check(&spec.config, &inner);
	if (r < 0)
		return fail_inner(d, at, r, &inner);
	*ret = spec.config;
	memset(&spec.config, 0, sizeof(spec.config));
	return 0;
}
