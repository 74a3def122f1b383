/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields of attachpoint and how they become hook texts. */
#include "manifest/attach_point.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/cluster/targets.h"
#include "manifest/schema.h"
#include "model/config.h"
#include "model/hook.h"

static void strings_free(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

void attach_point_done(struct attach_point *at)
{
	free(at->network.interface);
	strings_free(at->network.interfaces, at->network.n_interfaces);
	strings_done(&at->network.patterns);
	strings_done(&at->network.exclude);
	target_pods_done(&at->network.pods);
	free(at->network.direction);
	strings_free(at->network.proceed_on, at->network.n_proceed_on);
	free(at->single_name);
	memset(at, 0, sizeof(*at));
}

static int check_selector(const void *object, struct reason *why)
{
	const struct attach_network *network = object;

	bool has_list = network->n_interfaces > 0 || network->patterns.n > 0;

	if (network->is_primary + !!network->interface + has_list + network->has_pods != 1)
		return fail(why, -EINVAL,
			    "interfaceselector wants exactly one of primarynodeinterface: true, "
			    "interface, interfaces (or patterns) and pods");
	if (network->exclude.n > 0 && !has_list)
		return fail(why, -EINVAL,
			    "interfaceselector: exclude is for interfaces and patterns");
	return 0;
}

static const struct field selector_fields[] = {
	{"primarynodeinterface", schema_bool, offsetof(struct attach_network, is_primary)},
	{"interface", schema_string, offsetof(struct attach_network, interface)},
	{"interfaces", schema_strings, offsetof(struct attach_network, interfaces),
	 .count_offset = offsetof(struct attach_network, n_interfaces), .max = CONFIG_HOOKS_MAX},
	{"patterns", schema_strings, offsetof(struct attach_network, patterns.items),
	 .count_offset = offsetof(struct attach_network, patterns.n), .max = TARGET_NAMES_MAX},
	{"exclude", schema_strings, offsetof(struct attach_network, exclude.items),
	 .count_offset = offsetof(struct attach_network, exclude.n), .max = TARGET_NAMES_MAX},
	{"pods", schema_object, offsetof(struct attach_network, pods), .of = &targets_pods,
	 .has_offset = offsetof(struct attach_network, has_pods)},
	{NULL},
};

static const struct schema selector_schema = {
	.where = "interfaceselector",
	.fields = selector_fields,
	.check = check_selector,
};

static const struct field network_fields[] = {
	{"interfaceselector", schema_object, 0, .of = &selector_schema, .is_required = true},
	{"priority", schema_u32, offsetof(struct attach_network, priority),
	 .has_offset = offsetof(struct attach_network, has_priority)},
	{"direction", schema_string, offsetof(struct attach_network, direction)},
	{"proceedon", schema_strings, offsetof(struct attach_network, proceed_on),
	 .count_offset = offsetof(struct attach_network, n_proceed_on), .max = CONFIG_VERDICTS_MAX},
	{NULL},
};

static const struct schema network_schema = {
	.where = "networkmultiattach",
	.fields = network_fields,
};

static const struct field single_fields[] = {
	{"name", schema_string, offsetof(struct attach_point, single_name), .is_required = true},
	{NULL},
};

static const struct schema single_schema = {
	.where = "singleattach",
	.fields = single_fields,
};

static int check_attach_point(const void *object, struct reason *why)
{
	const struct attach_point *at = object;

	if (at->has_network + !!at->single_name == 1)
		return 0;
	return fail(why, -EINVAL,
		    "attachpoint wants exactly one of networkmultiattach and singleattach");
}

static const struct field attach_fields[] = {
	{"networkmultiattach", schema_object, offsetof(struct attach_point, network),
	 .of = &network_schema, .has_offset = offsetof(struct attach_point, has_network)},
	{"singleattach", schema_object, 0, .of = &single_schema},
	{NULL},
};

const struct schema attach_point_schema = {
	.where = "attachpoint",
	.fields = attach_fields,
	.check = check_attach_point,
};

/* What follows the interface in the hook's text. */
static int get_direction(const struct attach_network *network, const struct hook_kind_info *kind,
			 const char **ret, struct reason *why)
{
	const char *direction = network->direction ? network->direction : "NONE";
	bool is_ingress = strcasecmp(direction, "INGRESS") == 0;

	if (!is_ingress && strcasecmp(direction, "EGRESS") != 0 &&
	    strcasecmp(direction, "NONE") != 0)
		return fail(why, -EINVAL, "direction \"%.32s\" is none of INGRESS, EGRESS, NONE",
			    direction);
	if (kind->shape & HOOK_HAS_DIRECTION) {
		if (strcasecmp(direction, "NONE") == 0)
			return fail(why, -EINVAL, "type %s wants a direction: INGRESS or EGRESS",
				    kind->name);
		*ret = is_ingress ? "/ingress" : "/egress";
		return 0;
	}
	if (strcasecmp(direction, "EGRESS") == 0)
		return fail(why, -EINVAL, "type %s has no egress", kind->name);
	*ret = "";
	return 0;
}

static int copy_proceed_on(const struct attach_network *network, struct config_hook *hook)
{
	hook->proceed_on = calloc(network->n_proceed_on + 1, sizeof(*hook->proceed_on));
	if (!hook->proceed_on)
		return -ENOMEM;
	for (size_t i = 0; i < network->n_proceed_on; i++) {
		hook->proceed_on[i] = strdup(network->proceed_on[i]);
		if (!hook->proceed_on[i])
			return -ENOMEM;
		hook->n_proceed_on++;
	}
	return 0;
}

static bool is_open(const struct attach_network *network)
{
	return network->patterns.n > 0 || network->exclude.n > 0;
}

/* All counted from the begin, so that config_program_done() frees what is half done. */
static int new_hooks(struct config_program *program, size_t n)
{
	program->hooks = calloc(n, sizeof(*program->hooks));
	if (!program->hooks)
		return -ENOMEM;
	program->n_hooks = n;
	return 0;
}

/* Interfaces that are only known when the config is applied. */
static int copy_targets(const struct attach_network *network, struct config_hook *hook)
{
	struct target_interfaces all = {
		.names = {.items = network->interfaces, .n = network->n_interfaces},
		.patterns = network->patterns,
		.exclude = network->exclude,
	};

	hook->has_pods = network->has_pods;
	hook->has_interfaces = is_open(network);
	if (hook->has_pods)
		return target_pods_copy(&network->pods, &hook->pods);
	return hook->has_interfaces ? target_interfaces_copy(&all, &hook->interfaces) : 0;
}

static int network_hooks(const struct attach_network *network, const struct hook_kind_info *kind,
			 struct config_program *program, struct reason *why)
{
	bool is_each = network->n_interfaces > 0 && !is_open(network);
	size_t n = is_each ? network->n_interfaces : 1;
	const char *direction = NULL;
	int r;

	if (!(kind->shape & HOOK_ON_NETDEV))
		return fail(
			why, -EINVAL,
			"networkmultiattach is for programs of interfaces, not for type %s: write "
			"singleattach",
			kind->name);
	r = get_direction(network, kind, &direction, why);
	if (r == 0)
		r = new_hooks(program, n);
	for (size_t i = 0; r == 0 && i < program->n_hooks; i++) {
		struct config_hook *hook = &program->hooks[i];
		const char *ifname = network->interface;
		_text_ struct text t = {.data = NULL};

		if (is_each)
			ifname = network->interfaces[i];
		text_add(&t, "%s:%s%s", kind->name, ifname ? ifname : "", direction);
		hook->hook = text_take(&t);
		hook->is_primary = network->is_primary;
		hook->has_priority = network->has_priority;
		hook->priority = network->priority;
		r = hook->hook ? copy_proceed_on(network, hook) : -ENOMEM;
		if (r == 0)
			r = copy_targets(network, hook);
	}
	return r;
}

static int single_hook(const char *name, const struct hook_kind_info *kind,
		       struct config_program *program, struct reason *why)
{
	_text_ struct text t = {.data = NULL};

	if (kind->shape & HOOK_ON_NETDEV)
		return fail(why, -EINVAL,
			    "singleattach is for tracepoints and the like, not for type %s: write "
			    "networkmultiattach",
			    kind->name);
	if (new_hooks(program, 1) < 0)
		return -ENOMEM;
	text_add(&t, "%s:%s", kind->name, name);
	program->hooks[0].hook = text_take(&t);
	return program->hooks[0].hook ? 0 : -ENOMEM;
}

int attach_point_hooks(const struct attach_point *at, struct config_program *program,
		       struct reason *why)
{
	enum hook_kind kind = program->type ? hook_kind_parse(program->type) : HOOK_KIND_UNKNOWN;
	int r;

	if (kind == HOOK_KIND_UNKNOWN)
		return fail(why, -EINVAL,
			    "attachpoint needs a type beside it: XDP, TC, TRACEPOINT, …");
	if (at->has_network)
		r = network_hooks(&at->network, hook_kind_info(kind), program, why);
	else
		r = single_hook(at->single_name, hook_kind_info(kind), program, why);
	for (size_t i = 0; r == 0 && i < program->n_hooks; i++)
		r = config_hook_check(&program->hooks[i], why);
	return r;
}
