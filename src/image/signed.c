/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a layout as a place of signatures. */
#include "image/signed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "forkserver/opener.h"
#include "image/manifest.h"
#include "trust/signatures.h"

static int take(const struct image_source *source, const struct image_descriptor *d, size_t max,
		struct trust_bytes *ret, struct reason *why)
{
	struct image_bytes bytes;
	int r = image_source_blob(source, d, max, &bytes, why);

	if (r == 0)
		*ret = (struct trust_bytes){bytes.data, bytes.len};
	return r;
}

static int find_tagged(const struct image_source *source, const char *tag, struct trust_bytes *ret,
		       struct reason *why)
{
	const struct image_wish wish = {.tag = tag};
	_bytes_ struct image_bytes text = {0};
	_json_ struct json_t *index = NULL;
	struct image_descriptor d;
	int r = image_source_read(source, "index.json", IMAGE_JSON_MAX, &text, why);

	if (r == 0)
		r = image_json_parse(text.data, text.len, "index.json", &index, why);
	if (r == 0)
		r = image_index_pick(index, &wish, &d, why);
	return r < 0 ? r : take(source, &d, IMAGE_JSON_MAX, ret, why);
}

/* An index does not tell the size of what is below it to who asks by digest alone. */
static int find_digest(const struct image_source *source, const char *digest,
		       struct trust_bytes *ret, struct reason *why)
{
	char name[OPENER_NAME_MAX], is[DIGEST_TEXT_SIZE];
	_bytes_ struct image_bytes bytes = {0};
	int r;

	snprintf(name, sizeof(name), "blobs/sha256/%s", digest + strlen("sha256:"));
	r = image_source_read(source, name, IMAGE_JSON_MAX, &bytes, why);
	if (r < 0)
		return r;
	digest_text(bytes.data, bytes.len, is);
	if (strcmp(is, digest) != 0)
		return fail(why, -EBADMSG, "blob %.19s does not match its digest", digest);
	*ret = (struct trust_bytes){take_ptr(bytes.data), bytes.len};
	return 0;
}

static int read_document(void *data, const char *version, struct trust_bytes *ret,
			 struct reason *why)
{
	return digest_is_valid(version) ? find_digest(data, version, ret, why)
					: find_tagged(data, version, ret, why);
}

static int read_blob(void *data, const char *digest, uint64_t size, struct trust_bytes *ret,
		     struct reason *why)
{
	const struct image_descriptor d = {.digest = digest, .size = size};

	return take(data, &d, EVIDENCE_ITEM_MAX, ret, why);
}

int image_signatures(const struct image_source *source, const char *digest, struct evidence *ret,
		     struct reason *why)
{
	const struct signature_reader reader = {
		.data = (void *)(uintptr_t)source, .document = read_document, .blob = read_blob};

	return signatures_collect(&reader, digest, ret, why);
}
