/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the correspondence of struct config and its message, field by field. */
#include "wire/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/config.h"
#include "wire/check.h"

/* Messages never change the strings that they borrow. */
static char *lend(const char *s)
{
	return s ? (char *)(uintptr_t)s : (char *)(uintptr_t)protobuf_c_empty_string;
}

/* Memory for n messages and the array of pointers to them; *ret is NULL when n is 0. */
static int alloc_messages(struct wire_arena *arena, size_t n, size_t size, void *ret)
{
	void **array;
	char *messages;

	if (n == 0)
		return 0;
	array = wire_arena_alloc(arena, n, sizeof(*array));
	messages = wire_arena_alloc(arena, n, size);
	if (!array || !messages)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		array[i] = messages + i * size;
	memcpy(ret, &array, sizeof(array));
	return 0;
}

int wire_labels_encode(const struct labels *labels, struct wire_arena *arena, size_t *ret_n,
		       Bpfd__V1__Label ***ret)
{
	Bpfd__V1__Label **messages = NULL;
	int r = alloc_messages(arena, labels->n, sizeof(**messages), &messages);

	if (r < 0)
		return r;
	for (size_t i = 0; i < labels->n; i++) {
		bpfd__v1__label__init(messages[i]);
		messages[i]->key = lend(labels->items[i].key);
		messages[i]->value = lend(labels->items[i].value);
	}
	*ret_n = labels->n;
	*ret = messages;
	return 0;
}

int wire_labels_decode(Bpfd__V1__Label *const *messages, size_t n, struct labels *ret,
		       struct reason *why)
{
	struct labels labels = {0};
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = labels_set(&labels, messages[i]->key, messages[i]->value, why);
	if (r < 0) {
		labels_done(&labels);
		return r;
	}
	*ret = labels;
	return 0;
}

static int encode_strings(const struct strings *strings, struct wire_arena *arena, size_t *ret_n,
			  char ***ret)
{
	if (strings->n == 0)
		return 0;
	*ret = wire_arena_alloc(arena, strings->n, sizeof(char *));
	if (!*ret)
		return -ENOMEM;
	*ret_n = strings->n;
	memcpy(*ret, strings->items, strings->n * sizeof(char *));
	return 0;
}

static int encode_interfaces(const struct target_interfaces *from, struct wire_arena *arena,
			     Bpfd__V1__ConfigHook *m)
{
	int r = encode_strings(&from->names, arena, &m->n_interfaces, &m->interfaces);

	if (r == 0)
		r = encode_strings(&from->patterns, arena, &m->n_patterns, &m->patterns);
	return r < 0 ? r : encode_strings(&from->exclude, arena, &m->n_exclude, &m->exclude);
}

static int encode_hook(const struct config_hook *hook, struct wire_arena *arena,
		       Bpfd__V1__ConfigHook *m)
{
	struct strings verdicts = {.items = hook->proceed_on, .n = hook->n_proceed_on};
	int r;

	bpfd__v1__config_hook__init(m);
	m->hook = lend(hook->hook);
	m->primary_node_interface = hook->is_primary;
	if (hook->has_priority) {
		m->has_priority_case = BPFD__V1__CONFIG_HOOK__HAS_PRIORITY_PRIORITY;
		m->priority = hook->priority;
	}
	m->mode = lend(hook->mode);
	m->stats = hook->stats;
	m->netns = lend(hook->netns);
	m->container = lend(hook->container);
	m->needs_agent = hook->has_pods || hook->has_containers;
	r = encode_interfaces(&hook->interfaces, arena, m);
	return r < 0 ? r : encode_strings(&verdicts, arena, &m->n_proceed_on, &m->proceed_on);
}

static int encode_globals(const struct config_program *program, struct wire_arena *arena,
			  Bpfd__V1__ConfigProgram *m)
{
	int r = alloc_messages(arena, program->n_globals, sizeof(**m->globals), &m->globals);

	if (r < 0)
		return r;
	m->n_globals = program->n_globals;
	for (size_t i = 0; i < program->n_globals; i++) {
		bpfd__v1__global__init(m->globals[i]);
		m->globals[i]->name = lend(program->globals[i].name);
		m->globals[i]->value = lend(program->globals[i].value);
	}
	return 0;
}

static int encode_shares(const struct config_program *program, struct wire_arena *arena,
			 Bpfd__V1__ConfigProgram *m)
{
	int r = alloc_messages(arena, program->n_shares, sizeof(**m->map_shares), &m->map_shares);

	if (r < 0)
		return r;
	m->n_map_shares = program->n_shares;
	for (size_t i = 0; i < program->n_shares; i++) {
		bpfd__v1__map_share__init(m->map_shares[i]);
		m->map_shares[i]->map = lend(program->shares[i].map);
		m->map_shares[i]->from = lend(program->shares[i].from);
	}
	return 0;
}

static int encode_program(const struct config_program *program, struct wire_arena *arena,
			  Bpfd__V1__ConfigProgram *m)
{
	int r;

	bpfd__v1__config_program__init(m);
	m->name = lend(program->name);
	m->entry = lend(program->entry);
	m->type = lend(program->type);
	m->bytecode = lend(program->bytecode);
	m->pull_policy = lend(program->pull_policy);
	r = encode_globals(program, arena, m);
	if (r == 0)
		r = encode_shares(program, arena, m);
	if (r == 0)
		r = alloc_messages(arena, program->n_hooks, sizeof(**m->hooks), &m->hooks);
	if (r < 0)
		return r;
	m->n_hooks = program->n_hooks;
	for (size_t i = 0; i < program->n_hooks && r == 0; i++)
		r = encode_hook(&program->hooks[i], arena, m->hooks[i]);
	return r;
}

static int encode_selector(const struct selector *selector, struct wire_arena *arena,
			   Bpfd__V1__Config *m)
{
	int r = wire_labels_encode(&selector->match, arena, &m->n_node_selector, &m->node_selector);

	if (r == 0)
		r = alloc_messages(arena, selector->n, sizeof(**m->node_expressions),
				   &m->node_expressions);
	if (r < 0)
		return r;
	m->n_node_expressions = selector->n;
	for (size_t i = 0; i < selector->n && r == 0; i++) {
		Bpfd__V1__LabelRequirement *to = m->node_expressions[i];
		const struct selector_requirement *from = &selector->items[i];

		bpfd__v1__label_requirement__init(to);
		to->key = lend(from->key);
		to->operator_ = lend(selector_operator_name(from->operator));
		r = encode_strings(&from->values, arena, &to->n_values, &to->values);
	}
	return r;
}

static int encode_exports(const struct config *config, struct wire_arena *arena,
			  Bpfd__V1__Config *m)
{
	int r = alloc_messages(arena, config->n_exports, sizeof(**m->exports), &m->exports);

	if (r < 0)
		return r;
	m->n_exports = config->n_exports;
	for (size_t i = 0; i < config->n_exports; i++) {
		const struct config_export *from = &config->exports[i];
		Bpfd__V1__MapExport *to = m->exports[i];

		bpfd__v1__map_export__init(to);
		to->map = lend(from->map);
		to->owner = lend(from->owner);
		to->group = lend(from->group);
		if (from->has_mode) {
			to->has_mode_case = BPFD__V1__MAP_EXPORT__HAS_MODE_MODE;
			to->mode = from->mode;
		}
	}
	return 0;
}

int wire_config_encode(const struct config *config, struct wire_arena *arena,
		       Bpfd__V1__Config **ret)
{
	Bpfd__V1__Config *m = wire_arena_alloc(arena, 1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	bpfd__v1__config__init(m);
	m->name = lend(config->name);
	m->owner_uid = config->owner;
	m->applied_at = config->applied_at;
	m->generation = config->generation;
	r = wire_labels_encode(&config->labels, arena, &m->n_labels, &m->labels);
	if (r == 0)
		r = encode_selector(&config->node_selector, arena, m);
	if (r == 0)
		r = encode_exports(config, arena, m);
	if (r == 0)
		r = alloc_messages(arena, config->n_programs, sizeof(**m->programs), &m->programs);
	if (r < 0)
		return r;
	m->n_programs = config->n_programs;
	for (size_t i = 0; i < config->n_programs && r == 0; i++)
		r = encode_program(&config->programs[i], arena, m->programs[i]);
	if (r == 0)
		*ret = m;
	return r;
}

/* Copy; "" becomes NULL. */
static int keep(char **dst, const char *s)
{
	return text_set(dst, *s ? s : NULL);
}

/* Zeroed array and its count, so that a half-built object can be freed. */
static int alloc_array(size_t n, size_t size, void *ret_array, size_t *ret_n)
{
	void *array = n ? calloc(n, size) : NULL;

	if (n && !array)
		return -ENOMEM;
	memcpy(ret_array, &array, sizeof(array));
	*ret_n = n;
	return 0;
}

static int decode_strings(char *const *items, size_t n, struct strings *ret)
{
	int r = alloc_array(n, sizeof(char *), &ret->items, &ret->n);

	for (size_t i = 0; i < n && r == 0; i++)
		r = text_set(&ret->items[i], items[i]);
	return r;
}

static int decode_requirement(const Bpfd__V1__LabelRequirement *m, struct selector_requirement *ret)
{
	int r = text_set(&ret->key, m->key);

	ret->operator= selector_operator_parse(m->operator_);
	return r < 0 ? r : decode_strings(m->values, m->n_values, &ret->values);
}

static int decode_selector(const Bpfd__V1__Config *m, struct selector *ret, struct reason *why)
{
	int r = wire_labels_decode(m->node_selector, m->n_node_selector, &ret->match, why);

	if (r == 0)
		r = alloc_array(m->n_node_expressions, sizeof(*ret->items), &ret->items, &ret->n);
	for (size_t i = 0; i < m->n_node_expressions && r == 0; i++)
		r = decode_requirement(m->node_expressions[i], &ret->items[i]);
	return r;
}

static int decode_interfaces(const Bpfd__V1__ConfigHook *m, struct config_hook *hook)
{
	struct target_interfaces *to = &hook->interfaces;
	int r = decode_strings(m->interfaces, m->n_interfaces, &to->names);

	hook->has_interfaces = m->n_interfaces || m->n_patterns || m->n_exclude;
	if (r == 0)
		r = decode_strings(m->patterns, m->n_patterns, &to->patterns);
	return r < 0 ? r : decode_strings(m->exclude, m->n_exclude, &to->exclude);
}

static int refuse_targets(const Bpfd__V1__ConfigHook *m, struct reason *why)
{
	int r = fail(
		why, -EINVAL,
		"hook \"%.256s\" is for pods or containers by their labels: it needs bpfd-agent",
		m->hook);

	reason_hint(why, "apply it to the cluster with kubectl; on a host write container: ID");
	return r;
}

static int decode_hook(const Bpfd__V1__ConfigHook *m, struct config_hook *hook)
{
	struct strings verdicts = {.n = 0};
	int r = decode_strings(m->proceed_on, m->n_proceed_on, &verdicts);

	hook->proceed_on = verdicts.items;
	hook->n_proceed_on = verdicts.n;
	if (r == 0)
		r = text_set(&hook->hook, m->hook);
	if (r == 0)
		r = keep(&hook->mode, m->mode);
	if (r == 0)
		r = keep(&hook->netns, m->netns);
	if (r == 0)
		r = keep(&hook->container, m->container);
	if (r == 0)
		r = decode_interfaces(m, hook);
	hook->is_primary = m->primary_node_interface;
	hook->stats = m->stats;
	hook->has_priority = m->has_priority_case == BPFD__V1__CONFIG_HOOK__HAS_PRIORITY_PRIORITY;
	hook->priority = hook->has_priority ? m->priority : 0;
	return r;
}

static int decode_globals(const Bpfd__V1__ConfigProgram *m, struct config_program *program)
{
	int r = alloc_array(m->n_globals, sizeof(*program->globals), &program->globals,
			    &program->n_globals);

	for (size_t i = 0; i < m->n_globals && r == 0; i++) {
		r = text_set(&program->globals[i].name, m->globals[i]->name);
		if (r == 0)
			r = text_set(&program->globals[i].value, m->globals[i]->value);
	}
	return r;
}

static int decode_shares(const Bpfd__V1__ConfigProgram *m, struct config_program *program)
{
	int r = alloc_array(m->n_map_shares, sizeof(*program->shares), &program->shares,
			    &program->n_shares);

	for (size_t i = 0; i < m->n_map_shares && r == 0; i++) {
		r = text_set(&program->shares[i].map, m->map_shares[i]->map);
		if (r == 0)
			r = text_set(&program->shares[i].from, m->map_shares[i]->from);
	}
	return r;
}

static int decode_program(const Bpfd__V1__ConfigProgram *m, struct config_program *program,
			  struct reason *why)
{
	int r = keep(&program->name, m->name);

	if (r == 0)
		r = keep(&program->entry, m->entry);
	if (r == 0)
		r = keep(&program->type, m->type);
	if (r == 0)
		r = text_set(&program->bytecode, m->bytecode);
	if (r == 0)
		r = keep(&program->pull_policy, m->pull_policy);
	if (r == 0)
		r = decode_globals(m, program);
	if (r == 0)
		r = decode_shares(m, program);
	if (r == 0)
		r = alloc_array(m->n_hooks, sizeof(*program->hooks), &program->hooks,
				&program->n_hooks);
	for (size_t i = 0; i < m->n_hooks && r == 0; i++)
		r = m->hooks[i]->needs_agent ? refuse_targets(m->hooks[i], why)
					     : decode_hook(m->hooks[i], &program->hooks[i]);
	return r;
}

static int decode_export(const Bpfd__V1__MapExport *m, struct config_export *export)
{
	int r = text_set(&export->map, m->map);

	if (r == 0)
		r = keep(&export->owner, m->owner);
	if (r == 0)
		r = keep(&export->group, m->group);
	export->has_mode = m->has_mode_case == BPFD__V1__MAP_EXPORT__HAS_MODE_MODE;
	export->mode = export->has_mode ? m->mode : 0;
	return r;
}

static int decode_config(const Bpfd__V1__Config *m, struct config *config, struct reason *why)
{
	int r = text_set(&config->name, m->name);

	if (r == 0)
		r = wire_labels_decode(m->labels, m->n_labels, &config->labels, why);
	if (r == 0)
		r = decode_selector(m, &config->node_selector, why);
	if (r == 0)
		r = alloc_array(m->n_exports, sizeof(*config->exports), &config->exports,
				&config->n_exports);
	for (size_t i = 0; i < m->n_exports && r == 0; i++)
		r = decode_export(m->exports[i], &config->exports[i]);
	if (r == 0)
		r = alloc_array(m->n_programs, sizeof(*config->programs), &config->programs,
				&config->n_programs);
	for (size_t i = 0; i < m->n_programs && r == 0; i++)
		r = decode_program(m->programs[i], &config->programs[i], why);
	return r;
}

int wire_config_decode(const Bpfd__V1__Config *message, struct config *ret, struct reason *why)
{
	struct config config = {.owner = message->owner_uid,
				.applied_at = message->applied_at,
				.generation = message->generation};
	int r = decode_config(message, &config, why);

	if (r < 0) {
		config_done(&config);
		return fail(why, r, "config %s: out of memory", message->name);
	}
	*ret = config;
	return 0;
}
