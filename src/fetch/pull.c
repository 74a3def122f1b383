/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order in which endpoints are asked, with whose credentials, and what makes an answer. */
#include "fetch/pull.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "fetch/verdict.h"
#include "image/manifest.h"
#include "image/read.h"
#include "image/signed.h"
#include "model/bytecode.h"
#include "registry/client.h"

void pulled_done(struct pulled *p)
{
	fetch_answer_done(&p->answer);
	collection_done(&p->collection);
	fd_close(&p->object);
}

/* Those of the request, for the registry itself. */
static int take_given(const struct fetch_order *order, struct credentials *ret, struct reason *why)
{
	bool is_token = order->username && strcmp(order->username, "<token>") == 0;
	int r;

	if (is_token)
		r = text_set(&ret->identity_token, order->password);
	else
		r = text_set(&ret->username, order->username ? order->username : "");
	if (r == 0 && !is_token)
		r = text_set(&ret->password, order->password);
	return r < 0 ? fail(why, r, "out of memory") : 1;
}

/* @is_origin: it is the registry itself, and not a mirror: what the caller gave is for it alone. */
static int find_credentials(const struct fetch_order *order, const struct bytecode *ref,
			    bool is_origin, struct credentials *ret, struct reason *why)
{
	int r;

	if (order->password && is_origin)
		return take_given(order, ret, why);
	if (order->auth.len == 0)
		return 0;
	r = auth_find(&(struct auth_file){order->auth.data, order->auth.len}, ref, ret, why);
	if (r <= 0 || !ret->helper)
		return r;
	fail(why, -EACCES, "the credentials for %s are with the helper docker-credential-%s",
	     ref->host, ret->helper);
	reason_hint(why,
		    "the daemon runs no helpers: bpfctl image pull asks yours, or put the login "
		    "into auth-file itself");
	return -EACCES;
}

static int finish(struct pulled *p, struct image_object *object, struct reason *why)
{
	struct fetch_answer *a = &p->answer;

	p->object = fd_memfd_sealed("object", object->elf.data, object->elf.len);
	if (p->object < 0)
		return fail(why, p->object, "cannot hold the object: %s", strerror(-p->object));
	if (text_set(&a->dialect, object->dialect) < 0)
		return fail(why, -ENOMEM, "out of memory");
	memcpy(a->manifest, object->digest, DIGEST_TEXT_SIZE);
	a->labels = object->labels;
	object->labels = (struct image_labels){0};
	for (size_t i = 0; i < p->collection.n; i++)
		a->blobs[a->n_blobs++] = p->collection.items[i].blob;
	return 0;
}

static int read_image(const struct fetch_order *order, const struct registry_document *top,
		      struct pulled *p, struct reason *why)
{
	_cleanup_(image_object_done) struct image_object object = {0};
	const struct image_source source = collection_source(&p->collection);
	const struct image_descriptor at = {
		.media_type = top->media_type, .digest = top->digest, .size = top->len};
	const struct image_request request = {.source = &source,
					      .at = &at,
					      .architecture = image_host_architecture(),
					      .btf = order->btf};
	int r;

	r = collection_add(&p->collection, top, why);
	if (r == 0)
		r = image_read(&request, &object, why);
	return r < 0 ? r : finish(p, &object, why);
}

static int describe(const struct registry_document *top, struct fetch_answer *a)
{
	memcpy(a->digest, top->digest, DIGEST_TEXT_SIZE);
	memcpy(a->manifest, top->digest, DIGEST_TEXT_SIZE);
	return text_set(&a->media_type, top->media_type);
}

/* @registry: NULL: a layout has the signatures. */
static int collect(struct registry *registry, const struct image_source *layout, const char *digest,
		   struct evidence *ret, struct reason *why)
{
	const struct signature_reader reader = verdict_reader(registry);

	return registry ? signatures_collect(&reader, digest, ret, why)
			: image_signatures(layout, digest, ret, why);
}

/* Signatures of what the tag leads to, and of this machine's manifest below it. */
static int verify(const struct fetch_order *order, struct pulled *p, struct reason *why)
{
	const char *const digests[] = {p->answer.digest, p->answer.manifest};
	const struct collection *c = &p->collection;
	size_t n = strcmp(digests[0], digests[1]) == 0 ? 1 : 2;
	const struct verdict_subject subject = {.digests = digests, .n_digests = n};
	_evidence_ struct evidence evidence = {.n = 0};
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && verdict_wants_signatures(order); i++)
		r = collect(c->registry, c->layout, digests[i], &evidence, why);
	return r < 0 ? r : verdict_give(order, &subject, &evidence, &p->answer, why);
}

static int pull(struct registry *registry, const struct fetch_order *order, const char *version,
		struct pulled *p, struct reason *why)
{
	_document_ struct registry_document top = {0};
	int r = registry_manifest(registry, version, &top, why);

	if (r < 0)
		return r;
	if (describe(&top, &p->answer) < 0)
		return fail(why, -ENOMEM, "out of memory");
	p->collection.registry = registry;
	r = read_image(order, &top, p, why);
	return r < 0 || order->rule.len == 0 ? r : verify(order, p, why);
}

/* @known: cheaper than the manifest, and the manifest may be in the store. */
static int ask(const struct fetch_order *order, const struct fetch_endpoint *from,
	       const struct bytecode *ref, struct pulled *p, struct reason *why)
{
	_credentials_ struct credentials credentials = {0};
	_registry_ struct registry *registry = NULL;
	struct registry_options options = {
		.url = from->url,
		.repository = from->repository,
		.http = {.ca = {from->ca.data, from->ca.len},
			 .cert = {from->cert.data, from->cert.len},
			 .key = {from->key.data, from->key.len},
			 .may_be_plain = from->may_be_plain,
			 .skips_verify = from->skips_verify,
			 .proxy = order->proxy,
			 .no_proxy = order->no_proxy},
	};
	bool is_origin = from == &order->endpoints[order->n_endpoints - 1];
	int r = find_credentials(order, ref, is_origin, &credentials, why);

	if (r < 0)
		return r;
	options.credentials = r == 1 ? &credentials : NULL;
	r = registry_new(&options, &registry, why);
	if (r == 0 && text_set(&p->answer.source, from->url) < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0 && order->known) {
		r = registry_resolve(registry, bytecode_version(ref), p->answer.digest, why);
		p->answer.is_known = r == 0 && strcmp(p->answer.digest, order->known) == 0;
		memcpy(p->answer.manifest, p->answer.digest, DIGEST_TEXT_SIZE);
	}
	return r < 0 || p->answer.is_known ? r
					   : pull(registry, order, bytecode_version(ref), p, why);
}

/* Credentials are looked up by the host that is asked: those of the origin are not a mirror's. */
static int place_of(const struct fetch_endpoint *from, const struct bytecode *ref,
		    struct bytecode *ret)
{
	const char *host = strstr(from->url, "://");

	ret->host = host ? strdup(host + 3) : NULL;
	ret->repository = strdup(from->repository);
	ret->tag = ref->tag ? strdup(ref->tag) : NULL;
	ret->digest = ref->digest ? strdup(ref->digest) : NULL;
	return ret->host && ret->repository ? 0 : -ENOMEM;
}

static int ask_place(const struct fetch_order *order, const struct fetch_endpoint *from,
		     const struct bytecode *ref, struct pulled *p, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode there = {0};

	if (place_of(from, ref, &there) < 0)
		return fail(why, -ENOMEM, "out of memory");
	/* Explicit credentials, and names such as docker.io, are the origin's. */
	return ask(order, from, from == &order->endpoints[order->n_endpoints - 1] ? ref : &there, p,
		   why);
}

/* What the last said, and shorter what those before it said. */
static int refuse(struct reason *last, const struct text *others, struct reason *why)
{
	reason_detail_adopt(why, take_ptr(last->detail));
	if (last->hint[0] != '\0')
		reason_hint(why, "%s", last->hint);
	return fail(why, last->code, "%s%s%.400s", last->text,
		    others->len > 0 ? "; the mirrors before it: " : "",
		    others->len > 0 ? others->data : "");
}

int pull_image(const struct fetch_order *order, int store, struct pulled *ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode ref = {0};
	_reason_ struct reason last = {0};
	_text_ struct text others = {0};
	_text_ struct text url = {0};
	int r;

	text_add(&url, "image://%s", order->reference);
	r = url.r < 0 ? fail(why, -ENOMEM, "out of memory") : bytecode_parse(url.data, &ref, why);
	if (r == 0 && order->n_endpoints == 0)
		r = fail(why, -EINVAL, "no registry to ask");
	if (r < 0)
		return r;
	for (size_t i = 0; i < order->n_endpoints; i++) {
		if (i > 0)
			text_add(&others, "%s%.200s", others.len ? "; " : "", last.text);
		reason_done(&last);
		*ret = (struct pulled){.object = -1, .collection = {.store = store}};
		r = ask_place(order, &order->endpoints[i], &ref, ret, &last);
		if (r == 0)
			return 0;
		pulled_done(ret);
	}
	return refuse(&last, &others, why);
}

int pull_layout(const struct fetch_order *order, const struct image_source *layout, int store,
		struct pulled *ret, struct reason *why)
{
	_cleanup_(image_object_done) struct image_object object = {0};
	struct image_source source;
	struct image_request request = {.source = &source,
					.tag = *order->layout ? order->layout : NULL,
					.architecture = image_host_architecture(),
					.btf = order->btf};
	struct fetch_answer *a = &ret->answer;
	int r;

	*ret = (struct pulled){.object = -1, .collection = {.layout = layout, .store = store}};
	source = collection_source(&ret->collection);
	r = image_read(&request, &object, why);
	if (r < 0)
		return r;
	memcpy(a->digest, object.top, DIGEST_TEXT_SIZE);
	r = text_set(&a->media_type, object.top_type);
	if (r == 0)
		r = text_set(&a->source, "a layout");
	if (r < 0)
		return fail(why, r, "out of memory");
	r = finish(ret, &object, why);
	return r < 0 || order->rule.len == 0 ? r : verify(order, ret, why);
}
