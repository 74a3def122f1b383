/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a text to a described object; parsing is the children's. */
#include "daemon/observe/bytecode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/auth/auth.h"
#include "daemon/context.h"
#include "daemon/images/images.h"
#include "daemon/images/trust.h"
#include "daemon/store/config.h"
#include "forkserver/client.h"
#include "portability/btf_archive.h"
#include "manifest/settings.h"
#include "model/bytecode.h"
#include "trust/evidence.h"

void fetched_done(struct fetched *f)
{
	fd_close(&f->fd);
	free(f->url);
	object_done(&f->object);
	image_labels_done(&f->labels);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

/* A search for signatures beside an object. */
struct search {
	struct context *ctx;
	const struct caller *caller;
	struct evidence found;
};

static void search_done(struct search *s)
{
	evidence_done(&s->found);
}

/* One file of signatures; none is no error. */
static int add_evidence(struct search *s, const char *path, enum evidence_kind kind)
{
	_reason_ struct reason inner = {0};
	_close_ int fd =
		job_open(s->ctx->forkserver, &s->caller->identity, JOB_OPEN_OBJECT, path, &inner);
	struct evidence_item *item = fd < 0 ? NULL : evidence_add(&s->found, kind);
	struct trust_bytes *to;

	if (!item)
		return fd == -ENOMEM ? fd : 0;
	to = kind == EVIDENCE_BUNDLE ? &item->payload : &item->signature;
	return fd_read_all(fd, EVIDENCE_ITEM_MAX, &to->data, &to->len) == -ENOMEM ? -ENOMEM : 0;
}

/* x.bpf.o.sig: the signature alone. x.bpf.o.sigstore.json: a bundle. */
static int find_evidence(struct context *ctx, const struct caller *caller, const char *path,
			 struct trust_bytes *ret)
{
	_cleanup_(search_done) struct search s = {.ctx = ctx, .caller = caller};
	_text_ struct text name = {0};
	_text_ struct text bundle = {0};
	_text_ struct text w = {0};

	text_add(&name, "%s.sig", path);
	text_add(&bundle, "%s.sigstore.json", path);
	if (name.r < 0 || bundle.r < 0 || add_evidence(&s, name.data, EVIDENCE_DETACHED) < 0 ||
	    add_evidence(&s, bundle.data, EVIDENCE_BUNDLE) < 0)
		return -ENOMEM;
	evidence_encode(&s.found, &w);
	ret->len = w.len;
	ret->data = text_take(&w);
	return ret->data ? 0 : -ENOMEM;
}

static int verify_file(struct context *ctx, const struct caller *caller, const char *path,
		       const struct fetched *f, struct reason *why)
{
	_demand_ struct trust_demand demand = {0};
	struct trust_bytes evidence = {0};
	struct trust_case c = {.demand = &demand,
			       .name = path,
			       .digests = {f->digest},
			       .evidence = &evidence,
			       .file = f->fd};
	int r = trust_demand_find(ctx, path, &demand, why);

	if (r < 0 || !*demand.id)
		return r;
	r = find_evidence(ctx, caller, path, &evidence);
	r = r < 0 ? fail(why, r, "out of memory") : trust_verdict(ctx, &c, NULL, why);
	free(evidence.data);
	return r;
}

static int fetch_file(struct context *ctx, const struct caller *caller, const char *path,
		      struct fetched *f, struct reason *why)
{
	_close_ int fd = job_open(ctx->forkserver, &caller->identity, JOB_OPEN_OBJECT, path, why);
	int r;

	if (fd < 0)
		return fd;
	r = job_copy(fd, f->digest, why);
	if (r < 0) {
		reason_prefix(why, "%s", path);
		return r;
	}
	f->fd = r;
	return verify_file(ctx, caller, path, f, why);
}

/* The thread that had the image pulled it before; here nothing waits for a network. */
static int fetch_image(struct context *ctx, const struct bytecode *b, struct fetched *f,
		       struct reason *why)
{
	_demand_ struct trust_demand demand = {0};
	_image_ struct image image = {0};
	int r = images_check(ctx->images, why);

	if (r == 0)
		r = trust_demand_find(ctx, b->path, &demand, why);
	if (r == 0)
		r = images_get(ctx->images, b->path, &image, why);
	if (r < 0)
		return r;
	if (r == 1 && *demand.id && strcmp(demand.id, image.rule) != 0)
		return fail(why, -EAGAIN, "the policy of image %s changed meanwhile: try again",
			    b->path);
	if (r == 0)
		return fail(why, -EAGAIN, "image %s left the store meanwhile: try again", b->path);
	r = images_open_blob(ctx->images, image.object, why);
	if (r < 0)
		return r;
	f->fd = r;
	f->labels = image.labels;
	image.labels = (struct image_labels){0};
	memcpy(f->digest, image.object, sizeof(f->digest));
	return 0;
}

static int verify_layout(struct context *ctx, const struct trust_demand *demand, const char *name,
			 const struct image_found *found, struct reason *why)
{
	bool is_index = strcmp(found->top, found->manifest) != 0;

	return trust_verdict(
		ctx,
		&(struct trust_case){.demand = demand,
				     .name = name,
				     .digests = {found->top, is_index ? found->manifest : NULL},
				     .evidence = &found->evidence,
				     .file = -1},
		NULL, why);
}

/* @at: the layout. @name: what the policy knows it by; a mirror does not change that. */
struct origin {
	const struct bytecode *at;
	const char *name;
};

static int fetch_layout(struct context *ctx, const struct caller *caller,
			const struct origin *origin, struct fetched *f, struct reason *why)
{
	_cleanup_(image_found_done) struct image_found found = {.fd = -1};
	_demand_ struct trust_demand demand = {0};
	struct image_ask ask = {.as = &caller->identity, .from = origin->at};
	_text_ struct text btf = {0};
	int r = trust_demand_find(ctx, origin->name, &demand, why);

	ask.wants_signatures = *demand.id != '\0';
	btf_archive_name(&btf);
	ask.btf = btf.data;
	if (r == 0)
		r = job_image(ctx->forkserver, &ask, &found, why);
	if (r == 0 && ask.wants_signatures)
		r = verify_layout(ctx, &demand, origin->name, &found, why);
	if (r < 0)
		return r;
	f->fd = take_fd(&found.fd);
	f->labels = found.labels;
	found.labels = (struct image_labels){0};
	memcpy(f->digest, found.digest, sizeof(f->digest));
	return 0;
}

static int fetch(struct context *ctx, const struct caller *caller, const struct bytecode *b,
		 struct fetched *f, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode mirror = {0};
	_free_ char *text = NULL;
	int r;

	if (b->scheme == BYTECODE_FILE)
		return fetch_file(ctx, caller, b->path, f, why);
	if (b->scheme == BYTECODE_OCI)
		return fetch_layout(ctx, caller, &(struct origin){b, b->url}, f, why);
	if (!settings_has_layout(ctx->settings, b->path))
		return fetch_image(ctx, b, f, why);
	r = settings_resolve_image(ctx->settings, b->url, &text, why);
	if (r == 0)
		r = bytecode_parse(text, &mirror, why);
	return r < 0 ? r : fetch_layout(ctx, caller, &(struct origin){&mirror, b->path}, f, why);
}

static int describe(struct context *ctx, struct fetched *f, struct reason *why)
{
	int r = store_object_get(ctx->store, f->digest, &f->object, why);

	if (r != 0)
		return r < 0 ? r : 0;
	r = job_look(ctx->forkserver, f->fd, &f->object, why);
	if (r < 0) {
		reason_prefix(why, "%s", f->url);
		return r;
	}
	return store_object_put(ctx->store, f->digest, &f->object, why);
}

int observe_bytecode(struct context *ctx, const struct caller *caller, const char *text,
		     struct fetched *ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode b = {0};
	_cleanup_(fetched_done) struct fetched f = {.fd = -1};
	int r;

	if (!*text)
		return fail(why, -EINVAL, "no bytecode given");
	r = bytecode_parse(text, &b, why);
	if (r < 0)
		return r;
	if (text_set(&f.url, b.url) < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = fetch(ctx, caller, &b, &f, why);
	if (r == 0)
		r = describe(ctx, &f, why);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct fetched){.fd = -1};
	return 0;
}
