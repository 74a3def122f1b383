/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields by which a manifest means several places. */
#include "manifest/cluster/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "manifest/schema.h"
#include "model/config/target.h"

static int decode_operator(const struct decoder *d, const struct field *field,
			   const struct doc_node *node, void *object)
{
	struct selector_requirement *item = object;
	_free_ char *word = NULL;
	int r = schema_get_string(d, node, field->name, &word);

	if (r < 0)
		return r;
	item->operator= selector_operator_parse(word);
	if (item->operator!= SELECTOR_OPERATOR_UNKNOWN)
		return 0;
	return documents_fail(d->documents, node, d->why,
			      "operator \"%.32s\" is none of In, NotIn, Exists, DoesNotExist",
			      word);
}

static const struct field requirement_fields[] = {
	{"key", schema_string, offsetof(struct selector_requirement, key), .is_required = true},
	{"operator", decode_operator, 0, .is_required = true},
	{"values", schema_strings, offsetof(struct selector_requirement, values.items),
	 .count_offset = offsetof(struct selector_requirement, values.n),
	 .max = SELECTOR_VALUES_MAX},
	{NULL},
};

static int check_requirement(const void *object, struct reason *why)
{
	struct selector_requirement item;
	struct selector one = {.items = &item, .n = 1};

	memcpy(&item, object, sizeof(item));
	return selector_check(&one, why);
}

static const struct schema requirement_schema = {
	.where = "matchExpressions[]",
	.size = sizeof(struct selector_requirement),
	.fields = requirement_fields,
	.check = check_requirement,
};

static const struct field selector_fields[] = {
	{"matchLabels", schema_labels, offsetof(struct selector, match)},
	{"matchExpressions", schema_list, offsetof(struct selector, items),
	 .of = &requirement_schema, .count_offset = offsetof(struct selector, n),
	 .max = SELECTOR_REQUIREMENTS_MAX},
	{NULL},
};

static const struct schema selector_schema = {
	.where = "a selector with matchLabels or matchExpressions",
	.fields = selector_fields,
};

int targets_selector(const struct decoder *d, const struct field *field,
		     const struct doc_node *node, void *object)
{
	struct selector *selector = (struct selector *)(void *)((char *)object + field->offset);
	struct field labels = {field->name, schema_labels, offsetof(struct selector, match)};

	if (doc_node_find(node, "matchLabels") || doc_node_find(node, "matchExpressions"))
		return schema_decode(d, &selector_schema, node, selector);
	return schema_labels(d, &labels, node, selector);
}

#define STRINGS_FIELD(name, object, member)                                                        \
	{                                                                                          \
		name, schema_strings, offsetof(object, member.items),                              \
			.count_offset = offsetof(object, member.n), .max = TARGET_NAMES_MAX        \
	}

static int check_interfaces(const void *object, struct reason *why)
{
	return target_interfaces_check(object, why);
}

static const struct field interfaces_fields[] = {
	STRINGS_FIELD("names", struct target_interfaces, names),
	STRINGS_FIELD("patterns", struct target_interfaces, patterns),
	STRINGS_FIELD("exclude", struct target_interfaces, exclude),
	{NULL},
};

const struct schema targets_interfaces = {
	.where = "interfaces",
	.fields = interfaces_fields,
	.check = check_interfaces,
};

/* namespace and namespaces: two names of one list. */
static int decode_namespaces(const struct decoder *d, const struct field *field,
			     const struct doc_node *node, void *object)
{
	struct strings *list = (struct strings *)(void *)((char *)object + field->offset);
	struct field all = {field->name, schema_strings, offsetof(struct strings, items),
			    .count_offset = offsetof(struct strings, n), .max = TARGET_NAMES_MAX};

	if (list->items)
		return documents_fail(d->documents, node, d->why,
				      "write one of namespace and namespaces");
	if (node->kind == DOC_SEQUENCE)
		return schema_strings(d, &all, node, list);
	list->items = calloc(1, sizeof(*list->items));
	if (!list->items)
		return -ENOMEM;
	list->n = 1;
	return schema_get_string(d, node, field->name, &list->items[0]);
}

static int check_pods(const void *object, struct reason *why)
{
	return target_pods_check(object, why);
}

static const struct field pods_fields[] = {
	{"namespace", decode_namespaces, offsetof(struct target_pods, namespaces)},
	{"namespaces", decode_namespaces, offsetof(struct target_pods, namespaces)},
	{"selector", targets_selector, offsetof(struct target_pods, selector)},
	{"interface", schema_string, offsetof(struct target_pods, interface)},
	{NULL},
};

const struct schema targets_pods = {
	.where = "pods",
	.fields = pods_fields,
	.check = check_pods,
};

static int check_containers(const void *object, struct reason *why)
{
	return target_containers_check(object, why);
}

static const struct field containers_fields[] = {
	{"namespace", decode_namespaces, offsetof(struct target_containers, namespaces)},
	{"namespaces", decode_namespaces, offsetof(struct target_containers, namespaces)},
	{"pods", targets_selector, offsetof(struct target_containers, pods)},
	STRINGS_FIELD("names", struct target_containers, names),
	{NULL},
};

const struct schema targets_containers = {
	.where = "containers",
	.fields = containers_fields,
	.check = check_containers,
};
