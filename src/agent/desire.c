/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the resolution of selectors on this node. */
#include "agent/desire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/look.h"
#include "base/array.h"
#include "base/reason.h"
#include "base/text.h"
#include "kube/json.h"
#include "model/config.h"

/* The hooks of one program, growing. */
struct expansion {
	const struct desire_world *world;
	struct config_hook *hooks;
	size_t n;
	json_t *warnings;
	struct reason *why;
};

static void warn(const struct expansion *x, const struct config_hook *hook, const char *text)
{
	_text_ struct text t = {0};

	text_add(&t, "hook %s: %s", hook->hook, text);
	if (t.data)
		json_array_append_new(x->warnings, json_string(t.data));
}

/* A copy of @hook at the end. */
static int add(struct expansion *x, const struct config_hook *hook, struct config_hook **ret)
{
	struct config_hook *copy;

	if (x->n == CONFIG_HOOKS_MAX)
		return fail(x->why, -E2BIG, "hook %s: more than %d places on this node", hook->hook,
			    CONFIG_HOOKS_MAX);
	copy = array_add((void **)&x->hooks, &x->n, sizeof(*copy));
	if (!copy || config_hook_copy(hook, copy) < 0)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

/* Put the interface into the text of @hook. */
static int name_interface(struct config_hook *hook, const char *interface)
{
	char *text = config_hook_text(hook, interface);

	if (!text)
		return -ENOMEM;
	free(hook->hook);
	hook->hook = text;
	free(take_ptr(hook->netns));
	hook->is_primary = false;
	return 0;
}

/* --- interfaces --- */

static bool contains(const json_t *texts, const char *s)
{
	size_t i;
	json_t *text;

	json_array_foreach(texts, i, text) if (strcmp(json_string_value(text), s) == 0) return true;
	return false;
}

static const char *primary(const struct desire_world *world)
{
	size_t i, k;
	json_t *interface, *address;

	json_array_foreach(world->interfaces, i, interface)
	{
		json_array_foreach(json_object_get(interface, "addresses"), k, address)
		{
			if (contains(world->addresses, json_string_value(address)))
				return kube_text(interface, "name");
		}
	}
	return NULL;
}

static int add_primary(struct expansion *x, const struct config_hook *hook)
{
	const char *name = primary(x->world);
	struct config_hook *copy;
	int r;

	if (!name) {
		fail(x->why, -ENODEV, "hook %s: no interface here has the node's InternalIP",
		     hook->hook);
		reason_hint(x->why, "does bpfd run in the host's network (hostNetwork: true)?");
		return -ENODEV;
	}
	r = add(x, hook, &copy);
	return r < 0 ? r : name_interface(copy, name);
}

/* --- pods --- */

static bool is_meant(const json_t *pod, const struct strings *namespaces,
		     const struct selector *selector)
{
	struct labels labels = {0};
	bool fits;

	if (namespaces->n && !strings_contain(namespaces, kube_text(pod, "namespace")))
		return false;
	kube_labels(pod, &labels);
	fits = selector_match(selector, &labels);
	labels_done(&labels);
	return fits;
}

/* Pods of the host's network have no interface of their own. The pod itself is named, whose oldest
 * process is the sandbox: it stays when containers are restarted. */
static int add_pods(struct expansion *x, const struct config_hook *hook)
{
	const char *interface = hook->pods.interface ? hook->pods.interface : TARGET_POD_INTERFACE;
	size_t before = x->n;
	const char *key;
	json_t *pod;

	json_object_foreach((json_t *)(uintptr_t)x->world->pods, key, pod)
	{
		struct config_hook *copy;
		int r;

		if (!json_array_size(json_object_get(pod, "containers")) ||
		    kube_flag(pod, "hostNetwork") ||
		    !is_meant(pod, &hook->pods.namespaces, &hook->pods.selector))
			continue;
		r = add(x, hook, &copy);
		if (r == 0)
			r = name_interface(copy, interface);
		if (r == 0)
			r = text_set(&copy->container, kube_text(pod, "id"));
		if (r < 0)
			return r;
		copy->has_pods = false;
	}
	if (x->n == before)
		warn(x, hook, "no running pod of this node is meant");
	return 0;
}

static int add_containers_of(struct expansion *x, const struct config_hook *hook, const json_t *pod)
{
	const struct strings *names = &hook->containers.names;
	size_t i;
	json_t *container;

	json_array_foreach(json_object_get(pod, "containers"), i, container)
	{
		struct config_hook *copy;
		int r;

		if (names->n && !strings_contain(names, kube_text(container, "name")))
			continue;
		r = add(x, hook, &copy);
		if (r == 0)
			r = text_set(&copy->container, kube_text(container, "id"));
		if (r < 0)
			return r;
		copy->has_containers = false;
	}
	return 0;
}

static int add_containers(struct expansion *x, const struct config_hook *hook)
{
	size_t before = x->n;
	const char *key;
	json_t *pod;

	json_object_foreach((json_t *)(uintptr_t)x->world->pods, key, pod)
	{
		int r = 0;

		if (is_meant(pod, &hook->containers.namespaces, &hook->containers.pods))
			r = add_containers_of(x, hook, pod);
		if (r < 0)
			return r;
	}
	if (x->n == before)
		warn(x, hook, "no running container of this node is meant");
	return 0;
}

static int add_hook(struct expansion *x, const struct config_hook *hook)
{
	struct config_hook *copy;

	if (hook->is_primary)
		return add_primary(x, hook);
	if (hook->has_pods)
		return add_pods(x, hook);
	if (hook->has_containers)
		return add_containers(x, hook);
	return add(x, hook, &copy);
}

static void hooks_free(struct config_hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		config_hook_done(&hooks[i]);
	free(hooks);
}

static int expand(struct config_program *program, struct expansion *x)
{
	x->hooks = NULL;
	x->n = 0;
	for (size_t i = 0; i < program->n_hooks; i++) {
		int r = add_hook(x, &program->hooks[i]);

		if (r < 0) {
			hooks_free(x->hooks, x->n);
			return r;
		}
	}
	hooks_free(program->hooks, program->n_hooks);
	program->hooks = x->hooks;
	program->n_hooks = x->n;
	return 0;
}

/* The daemon of this node has no use for what only a cluster knows. */
static void strip(struct config *config)
{
	selector_done(&config->node_selector);
	config->node_selector = (struct selector){0};
	config_rollout_done(&config->rollout);
	config->rollout = (struct config_rollout){0};
	config->has_rollout = false;
	for (size_t i = 0; i < config->n_programs; i++) {
		free(take_ptr(config->programs[i].pull_secret.name));
		free(take_ptr(config->programs[i].pull_secret.namespace));
	}
}

int desire(struct config *config, const struct desire_world *world, json_t *warnings,
	   struct reason *why)
{
	struct expansion x = {.world = world, .warnings = warnings, .why = why};
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->n_programs; i++)
		r = expand(&config->programs[i], &x);
	if (r < 0)
		return r;
	strip(config);
	return labels_set(&config->labels, LOOK_LABEL, LOOK_LABEL_VALUE, why);
}

static bool any_hook(const struct config *config, bool (*is)(const struct config_hook *hook))
{
	for (size_t i = 0; i < config->n_programs; i++)
		for (size_t k = 0; k < config->programs[i].n_hooks; k++)
			if (is(&config->programs[i].hooks[k]))
				return true;
	return false;
}

static bool has_pods(const struct config_hook *hook)
{
	return hook->has_pods || hook->has_containers;
}

static bool has_interfaces(const struct config_hook *hook)
{
	return hook->has_interfaces || hook->is_primary;
}

bool desire_needs_pods(const struct config *config)
{
	return any_hook(config, has_pods);
}

bool desire_needs_interfaces(const struct config *config)
{
	return any_hook(config, has_interfaces);
}

/* --- pods, condensed --- */

static json_t *running_containers(const json_t *pod)
{
	json_t *list = json_array();
	size_t i;
	json_t *status;

	json_array_foreach(kube_get(pod, "status.containerStatuses"), i, status)
	{
		const char *id = kube_text(status, "containerID");
		const char *bare = strstr(id, "://");

		if (!*id || !kube_get(status, "state.running"))
			continue;
		json_array_append_new(list,
				      json_pack("{s:s, s:s}", "name", kube_text(status, "name"),
						"id", bare ? bare + 3 : id));
	}
	return list;
}

json_t *desire_pod(const json_t *pod)
{
	json_t *labels = kube_get(pod, "metadata.labels");

	return json_pack("{s:o, s:s, s:s, s:{s:O?}, s:b, s:o}", "id",
			 json_sprintf("pod%s", kube_uid(pod)), "namespace", kube_namespace(pod),
			 "name", kube_name(pod), "metadata", "labels", labels, "hostNetwork",
			 kube_flag(pod, "spec.hostNetwork"), "containers", running_containers(pod));
}
