/* SPDX-License-Identifier: Apache-2.0 */
/* Row 4.4: the verdict on an image by a key, once the bytes of signature and key are there. */
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/reason.h"
#include "base/text.h"
#include "report.h"
#include "series.h"
#include "trust/verify.h"

#define DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char payload[] = "{\"critical\":{\"identity\":{\"docker-reference\":\"x\"},\"image\":{"
			      "\"docker-manifest-digest\":\"" DIGEST "\"},\"type\":\"cosign "
			      "container image signature\"},\"optional\":null}";

static void sign(struct text *pem, struct text *signature)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct text bytes = {.data = NULL};

	if (!key || key_write_public(key, pem) < 0 ||
	    key_sign(key, &(struct key_bytes){payload, strlen(payload)}, &bytes) < 0)
		report_fail("4.4", "cannot sign");
	base64_encode(signature, bytes.data, bytes.len);
	text_done(&bytes);
	EVP_PKEY_free(key);
}

static double once(const struct trust_rule *rule, const struct evidence *evidence)
{
	static const char *const digests[] = {DIGEST};
	const struct trust_subject subject = {.name = "x", .digests = digests, .n_digests = 1};
	_reason_ struct reason why = {.code = 0};
	_free_ char *by = NULL;
	uint64_t begin = clock_ns();

	if (trust_verify(&subject, rule, evidence, &by, &why) < 0)
		report_fail("4.4", why.text);
	return clock_ms_since(begin);
}

int main(void)
{
	struct trust_key key = {.name = (char *)(uintptr_t) "bench"};
	struct trust_rule rule = {
		.name = (char *)(uintptr_t) "bench", .is_verify = true, .keys = &key, .n_keys = 1};
	struct evidence evidence = {.n = 1};
	struct series series = {.n = 0};
	_text_ struct text pem = {.data = NULL};
	_text_ struct text signature = {.data = NULL};

	sign(&pem, &signature);
	key.pem = (struct trust_bytes){pem.data, pem.len};
	evidence.items[0] =
		(struct evidence_item){.kind = EVIDENCE_SIMPLE,
				       .payload = {(char *)(uintptr_t)payload, strlen(payload)},
				       .signature = {signature.data, signature.len}};
	for (unsigned int i = 0; i < report_runs(); i++)
		series_add(&series, once(&rule, &evidence));
	report_ms(
		&(struct row){
			.id = "4.4",
			.what = "verification of a key signature (ECDSA P-256), the bytes there",
			.series = &series},
		2);
	return 0;
}
