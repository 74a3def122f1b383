/* SPDX-License-Identifier: Apache-2.0 */
/* Owns making and forgetting of ControllerRevisions. */
#include "operator/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "manifest/program_config.h"
#include "operator/config.h"
#include "operator/operator.h"

#define RETRY_MS 2000
#define LEAST_MS 1000 /* between two: many edits in a row are few revisions */

static void path_of(const struct op_config *c, const char *tail, struct text *ret)
{
	text_add(ret, "/apis/apps/v1/namespaces/%s/controllerrevisions%s", c->op->options.namespace,
		 tail);
}

bool keep_is_resumed(const json_t *annotations, const char *revision)
{
	const char *resumed = json_string_value(json_object_get(annotations, KEEP_RESUMED));

	return resumed && strcmp(resumed, revision) == 0;
}

/* --- history --- */

static void ignore(void *userdata, const struct kube_response *response)
{
	(void)userdata;
	(void)response;
}

static void delete_revision(struct op_config *c, const char *name)
{
	_text_ struct text path = {0};

	path_of(c, "/", &path);
	text_add(&path, "%s", name);
	if (path.data)
		kube_client_send(c->op->client,
				 &(struct kube_request){
					 .method = "DELETE", .path = path.data, .done = ignore},
				 NULL);
}

static bool is_needed(const struct op_config *c, const json_t *revision)
{
	char now[KUBE_NAME_SIZE], stable[KUBE_NAME_SIZE];

	kube_join_name(c->name, c->revision, now);
	kube_join_name(c->name, c->rollout.stable, stable);
	return strcmp(kube_name(revision), now) == 0 || strcmp(kube_name(revision), stable) == 0;
}

static json_t *oldest(const struct op_config *c, json_t *items)
{
	json_t *best = NULL, *item;
	size_t i;

	json_array_foreach(items, i, item) if (!is_needed(c, item) && !kube_flag(item, "dropped") &&
					       (!best || kube_number(item, "revision") <
								 kube_number(best, "revision")))
		best = item;
	return best;
}

static void on_listed(void *userdata, const struct kube_response *a)
{
	struct op_config *c = userdata;
	json_t *items = json_object_get(a->body, "items"), *item;
	size_t n = json_array_size(items);

	c->call = NULL;
	for (; operator_may_act(c->op) && n > KEEP_HISTORY && (item = oldest(c, items)); n--) {
		delete_revision(c, kube_name(item));
		json_object_set_new(item, "dropped", json_true());
	}
	op_config_touch(c);
}

static void trim(struct op_config *c)
{
	char label[KUBE_LABEL_SIZE];
	_text_ struct text path = {0};

	kube_label_value(c->name, label);
	path_of(c, "?labelSelector=bpfd.io/config%3D", &path);
	text_add(&path, "%s", label);
	if (path.data)
		kube_client_send(c->op->client,
				 &(struct kube_request){.method = "GET",
							.path = path.data,
							.done = on_listed,
							.userdata = c},
				 &c->call);
}

/* --- one --- */

static void on_kept(void *userdata, const struct kube_response *a)
{
	struct op_config *c = userdata;

	c->call = NULL;
	if (a->error) {
		log_warning("the revision of %s cannot be kept: %s", c->name, a->text);
		kube_timer_set(c->op->loop, &c->timer, RETRY_MS);
		return;
	}
	memcpy(c->kept, c->revision, sizeof(c->kept));
	op_config_touch(c);
}

static json_t *owners_of(const struct op_config *c)
{
	return json_pack("[{s:s, s:s, s:s, s:s}]", "apiVersion", MANIFEST_API_VERSION, "kind",
			 MANIFEST_KIND, "name", c->name, "uid", kube_uid(c->object));
}

/* It may be of a config of that name that was deleted, and would go with it. */
static void adopt(struct op_config *c)
{
	char name[KUBE_NAME_SIZE];
	_text_ struct text path = {0};
	_json_ json_t *patch = json_pack("{s:{s:o}}", "metadata", "ownerReferences", owners_of(c));

	kube_join_name(c->name, c->revision, name);
	path_of(c, "/", &path);
	text_add(&path, "%s", name);
	if (patch && path.data)
		kube_client_send(c->op->client,
				 &(struct kube_request){.method = "PATCH",
							.path = path.data,
							.type = KUBE_MERGE_PATCH,
							.body = patch,
							.done = on_kept,
							.userdata = c},
				 &c->call);
}

static void on_made(void *userdata, const struct kube_response *a)
{
	struct op_config *c = userdata;

	if (a->error == -EEXIST) {
		c->call = NULL;
		adopt(c);
		return;
	}
	on_kept(c, a);
	if (a->error == 0 && operator_may_act(c->op))
		trim(c);
}

static json_t *body_of(const struct op_config *c)
{
	char name[KUBE_NAME_SIZE], label[KUBE_LABEL_SIZE];

	kube_join_name(c->name, c->revision, name);
	kube_label_value(c->name, label);
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}, s:o}, s:I, s:O}", "apiVersion",
			 "apps/v1", "kind", "ControllerRevision", "metadata", "name", name,
			 "namespace", c->op->options.namespace, "labels", "bpfd.io/config", label,
			 "ownerReferences", owners_of(c), "revision",
			 (json_int_t)kube_number(c->object, "metadata.generation"), "data",
			 json_object_get(c->object, "spec"));
}

bool keep_revision(struct op_config *c)
{
	uint64_t now = kube_now_ms();
	_json_ json_t *body = NULL;
	_text_ struct text path = {0};

	if (strcmp(c->kept, c->revision) == 0)
		return true;
	if (c->kept_ms && now - c->kept_ms < LEAST_MS) {
		kube_timer_set(c->op->loop, &c->timer, LEAST_MS - (now - c->kept_ms));
		return false;
	}
	c->kept_ms = now;
	body = body_of(c);
	path_of(c, "", &path);
	if (body && path.data)
		kube_client_send(c->op->client,
				 &(struct kube_request){.method = "POST",
							.path = path.data,
							.body = body,
							.done = on_made,
							.userdata = c},
				 &c->call);
	return false;
}
