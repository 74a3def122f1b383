/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the deletion of what belongs to lost nodes, and the Role of pull secrets. */
#include "operator/sweep.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "operator/config.h"
#include "operator/operator.h"

#define ROLE	      "bpfd-agent-pull-secrets"
#define PROGRAMS_PATH "/apis/bpfd.io/v1alpha1/bpfprograms/"
#define NODES_PATH    "/apis/bpfd.io/v1alpha1/bpfnodes/"
#define SECRETS_MAX   256

static void on_deleted(void *userdata, const struct kube_response *a)
{
	(void)userdata;
	if (a->error && a->error != -ENOENT)
		log_warning("what belongs to a lost node cannot be deleted: %s", a->text);
}

static void delete_object(struct op *op, const char *collection, const char *name)
{
	_text_ struct text path = {0};

	text_add(&path, "%s%s", collection, name);
	if (path.data)
		kube_client_send(op->client,
				 &(struct kube_request){
					 .method = "DELETE", .path = path.data, .done = on_deleted},
				 NULL);
}

static bool is_lost(const struct op *op, const char *node)
{
	const struct op_node *found = operator_node(op, node);

	return !found || !found->is_there;
}

static void sweep_report(struct report *report, void *arg)
{
	struct op *op = arg;

	if (is_lost(op, report->node))
		delete_object(op, PROGRAMS_PATH, report->object);
}

struct walk {
	struct op *op;
};

static void sweep_node(const void *at, VISIT which, void *closure)
{
	const struct op_node *node = *(struct op_node *const *)at;
	struct walk *walk = closure;

	if ((which == postorder || which == leaf) && node->has_agent && !node->is_there)
		delete_object(walk->op, NODES_PATH, node->name);
}

void sweep_nodes(struct op *op)
{
	if (!operator_may_act(op))
		return;
	for (struct op_config *c = op->configs; c; c = c->next)
		op_config_each(c, sweep_report, op);
	twalk_r(op->nodes, sweep_node, &(struct walk){op});
}

/* --- pull secrets --- */

static void add_secret(json_t *names, const json_t *value)
{
	const char *name =
		json_is_object(value) ? kube_text(value, "name") : json_string_value(value);
	size_t i;
	json_t *one;

	if (!name || !*name || json_array_size(names) == SECRETS_MAX)
		return;
	json_array_foreach(names, i, one) if (strcmp(json_string_value(one), name) == 0) return;
	json_array_append_new(names, json_string(name));
}

/* Wherever a spec may name one: letters of either case, at any depth. */
static void add_secrets(json_t *names, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (strcasecmp(key, "imagePullSecret") == 0)
			add_secret(names, member);
		else
			add_secrets(names, member);
	}
	json_array_foreach(value, i, member) add_secrets(names, member);
}

static void on_role(void *userdata, const struct kube_response *a)
{
	struct op *op = userdata;

	if (!a->error)
		return;
	log_warning("the Role of pull secrets cannot be written: %s", a->text);
	json_decref(take_ptr(op->pull_secrets));
}

/* A rule without names would be a right to all of them. */
static json_t *role_of(const struct op *op, json_t *names)
{
	json_t *rules = json_array_size(names) ? json_pack("[{s:[s], s:[s], s:[s], s:O}]",
							   "apiGroups", "", "resources", "secrets",
							   "verbs", "get", "resourceNames", names)
					       : json_array();

	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "apiVersion",
			 "rbac.authorization.k8s.io/v1", "kind", "Role", "metadata", "name", ROLE,
			 "namespace", op->options.namespace, "rules", rules);
}

void sweep_secrets(struct op *op)
{
	_json_ json_t *names = json_array();
	_json_ json_t *body = NULL;
	_text_ struct text path = {0};

	if (!operator_may_act(op))
		return;
	for (struct op_config *c = op->configs; c; c = c->next)
		add_secrets(names, json_object_get(c->object, "spec"));
	if (op->pull_secrets && json_equal(op->pull_secrets, names))
		return;
	body = role_of(op, names);
	text_add(&path,
		 "/apis/rbac.authorization.k8s.io/v1/namespaces/%s/roles/%s"
		 "?fieldManager=bpfd-operator&force=true",
		 op->options.namespace, ROLE);
	json_decref(op->pull_secrets);
	op->pull_secrets = json_incref(names);
	if (body && path.data)
		kube_client_send(op->client,
				 &(struct kube_request){.method = "PATCH",
							.path = path.data,
							.type = KUBE_APPLY_PATCH,
							.body = body,
							.done = on_role,
							.userdata = op},
				 NULL);
}
