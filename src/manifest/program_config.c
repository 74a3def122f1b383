/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which documents of a text are configs; what is in one is read by spec.c. */
#include "manifest/program_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/document.h"
#include "manifest/schema.h"
#include "manifest/spec.h"
#include "manifest/yaml_read.h"
#include "model/config.h"

void manifest_done(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->n; i++)
		config_done(&manifest->configs[i]);
	free(manifest->configs);
	memset(manifest, 0, sizeof(*manifest));
}

/* The text of a top-level field, "" when it has none. */
static const char *top_text(const struct doc_node *document, const char *key)
{
	const struct doc_node *node = doc_node_find(document, key);

	return node && node->kind == DOC_SCALAR ? node->text : "";
}

/* First, so that a foreign document is not refused for its fields. */
static int check_kind(const struct decoder *d, const struct doc_node *document)
{
	const char *version = top_text(document, "apiVersion");
	const char *kind = top_text(document, "kind");

	if (document->kind != DOC_MAPPING)
		return documents_fail(
			d->documents, document, d->why,
			"a document is a mapping that begins with apiVersion and kind, "
			"not %s",
			doc_node_describe(document));
	if (strcmp(kind, MANIFEST_KIND) != 0)
		return documents_fail(d->documents, document, d->why,
				      "kind \"%.64s\": it must be %s", kind, MANIFEST_KIND);
	if (strcmp(version, MANIFEST_API_VERSION) != 0)
		return documents_fail(d->documents, document, d->why,
				      "apiVersion \"%.64s\": it must be %s", version,
				      MANIFEST_API_VERSION);
	return 0;
}

static int add_config(const struct decoder *d, const struct doc_node *document,
		      struct manifest *manifest)
{
	struct config config = {.name = NULL};
	struct config *items;
	int r = check_kind(d, document);

	if (r == 0)
		r = spec_decode(d, document, &config);
	if (r < 0)
		return r;
	for (size_t i = 0; i < manifest->n && r == 0; i++)
		if (strcmp(manifest->configs[i].name, config.name) == 0)
			r = documents_fail(d->documents, document, d->why,
					   "config \"%s\" is given twice", config.name);
	if (r == 0 && manifest->n >= MANIFEST_CONFIGS_MAX)
		r = fail(d->why, -E2BIG, "%s:%u:%u: more than %d configs", d->documents->file_name,
			 document->line, document->column, MANIFEST_CONFIGS_MAX);
	items = r < 0 ? NULL : realloc(manifest->configs, (manifest->n + 1) * sizeof(*items));
	if (!items) {
		config_done(&config);
		return r < 0 ? r : -ENOMEM;
	}
	manifest->configs = items;
	manifest->configs[manifest->n++] = config;
	return 0;
}

static int add_document(const struct decoder *d, const struct doc_node *document,
			struct manifest *manifest)
{
	const struct doc_node *items = doc_node_find(document, "items");
	int r = 0;

	if (strcmp(top_text(document, "kind"), "List") != 0)
		return add_config(d, document, manifest);
	if (!items || items->kind != DOC_SEQUENCE)
		return documents_fail(d->documents, document, d->why, "a List wants items");
	for (size_t i = 0; i < items->n && r == 0; i++)
		r = add_config(d, items->items[i], manifest);
	return r;
}

static int parse(const char *text, size_t len, const char *file_name, struct manifest *ret,
		 struct reason *why)
{
	_cleanup_(documents_done) struct documents documents = {.n = 0};
	_cleanup_(manifest_done) struct manifest manifest = {.n = 0};
	struct decoder d = {.documents = &documents, .why = why};
	int r = yaml_read(text, len, file_name, &documents, why);

	for (size_t i = 0; r == 0 && i < documents.n; i++)
		r = add_document(&d, documents.roots[i], &manifest);
	if (r < 0)
		return fail(why, r, "%s: out of memory", file_name ? file_name : "object");
	if (manifest.n == 0)
		return fail(why, -EINVAL, "%s%s: no %s in it", documents.file_name,
			    documents.is_object ? "" : ":1:1", MANIFEST_KIND);
	*ret = manifest;
	memset(&manifest, 0, sizeof(manifest));
	return 0;
}

int manifest_parse(const char *text, size_t len, const char *file_name, struct manifest *ret,
		   struct reason *why)
{
	return parse(text, len, file_name, ret, why);
}

int manifest_parse_object(const char *json, size_t len, struct manifest *ret, struct reason *why)
{
	return parse(json, len, NULL, ret, why);
}
