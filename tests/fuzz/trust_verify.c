/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as trust root, and any as a bundle, simplesigning payload, certificate and log entry:
 * all the parsers of trust, in the order a verdict needs them. Nothing random is ever accepted.
 * Input: texts with a NUL between them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "trust/content.h"
#include "trust/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTS 4

static struct trust_bytes parts[PARTS];

static void split(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < PARTS; i++) {
		const uint8_t *end = size ? memchr(data, 0, size) : NULL;
		size_t n = end && i + 1 < PARTS ? (size_t)(end - data) : size;

		parts[i].data = calloc(1, n + 1);
		parts[i].len = n;
		if (!parts[i].data)
			abort();
		memcpy(parts[i].data, data, n);
		n += end && i + 1 < PARTS;
		data += n;
		size -= n;
	}
}

static void judge(const struct trust_rule *rule, const struct evidence *e)
{
	/* No corpus has a signature for it. */
	static const char *const digests[] = {
		"sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"};
	const struct trust_subject subject = {.name = "x", .digests = digests, .n_digests = 1};
	_reason_ struct reason why = {.code = 0};
	char *by = NULL;

	if (trust_verify(&subject, rule, e, &by, &why) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust_identity identity = {.issuer = "https://accounts.example.org",
					  .pattern = ".*"};
	struct trust_rule rule = {
		.name = "fuzz", .is_verify = true, .identities = &identity, .n_identities = 1};
	struct evidence e = {.n = 2};
	struct content content;

	split(data, size);
	rule.root = parts[0];
	e.items[0] = (struct evidence_item){.kind = EVIDENCE_BUNDLE, .payload = parts[1]};
	e.items[1] = (struct evidence_item){.kind = EVIDENCE_SIMPLE,
					    .payload = parts[1],
					    .signature = parts[2],
					    .certificate = parts[2],
					    .set = parts[3],
					    .stamp = parts[3]};
	judge(&rule, &e);
	content_simple(&(struct key_bytes){parts[1].data, parts[1].len}, &content, NULL);
	content_statement(&(struct key_bytes){parts[1].data, parts[1].len}, &content, NULL);
	for (size_t i = 0; i < PARTS; i++)
		free(parts[i].data);
	return 0;
}
