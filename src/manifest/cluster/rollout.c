/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields of spec.rollout and imagePullSecret. */
#include "manifest/cluster/rollout.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/cluster/targets.h"
#include "manifest/schema.h"
#include "model/config.h"

static int decode_strategy(const struct decoder *d, const struct field *field,
			   const struct doc_node *node, void *object)
{
	struct config_rollout *rollout = object;
	_free_ char *word = NULL;
	int r = schema_get_string(d, node, field->name, &word);
	int strategy = r < 0 ? -1 : rollout_strategy_parse(word);

	if (r < 0)
		return r;
	if (strategy < 0)
		return documents_fail(d->documents, node, d->why,
				      "strategy \"%.32s\" is neither all nor canary", word);
	rollout->strategy = (enum rollout_strategy)strategy;
	return 0;
}

static int decode_on_failure(const struct decoder *d, const struct field *field,
			     const struct doc_node *node, void *object)
{
	struct config_rollout *rollout = object;
	_free_ char *word = NULL;
	int r = schema_get_string(d, node, field->name, &word);
	int failure = r < 0 ? -1 : rollout_failure_parse(word);

	if (r < 0)
		return r;
	if (failure < 0)
		return documents_fail(d->documents, node, d->why,
				      "onFailure \"%.32s\" is neither pause nor rollback", word);
	rollout->on_failure = (enum rollout_failure)failure;
	return 0;
}

/* 3 or "25%". */
static int decode_unavailable(const struct decoder *d, const struct field *field,
			      const struct doc_node *node, void *object)
{
	struct config_rollout *rollout = object;
	_free_ char *text = NULL;
	int r = schema_get_text(d, node, field->name, &text);
	size_t len = r < 0 ? 0 : strlen(text);

	if (r < 0)
		return r;
	rollout->is_percent = len > 0 && text[len - 1] == '%';
	if (rollout->is_percent)
		text[len - 1] = '\0';
	if (text_parse_u32(text, &rollout->max_unavailable) == 0 && rollout->max_unavailable > 0)
		return 0;
	return documents_fail(d->documents, node, d->why,
			      "maxUnavailable \"%.32s\": it is a number from 1, or a percentage as "
			      "\"25%%\"",
			      node->text);
}

static int decode_percentage(const struct decoder *d, const struct field *field,
			     const struct doc_node *node, void *object)
{
	struct config_rollout *rollout = object;
	int r = schema_u32(d, field, node, object);

	if (r == 0 && (rollout->canary_percent == 0 || rollout->canary_percent > 100))
		return documents_fail(d->documents, node, d->why,
				      "percentage %u: it goes from 1 to 100",
				      rollout->canary_percent);
	return r;
}

static const struct field canary_fields[] = {
	{"nodeSelector", targets_selector, offsetof(struct config_rollout, canary_nodes),
	 .has_offset = offsetof(struct config_rollout, has_canary_nodes)},
	{"percentage", decode_percentage, offsetof(struct config_rollout, canary_percent)},
	{NULL},
};

static const struct schema canary_schema = {.where = "rollout.canary", .fields = canary_fields};

static int check_rollout(const void *object, struct reason *why)
{
	return config_rollout_check(object, why);
}

static const struct field rollout_fields[] = {
	{"strategy", decode_strategy, 0},
	{"canary", schema_object, 0, .of = &canary_schema},
	{"maxUnavailable", decode_unavailable, 0},
	{"onFailure", decode_on_failure, 0},
	{"paused", schema_bool, offsetof(struct config_rollout, is_paused)},
	{"waitSeconds", schema_u32, offsetof(struct config_rollout, wait_seconds),
	 .has_offset = offsetof(struct config_rollout, has_wait_seconds)},
	{NULL},
};

const struct schema rollout_schema = {
	.where = "spec.rollout",
	.fields = rollout_fields,
	.check = check_rollout,
};

static int decode_secret_name(const struct decoder *d, const struct doc_node *node, void *object)
{
	return schema_get_string(d, node, "imagePullSecret",
				 &((struct config_secret *)object)->name);
}

static int check_secret(const void *object, struct reason *why)
{
	return config_secret_check(object, why);
}

static const struct field secret_fields[] = {
	{"name", schema_string, offsetof(struct config_secret, name), .is_required = true},
	{"namespace", schema_string, offsetof(struct config_secret, namespace)},
	{NULL},
};

static const struct schema secret_schema = {
	.where = "imagePullSecret",
	.fields = secret_fields,
	.decode = decode_secret_name,
	.check = check_secret,
};

int rollout_secret(const struct decoder *d, const struct field *field, const struct doc_node *node,
		   void *object)
{
	return schema_decode(d, &secret_schema, node, (char *)object + field->offset);
}
