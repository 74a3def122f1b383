/* SPDX-License-Identifier: Apache-2.0 */
/* Owns our entry in the finalizers of a config. */
#include "operator/finalizer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "kube/client.h"
#include "kube/json.h"
#include "operator/config.h"
#include "operator/operator.h"

#define PAUSE_MS 1000

static void on_patched(void *userdata, const struct kube_response *a)
{
	struct op_config *c = userdata;

	c->call = NULL;
	if (a->error && a->error != -ENOENT && a->error != -ESTALE)
		log_warning("the finalizer of %s cannot be changed: %s", c->name, a->text);
	/* What the watch told meanwhile has found us busy. */
	kube_timer_set(c->op->loop, &c->timer, a->error ? PAUSE_MS : 0);
}

static json_t *finalizers_with(const struct op_config *c, bool has_ours)
{
	json_t *list = json_array();
	size_t i;
	json_t *one;

	json_array_foreach(kube_get(c->object, "metadata.finalizers"), i,
			   one) if (strcmp(json_string_value(one), OP_FINALIZER) != 0)
		json_array_append(list, one);
	if (has_ours)
		json_array_append_new(list, json_string(OP_FINALIZER));
	return list;
}

bool finalizer_has(const struct op_config *c)
{
	size_t i;
	json_t *one;

	json_array_foreach(kube_get(c->object, "metadata.finalizers"), i,
			   one) if (strcmp(json_string_value(one), OP_FINALIZER) == 0) return true;
	return false;
}

/* With the version that was read, so that nobody's change is lost. */
void finalizer_set(struct op_config *c, bool has_ours)
{
	_json_ json_t *patch = json_pack("{s:{s:s, s:o}}", "metadata", "resourceVersion",
					 kube_text(c->object, "metadata.resourceVersion"),
					 "finalizers", finalizers_with(c, has_ours));
	char path[sizeof(OP_CONFIGS_PATH) + KUBE_NAME_SIZE + 1];

	snprintf(path, sizeof(path), "%s/%s", OP_CONFIGS_PATH, c->name);
	kube_client_send(c->op->client,
			 &(struct kube_request){.method = "PATCH",
						.path = path,
						.type = KUBE_MERGE_PATCH,
						.body = patch,
						.done = on_patched,
						.userdata = c},
			 &c->call);
}
