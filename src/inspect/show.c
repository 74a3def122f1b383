/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which fields are shown of an image; those of its object are object.c's. */
#include "inspect/show.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/digest.h"
#include "base/reason.h"
#include "base/text.h"
#include "cli/output/output.h"
#include "inspect/object.h"

#define TEXT_MAX    4096
#define PREFIX_OCI  "org.opencontainers.image."
#define ENTRIES_MAX 256

/* Foreign text, or "". */
static const char *clean(const json_t *json)
{
	const char *s = json_string_value(json);

	return s && text_is_clean(s, TEXT_MAX) ? s : "";
}

static const char *get(const json_t *object, const char *key)
{
	return clean(json_object_get(object, key));
}

static void show_pairs(struct output *out, const char *key, const char *title, const json_t *object)
{
	const char *name;
	json_t *value;

	output_pairs(out, key, title);
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (text_is_clean(name, TEXT_MAX))
			output_pair(out, name, clean(value));
	}
	output_pairs_end(out);
}

static const json_t *labels_of(const struct subject *s)
{
	return json_object_get(json_object_get(s->config, "config"), "Labels");
}

/* Who made it of what: labels and annotations of OCI's names. */
static const char *provenance(const struct subject *s, const char *name)
{
	_text_ struct text key = {0};
	const char *found;

	text_add(&key, PREFIX_OCI "%s", name);
	if (key.r < 0)
		return "";
	found = get(json_object_get(s->manifest, "annotations"), key.data);
	if (!*found)
		found = get(json_object_get(s->top, "annotations"), key.data);
	return *found ? found : get(labels_of(s), key.data);
}

static void show_image(const struct subject *s, struct output *out)
{
	const char *created = provenance(s, "created");

	output_text(out, "digest", "DIGEST", s->object.top);
	output_text(out, "manifest", "MANIFEST", s->object.digest);
	output_text(out, "dialect", "DIALECT", s->object.dialect);
	output_text(out, "architecture", "ARCHITECTURE", get(s->config, "architecture"));
	output_text(out, "created", "CREATED", *created ? created : get(s->config, "created"));
	output_text(out, "source", "SOURCE", provenance(s, "source"));
	output_text(out, "revision", "REVISION", provenance(s, "revision"));
	output_text(out, "version", "VERSION", provenance(s, "version"));
	output_text(out, "authors", "AUTHORS", provenance(s, "authors"));
	output_text(out, "description", "DESCRIPTION", provenance(s, "description"));
	output_number(out, "signatures", "SIGNATURES", s->n_signatures);
	show_pairs(out, "labels", "LABELS", labels_of(s));
	show_pairs(out, "annotations", "ANNOTATIONS", json_object_get(s->manifest, "annotations"));
}

int show_inspect(struct subject *s, const char *name, struct output *out, struct reason *why)
{
	char digest[DIGEST_TEXT_SIZE];
	int r;

	digest_text(s->object.elf.data, s->object.elf.len, digest);
	output_record(out, "image", name);
	output_text(out, "name", "NAME", name);
	output_text(out, "origin", "ORIGIN", s->origin);
	output_number(out, "size", "SIZE", s->size);
	output_text(out, "object", "OBJECT", digest);
	output_number(out, "object_size", "OBJECT SIZE", s->object.elf.len);
	if (s->manifest)
		show_image(s, out);
	scratch_done(&s->scratch);
	r = object_show(&s->object.elf, &s->object.labels, out, why);
	output_record_end(out);
	return r;
}

int show_history(struct subject *s, const char *name, struct output *out, struct reason *why)
{
	const json_t *history = json_object_get(s->config, "history");

	if (!json_is_array(history))
		return fail(why, -ENOENT, "%s has no history: only the config of a container has",
			    name);
	output_list(out, "history");
	for (size_t i = 0; i < json_array_size(history) && i < ENTRIES_MAX; i++) {
		const json_t *e = json_array_get(history, i);

		output_record(out, "step", "");
		output_text(out, "created", "CREATED", get(e, "created"));
		output_text(out, "created_by", "CREATED BY", get(e, "created_by"));
		output_text(out, "comment", "COMMENT", get(e, "comment"));
		output_bool(out, "is_empty", NULL, json_is_true(json_object_get(e, "empty_layer")));
		output_record_end(out);
	}
	output_list_end(out);
	return 0;
}

/* @depth: levels below the name; @what: "index", "manifest", "config", "layer". */
struct branch {
	unsigned int depth;
	const char *what;
};

static void show_node(struct output *out, const struct branch *at, const json_t *d)
{
	const json_t *platform = json_object_get(d, "platform");
	_text_ struct text what = {0};
	_text_ struct text machine = {0};

	text_add(&what, "%*s%s", (int)(2 * at->depth), "", at->what);
	if (platform)
		text_add(&machine, "%s/%s", get(platform, "os"), get(platform, "architecture"));
	output_record(out, at->what, get(d, "digest"));
	output_text(out, NULL, "WHAT", what.data);
	output_text(out, "kind", NULL, at->what);
	output_number(out, "depth", NULL, at->depth);
	output_text(out, "digest", "DIGEST", get(d, "digest"));
	output_number(out, "size", "SIZE",
		      (uint64_t)json_integer_value(json_object_get(d, "size")));
	output_text(out, "platform", "PLATFORM", machine.data ? machine.data : "");
	output_text(out, "media_type", "MEDIA TYPE", get(d, "mediaType"));
	output_record_end(out);
}

static void show_manifest(struct output *out, unsigned int depth, const json_t *manifest)
{
	const json_t *layers = json_object_get(manifest, "layers");

	if (!manifest)
		return;
	show_node(out, &(struct branch){depth, "config"}, json_object_get(manifest, "config"));
	for (size_t i = 0; i < json_array_size(layers) && i < ENTRIES_MAX; i++)
		show_node(out, &(struct branch){depth, "layer"}, json_array_get(layers, i));
}

/* Machines that are not here have no branches. */
static void show_machines(const struct subject *s, struct output *out, const json_t *manifests)
{
	for (size_t i = 0; i < json_array_size(manifests) && i < ENTRIES_MAX; i++) {
		const json_t *d = json_array_get(manifests, i);
		json_t *below = subject_document(s, get(d, "digest"));

		show_node(out, &(struct branch){1, "manifest"}, d);
		show_manifest(out, 2, below);
		json_decref(below);
	}
}

int show_tree(struct subject *s, const char *name, struct output *out, struct reason *why)
{
	const json_t *manifests = json_object_get(s->top, "manifests");
	json_t *top;

	if (!s->top)
		return fail(why, -ENOENT, "%s is a file, with nothing below it", name);
	top = json_pack("{s:s,s:s,s:I}", "digest", s->object.top, "mediaType", s->object.top_type,
			"size", (json_int_t)s->top_size);
	output_list(out, "tree");
	show_node(out, &(struct branch){0, json_is_array(manifests) ? "index" : "manifest"}, top);
	if (json_is_array(manifests))
		show_machines(s, out, manifests);
	else
		show_manifest(out, 1, s->top);
	output_list_end(out);
	json_decref(top);
	return 0;
}
