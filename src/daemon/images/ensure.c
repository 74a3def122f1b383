/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the pull policies, and what becomes of a download. */
#include "daemon/images/ensure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/images/blobs.h"
#include "daemon/images/order.h"
#include "daemon/images/trust.h"
#include "forkserver/client.h"
#include "forkserver/job.h"
#include "model/bytecode.h"
#include "trust/rule.h"

#define TRIES 3

enum policy { POLICY_ALWAYS, POLICY_IF_NOT_PRESENT, POLICY_NEVER, _POLICY_MAX };

/* One wish on its way. @waited: another request has just pulled it. */
struct ensuring {
	struct context *ctx;
	const struct image_wish *wish;
	struct bytecode name;
	enum policy policy;
	struct trust_demand demand;
	bool waited;
	bool was_pulled;
};

static int parse_policy(const struct image_wish *wish, enum policy *ret, struct reason *why)
{
	static const char *const names[] = {"Always", "IfNotPresent", "Never"};
	const char *s = wish->policy && *wish->policy ? wish->policy : wish->default_policy;

	for (size_t i = 0; i < array_size(names); i++)
		if (strcmp(s, names[i]) == 0) {
			*ret = (enum policy)i;
			return 0;
		}
	return fail(why, -EINVAL, "pull policy \"%.32s\": it is one of Always, IfNotPresent, Never",
		    s);
}

static int parse_name(const char *reference, struct bytecode *ret, struct reason *why)
{
	_text_ struct text url = {0};
	bool has_scheme = strncmp(reference, "image://", 8) == 0;

	text_add(&url, "%s%s", has_scheme ? "" : "image://", reference);
	return url.r < 0 ? fail(why, -ENOMEM, "out of memory") : bytecode_parse(url.data, ret, why);
}

/* Signatures are one more blob, so that the image can be verified again without its registry. */
static int store_evidence(struct ensuring *e, const struct fetch_file *evidence, struct image *i,
			  struct reason *why)
{
	struct image_blob *b = &i->blobs[i->n_blobs];
	_close_ int fd = -1;
	int r;

	if (evidence->len == 0)
		return 0;
	digest_text(evidence->data, evidence->len, b->digest);
	b->size = evidence->len;
	fd = fd_memfd_sealed("evidence", evidence->data, evidence->len);
	if (fd < 0)
		return fail(why, fd, "cannot hold the signatures: %s", strerror(-fd));
	r = blobs_put(images_directory(e->ctx->images), b, fd, why);
	if (r < 0)
		return r;
	memcpy(i->evidence, b->digest, DIGEST_TEXT_SIZE);
	i->n_blobs++;
	return 0;
}

/* The object is one more blob, kept so that loading needs no unpacking. */
static int store_blobs(struct ensuring *e, struct fetched_image *f, struct image *i,
		       struct reason *why)
{
	int dir = images_directory(e->ctx->images), r = 0;

	i->blobs = calloc(f->answer.n_blobs + 2, sizeof(*i->blobs));
	if (!i->blobs)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t k = 0; k < f->answer.n_blobs && r == 0; k++) {
		struct image_blob *b = &i->blobs[i->n_blobs++];

		memcpy(b->digest, f->answer.blobs[k].digest, DIGEST_TEXT_SIZE);
		b->size = f->answer.blobs[k].size;
		if (!f->answer.blobs[k].is_stored)
			r = blobs_put(dir, b, f->blobs[k], why);
	}
	if (r == 0) {
		struct image_blob *b = &i->blobs[i->n_blobs++];

		memcpy(b->digest, f->object_digest, DIGEST_TEXT_SIZE);
		b->size = fd_size(f->object);
		r = blobs_put(dir, b, f->object, why);
	}
	return r < 0 ? r : store_evidence(e, &f->answer.evidence, i, why);
}

static bool is_local(const struct ensuring *e)
{
	return e->wish->source && *e->wish->source;
}

static int fill_image(const struct ensuring *e, struct fetched_image *f, struct image *i)
{
	struct fetch_answer *a = &f->answer;

	i->reference = strdup(e->name.path);
	i->media_type = take_ptr(a->media_type);
	i->dialect = take_ptr(a->dialect);
	i->source = is_local(e) ? strdup("local") : take_ptr(a->source);
	i->verified = take_ptr(a->verified);
	memcpy(i->rule, e->demand.id, DIGEST_TEXT_SIZE);
	i->labels = a->labels;
	a->labels = (struct image_labels){0};
	memcpy(i->digest, a->digest, DIGEST_TEXT_SIZE);
	memcpy(i->manifest, a->manifest, DIGEST_TEXT_SIZE);
	memcpy(i->object, f->object_digest, DIGEST_TEXT_SIZE);
	i->pulled_at = i->used_at = (uint64_t)time(NULL);
	return i->reference ? 0 : -ENOMEM;
}

static int keep(struct ensuring *e, struct fetched_image *f, struct image *ret, struct reason *why)
{
	_image_ struct image i = {0};
	int r = fill_image(e, f, &i);

	if (r < 0)
		return fail(why, r, "out of memory");
	r = store_blobs(e, f, &i, why);
	if (r == 0)
		r = images_put(e->ctx->images, &i, why);
	if (r < 0)
		return r;
	*ret = i;
	i = (struct image){0};
	return 0;
}

static int set_rule(const struct ensuring *e, struct fetch_order *order)
{
	const struct fetch_file *rule = &e->demand.rule;

	if (rule->len == 0)
		return 0;
	order->rule.data = malloc(rule->len);
	if (!order->rule.data)
		return -ENOMEM;
	memcpy(order->rule.data, rule->data, rule->len);
	order->rule.len = rule->len;
	return 0;
}

/* Accepted by the rule of now? */
static bool is_trusted(const struct ensuring *e, const struct image *i)
{
	return *e->demand.id == '\0' || strcmp(e->demand.id, i->rule) == 0;
}

/* The layout is the client's: only what he may read is read. */
static int fetch_layout(struct ensuring *e, struct fetch_order *order, struct fetched_image *ret,
			struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode layout = {0};
	const struct image_ask ask = {.as = e->wish->as, .from = &layout};
	_job_ struct job opener = {.sock = -1};
	int r = bytecode_parse(e->wish->source, &layout, why);

	if (r == 0 && layout.scheme != BYTECODE_OCI)
		r = fail(why, -EINVAL, "%s is no layout, oci:/DIRECTORY[:TAG]", e->wish->source);
	if (r == 0 && text_set(&order->layout, layout.tag ? layout.tag : "") < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = job_opener(e->ctx->forkserver, &ask, &opener, why);
	if (r == 0)
		r = job_fetch(e->ctx->forkserver, order,
			      &(struct fetch_files){images_directory(e->ctx->images), opener.sock},
			      ret, why);
	return r;
}

/* @have: what the store has under that name, or NULL. */
static int pull_once(struct ensuring *e, struct image *have, struct image *ret, struct reason *why)
{
	_cleanup_(fetch_order_done) struct fetch_order order = {0};
	_cleanup_(fetched_image_done) struct fetched_image f;
	int r;

	fetched_image_init(&f);
	r = order_fill(e->ctx->settings, &e->name, e->wish, &order, why);
	if (r == 0 && ((have && !is_local(e) && is_trusted(e, have) &&
			text_set(&order.known, have->digest) < 0) ||
		       set_rule(e, &order) < 0))
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = is_local(e)
			    ? fetch_layout(e, &order, &f, why)
			    : job_fetch(e->ctx->forkserver, &order,
					&(struct fetch_files){images_directory(e->ctx->images), -1},
					&f, why);
	if (r < 0)
		return r;
	if (f.answer.is_known && have) {
		*ret = *have;
		*have = (struct image){0};
		return 0;
	}
	if (*e->demand.id && !f.answer.verified)
		return fail(why, -EBADMSG, "bpfd-fetch sent an image without a verdict");
	e->was_pulled = true;
	return keep(e, &f, ret, why);
}

static int pull(struct ensuring *e, struct image *have, struct image *ret, struct reason *why)
{
	int r = -EAGAIN;

	/* Another request may remove a blob that this one counts on. */
	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		reason_done(why);
		r = pull_once(e, have->reference ? have : NULL, ret, why);
	}
	if (r == 0 && e->was_pulled) {
		_reason_ struct reason inner = {0};

		log_info("image %s: %.19s from %s%s%s", ret->reference, ret->digest, ret->source,
			 ret->verified ? ", signed by " : "", ret->verified ? ret->verified : "");
		if (images_evict(e->ctx, ret->reference, &inner) < 0)
			log_warning("cannot make room in the store of images: %s", inner.text);
	}
	return r;
}

/* Is everything that loading needs still on the disk? */
static bool is_whole(struct ensuring *e, const struct image *i)
{
	_close_ int fd = images_open_blob(e->ctx->images, i->object, NULL);

	return fd >= 0;
}

/* The policy is another one than when the image came: the signatures that were kept may do. */
static int verify_again(struct ensuring *e, struct image *have, struct reason *why)
{
	struct trust_bytes evidence = {0};
	_close_ int fd = -1;
	struct trust_case c = {.demand = &e->demand,
			       .name = e->name.path,
			       .digests = {have->digest, have->manifest},
			       .evidence = &evidence,
			       .file = -1};
	int r;

	if (strcmp(have->digest, have->manifest) == 0)
		c.digests[1] = NULL;
	if (!*have->evidence)
		return fail(why, -EACCES, "its signatures were not asked for when it was pulled");
	fd = images_open_blob(e->ctx->images, have->evidence, why);
	r = fd < 0 ? fd : fd_read_all(fd, FETCH_TRUST_MAX, &evidence.data, &evidence.len);
	free(have->verified);
	have->verified = NULL;
	if (r == 0)
		r = trust_verdict(e->ctx, &c, &have->verified, why);
	free(evidence.data);
	if (r < 0)
		return r;
	memcpy(have->rule, e->demand.id, DIGEST_TEXT_SIZE);
	return images_put(e->ctx->images, have, why);
}

/* 1: what the store has will do. */
static int accept_stored(struct ensuring *e, struct image *have, struct reason *why)
{
	_reason_ struct reason inner = {0};
	int r;

	if (is_trusted(e, have))
		return 1;
	r = verify_again(e, have, &inner);
	if (r == 0)
		return 1;
	/* There may be new signatures where it came from. */
	if (e->policy != POLICY_NEVER)
		return 0;
	reason_hint(why, "bpfctl image pull %s asks for new signatures", e->name.path);
	return fail(why, r, "%s", inner.text);
}

static int decide(struct ensuring *e, struct image *ret, struct reason *why)
{
	_image_ struct image have = {0};
	int r = images_get(e->ctx->images, e->name.path, &have, why);
	bool is_enough;

	if (r < 0)
		return r;
	if (r == 1 && (strcmp(have.reference, e->name.path) != 0 || !is_whole(e, &have))) {
		log_warning("image %s of the store is damaged", e->name.path);
		image_done(&have);
		r = 0;
	}
	is_enough = !is_local(e) && (e->policy != POLICY_ALWAYS || e->name.digest || e->waited);
	if (r == 1 && is_enough)
		is_enough = (r = accept_stored(e, &have, why)) == 1;
	if (r < 0)
		return r;
	if (is_enough && have.reference && r == 1) {
		*ret = have;
		have = (struct image){0};
		return 0;
	}
	if (e->policy != POLICY_NEVER)
		return pull(e, &have, ret, why);
	fail(why, -ENOENT, "image %s is not in the store, and its pull policy is Never",
	     e->name.path);
	reason_hint(why, "bpfctl image pull %s", e->name.path);
	return -ENOENT;
}

int images_ensure(struct context *ctx, const struct image_wish *wish, struct image *ret,
		  bool *ret_pulled, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode name = {0};
	struct ensuring e = {.ctx = ctx, .wish = wish};
	int r = images_check(ctx->images, why);

	if (r == 0)
		r = parse_policy(wish, &e.policy, why);
	if (r == 0)
		r = parse_name(wish->reference, &name, why);
	if (r < 0)
		return r;
	e.name = name;
	r = trust_demand_find(ctx, name.path, &e.demand, why);
	if (r < 0)
		return r;
	e.waited = images_begin(ctx->images, name.path);
	r = decide(&e, ret, why);
	images_end(ctx->images, name.path);
	trust_demand_done(&e.demand);
	if (r < 0)
		return r;
	images_touch(ctx->images, ret->reference, (uint64_t)time(NULL));
	if (ret_pulled)
		*ret_pulled = e.was_pulled;
	return 0;
}
