/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the walk over a repository's signatures (cosign's SIGNATURE_SPEC and BUNDLE_SPEC). */
#include "trust/signatures.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "trust/json.h"

#define BUNDLE_PREFIX	"application/vnd.dev.sigstore.bundle"
#define SIMPLE_REFERRER "application/vnd.dev.cosign.artifact.sig.v1+json"
#define REFERRERS_MAX	64

#define SIGNATURE_KEY	"dev.cosignproject.cosign/signature"
#define CERTIFICATE_KEY "dev.sigstore.cosign/certificate"
#define SET_KEY		"dev.sigstore.cosign/bundle"
#define STAMP_KEY	"dev.sigstore.cosign/rfc3161timestamp"

/* One walk. */
struct walk {
	const struct signature_reader *reader;
	struct evidence *evidence;
};

void signatures_tag(const char *digest, const char *suffix, char ret[static 80])
{
	snprintf(ret, 80, "sha256-%.64s%s", digest + strlen("sha256:"), suffix);
}

static const char *get_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static int set_bytes(const json_t *object, const char *key, struct trust_bytes *ret)
{
	const char *s = get_text(object, key);

	if (!*s || strlen(s) > EVIDENCE_TEXT_MAX)
		return 0;
	ret->data = strdup(s);
	ret->len = strlen(s);
	return ret->data ? 0 : -ENOMEM;
}

/* 0: it has none, or too large a one. */
static int read_blob(const struct walk *w, const json_t *descriptor, struct trust_bytes *ret,
		     struct reason *why)
{
	const json_t *size = json_object_get(descriptor, "size");
	const char *digest = get_text(descriptor, "digest");
	int r;

	if (!digest_is_valid(digest) || json_integer_value(size) <= 0 ||
	    json_integer_value(size) > EVIDENCE_ITEM_MAX)
		return 0;
	r = w->reader->blob(w->reader->data, digest, (uint64_t)json_integer_value(size), ret, why);
	return r < 0 ? r : 1;
}

static int add_simple(const struct walk *w, const json_t *layer, struct reason *why)
{
	const json_t *annotations = json_object_get(layer, "annotations");
	struct evidence_item *item;
	_bytes_ struct trust_bytes payload = {0};
	int r;

	if (strcmp(get_text(layer, "mediaType"), SIGNATURE_SIMPLE_TYPE) != 0)
		return 0;
	r = read_blob(w, layer, &payload, why);
	if (r <= 0)
		return r;
	item = evidence_add(w->evidence, EVIDENCE_SIMPLE);
	if (!item)
		return 0;
	item->payload = payload;
	payload = (struct trust_bytes){0};
	if (set_bytes(annotations, SIGNATURE_KEY, &item->signature) < 0 ||
	    set_bytes(annotations, CERTIFICATE_KEY, &item->certificate) < 0 ||
	    set_bytes(annotations, SET_KEY, &item->set) < 0 ||
	    set_bytes(annotations, STAMP_KEY, &item->stamp) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

static int add_bundle(const struct walk *w, const json_t *layer, struct reason *why)
{
	struct evidence_item *item;
	_bytes_ struct trust_bytes payload = {0};
	int r;

	if (strncmp(get_text(layer, "mediaType"), BUNDLE_PREFIX, strlen(BUNDLE_PREFIX)) != 0)
		return 0;
	r = read_blob(w, layer, &payload, why);
	if (r <= 0)
		return r;
	item = evidence_add(w->evidence, EVIDENCE_BUNDLE);
	if (!item)
		return 0;
	item->payload = payload;
	payload = (struct trust_bytes){0};
	return 0;
}

static int take_layers(const struct walk *w, const struct trust_bytes *text, struct reason *why)
{
	_json_ json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *layers = json_object_get(json, "layers");
	int r = 0;

	for (size_t i = 0; i < json_array_size(layers) && i < EVIDENCE_ITEMS_MAX && r >= 0; i++) {
		r = add_simple(w, json_array_get(layers, i), why);
		if (r >= 0)
			r = add_bundle(w, json_array_get(layers, i), why);
	}
	return r < 0 ? r : 0;
}

static int take_document(const struct walk *w, const char *version, struct reason *why)
{
	_bytes_ struct trust_bytes text = {0};
	_reason_ struct reason inner = {0};
	int r = w->reader->document(w->reader->data, version, &text, &inner);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail(why, r, "%s", inner.text) : take_layers(w, &text, why);
}

/* Registries that know no artifactType leave it out of the index. */
static bool is_signature(const json_t *descriptor)
{
	const char *type = get_text(descriptor, "artifactType");

	return !*type || strcmp(type, SIMPLE_REFERRER) == 0 ||
	       strncmp(type, BUNDLE_PREFIX, strlen(BUNDLE_PREFIX)) == 0;
}

static int take_index(const struct walk *w, const struct trust_bytes *text, struct reason *why)
{
	_json_ json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *manifests = json_object_get(json, "manifests");
	int r = 0;

	for (size_t i = 0; i < json_array_size(manifests) && i < REFERRERS_MAX && r == 0; i++) {
		const json_t *d = json_array_get(manifests, i);

		if (is_signature(d) && digest_is_valid(get_text(d, "digest")))
			r = take_document(w, get_text(d, "digest"), why);
	}
	return r;
}

static int take_referrers(const struct walk *w, const char *digest, struct reason *why)
{
	_bytes_ struct trust_bytes text = {0};
	_reason_ struct reason inner = {0};
	char tag[80];
	int r = w->reader->referrers ? w->reader->referrers(w->reader->data, digest, &text, &inner)
				     : -ENOENT;

	if (r == -ENOENT) {
		signatures_tag(digest, "", tag);
		reason_done(&inner);
		r = w->reader->document(w->reader->data, tag, &text, &inner);
	}
	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail(why, r, "%s", inner.text) : take_index(w, &text, why);
}

int signatures_collect(const struct signature_reader *reader, const char *digest,
		       struct evidence *ret, struct reason *why)
{
	const struct walk w = {.reader = reader, .evidence = ret};
	char tag[80];
	int r;

	signatures_tag(digest, ".sig", tag);
	r = take_document(&w, tag, why);
	if (r == 0)
		r = take_referrers(&w, digest, why);
	if (r < 0)
		reason_prefix(why, "cannot read the signatures");
	return r;
}
