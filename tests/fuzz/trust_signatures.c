/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as manifest, index and blob of a repository of signatures: what is collected is bounded
 * and survives the way to the verdict. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "trust/signatures.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *text;
static size_t len;

static int give(struct trust_bytes *ret)
{
	ret->data = calloc(1, len + 1);
	if (!ret->data)
		return -ENOMEM;
	memcpy(ret->data, text, len);
	ret->len = len;
	return 0;
}

static int give_document(void *data, const char *version, struct trust_bytes *ret,
			 struct reason *why)
{
	(void)data;
	(void)version;
	(void)why;
	return give(ret);
}

static int give_blob(void *data, const char *digest, uint64_t n, struct trust_bytes *ret,
		     struct reason *why)
{
	(void)data;
	(void)why;
	if (!digest_is_valid(digest) || n > EVIDENCE_ITEM_MAX)
		abort();
	return give(ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char digest[] =
		"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	const struct signature_reader reader = {
		.document = give_document, .referrers = give_document, .blob = give_blob};
	_evidence_ struct evidence e = {.n = 0};
	_evidence_ struct evidence back = {.n = 0};
	_text_ struct text w = {.data = NULL};

	text = data;
	len = size;
	if (signatures_collect(&reader, digest, &e, NULL) < 0)
		return 0;
	evidence_encode(&e, &w);
	if (evidence_decode(w.data, w.len, &back) < 0 || back.n != e.n)
		abort();
	return 0;
}
