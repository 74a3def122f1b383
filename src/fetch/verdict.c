/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the meeting of a rule and of signatures. */
#include "fetch/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/object.h"
#include "registry/client.h"
#include "trust/verify.h"

static int take(struct registry_document *d, struct trust_bytes *ret)
{
	*ret = (struct trust_bytes){take_ptr(d->data), d->len};
	return 0;
}

static int read_document(void *data, const char *version, struct trust_bytes *ret,
			 struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r = registry_manifest(data, version, &d, why);

	return r < 0 ? r : take(&d, ret);
}

static int read_referrers(void *data, const char *digest, struct trust_bytes *ret,
			  struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r = registry_referrers(data, digest, &d, why);

	return r < 0 ? r : take(&d, ret);
}

static int read_blob(void *data, const char *digest, uint64_t size, struct trust_bytes *ret,
		     struct reason *why)
{
	_close_ int fd = memfd_create("signature", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return fail(why, -errno, "cannot hold a signature: %s", strerror(errno));
	r = registry_blobs(data, &(struct registry_blob){digest, size, fd}, 1, why);
	return r < 0 ? r : fd_read_all(fd, EVIDENCE_ITEM_MAX, &ret->data, &ret->len);
}

struct signature_reader verdict_reader(struct registry *registry)
{
	return (struct signature_reader){.data = registry,
					 .document = read_document,
					 .referrers = read_referrers,
					 .blob = read_blob};
}

bool verdict_wants_signatures(const struct fetch_order *order)
{
	_rule_ struct trust_rule rule = {0};

	/* One that cannot be read is refused later. */
	return trust_rule_decode(order->rule.data, order->rule.len, &rule) == 0 && rule.is_verify;
}

static int keep(const struct evidence *evidence, struct fetch_answer *answer, struct reason *why)
{
	_text_ struct text w = {0};

	evidence_encode(evidence, &w);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	answer->evidence.len = w.len;
	answer->evidence.data = text_take(&w);
	return 0;
}

int verdict_give(const struct fetch_order *order, const struct verdict_subject *subject,
		 const struct evidence *evidence, struct fetch_answer *answer, struct reason *why)
{
	const struct trust_subject s = {.name = order->reference,
					.digests = subject->digests,
					.n_digests = subject->n_digests,
					.file = {subject->file, subject->file_len}};
	_rule_ struct trust_rule rule = {0};
	int r = trust_rule_decode(order->rule.data, order->rule.len, &rule);

	if (r < 0)
		return fail(why, r, "the rule of the policy is malformed");
	r = trust_verify(&s, &rule, evidence, &answer->verified, why);
	return r < 0 ? r : keep(evidence, answer, why);
}

int verdict_serve(const struct fetch_order *order, int file, struct fetch_answer *ret,
		  struct reason *why)
{
	struct verdict_subject subject = {.digests = (const char *const *)order->digests,
					  .n_digests = order->n_digests};
	_evidence_ struct evidence evidence = {.n = 0};
	_free_ char *bytes = NULL;
	int r = evidence_decode(order->evidence.data, order->evidence.len, &evidence);

	if (r < 0 || order->n_digests == 0 || !digest_is_valid(order->digests[0]))
		return fail(why, -EBADMSG, "the signatures that were kept are malformed");
	memcpy(ret->digest, order->digests[0], DIGEST_TEXT_SIZE);
	memcpy(ret->manifest, order->digests[0], DIGEST_TEXT_SIZE);
	ret->is_known = true;
	if (file >= 0) {
		r = fd_read_all(file, OBJECT_SIZE_MAX, &bytes, &subject.file_len);
		subject.file = bytes;
	}
	return r < 0 ? fail(why, r, "cannot read the file: %s", strerror(-r))
		     : verdict_give(order, &subject, &evidence, ret, why);
}
