/* SPDX-License-Identifier: Apache-2.0 */
/* Owns signatures in places: reading them, and copying them as they are. */
#include <errno.h>
#include <jansson.h>

#include "base/reason.h"
#include "copy/walk.h"
#include "image/manifest.h"
#include "trust/signatures.h"

static int read_document(void *data, const char *version, struct trust_bytes *ret,
			 struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r = place_document(data, version, &d, why);

	if (r == 0)
		*ret = (struct trust_bytes){take_ptr(d.data), d.len};
	return r;
}

static int read_referrers(void *data, const char *digest, struct trust_bytes *ret,
			  struct reason *why)
{
	_document_ struct registry_document d = {0};
	struct place *place = data;
	int r = place->registry ? registry_referrers(place->registry, digest, &d, why) : -ENOENT;

	if (r == 0)
		*ret = (struct trust_bytes){take_ptr(d.data), d.len};
	return r;
}

static int read_blob(void *data, const char *digest, uint64_t size, struct trust_bytes *ret,
		     struct reason *why)
{
	const struct image_descriptor d = {.digest = digest, .size = size};
	struct image_bytes bytes;
	int r = place_blob(data, &d, &bytes, why);

	if (r == 0)
		*ret = (struct trust_bytes){bytes.data, bytes.len};
	return r;
}

struct signature_reader place_signatures(struct place *place)
{
	return (struct signature_reader){.data = place,
					 .document = read_document,
					 .referrers = read_referrers,
					 .blob = read_blob};
}

/* -ENOENT is no error: there is nothing of that name. */
static int find(struct place *from, const char *tag, struct registry_document *ret,
		struct reason *why)
{
	_reason_ struct reason inner = {0};
	int r = place_document(from, tag, ret, &inner);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail(why, r, "%s", inner.text) : 1;
}

static int copy_tag(struct copy_walk *w, const char *tag, struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r = find(w->from, tag, &d, why);

	if (r <= 0)
		return r;
	w->n++;
	r = copy_parts(w, &d, why);
	return r < 0 ? r : place_put_document(w->to, tag, &d, why);
}

/* By the API where the registry has it, else the tag that stands for it. */
static int find_referrers(struct place *from, const char *digest, const char *tag,
			  struct registry_document *ret, struct reason *why)
{
	_reason_ struct reason inner = {0};

	if (from->registry && registry_referrers(from->registry, digest, ret, &inner) == 0)
		return 1;
	return find(from, tag, ret, why);
}

static int copy_referrers(struct copy_walk *w, const char *digest, const char *tag,
			  struct reason *why)
{
	_document_ struct registry_document d = {0};
	_document_ struct registry_document there = {0};
	_json_ json_t *json = NULL;
	int r = find_referrers(w->from, digest, tag, &d, why);

	if (r <= 0)
		return r;
	r = image_json_parse(d.data, d.len, "the list of referrers", &json, why);
	if (r < 0 || json_array_size(json_object_get(json, "manifests")) == 0)
		return r;
	r = copy_parts(w, &d, why);
	if (r < 0 ||
	    (w->to->registry && registry_referrers(w->to->registry, digest, &there, NULL) == 0))
		return r;
	return place_put_document(w->to, tag, &d, why);
}

int copy_signatures(struct place *from, struct place *to, const char *digest, unsigned int *ret_n,
		    struct reason *why)
{
	struct copy_walk w = {.from = from, .to = to};
	char tag[80];
	int r;

	signatures_tag(digest, ".sig", tag);
	r = copy_tag(&w, tag, why);
	signatures_tag(digest, "", tag);
	if (r == 0)
		r = copy_referrers(&w, digest, tag, why);
	*ret_n = w.n;
	return r;
}
