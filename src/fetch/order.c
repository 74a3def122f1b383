/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bytes between bpfd and bpfd-fetch. */
#include "fetch/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define STRING_MAX 8192
#define SECRET_MAX 16384

static void file_done(struct fetch_file *f)
{
	if (f->data)
		explicit_bzero(f->data, f->len);
	free(f->data);
}

static void endpoint_done(struct fetch_endpoint *e)
{
	free(e->url);
	free(e->repository);
	file_done(&e->ca);
	file_done(&e->cert);
	file_done(&e->key);
}

void fetch_order_done(struct fetch_order *o)
{
	for (size_t i = 0; i < o->n_endpoints; i++)
		endpoint_done(&o->endpoints[i]);
	if (o->password)
		explicit_bzero(o->password, strlen(o->password));
	free(o->reference);
	free(o->username);
	free(o->password);
	file_done(&o->auth);
	free(o->proxy);
	free(o->no_proxy);
	free(o->known);
	free(o->layout);
	free(o->btf);
	file_done(&o->rule);
	file_done(&o->evidence);
	for (size_t i = 0; i < o->n_digests; i++)
		free(o->digests[i]);
	memset(o, 0, sizeof(*o));
}

static void put_file(struct text *w, const struct fetch_file *f)
{
	buf_put_bytes(w, f->data, f->len);
}

static void get_file(struct buf_reader *rd, size_t max, struct fetch_file *ret)
{
	const void *data = buf_get_bytes(rd, max, &ret->len);

	if (rd->r < 0 || ret->len == 0)
		return;
	ret->data = malloc(ret->len);
	if (ret->data)
		memcpy(ret->data, data, ret->len);
	else
		rd->r = -ENOMEM;
}

/* An empty string stands for none. */
static char *get_optional(struct buf_reader *rd, size_t max)
{
	char *s = buf_get_str(rd, max);

	if (s && *s == '\0') {
		free(s);
		return NULL;
	}
	return s;
}

void fetch_order_encode(const struct fetch_order *o, struct text *w)
{
	buf_put_str(w, o->reference);
	buf_put_u32(w, (uint32_t)o->n_endpoints);
	for (size_t i = 0; i < o->n_endpoints; i++) {
		const struct fetch_endpoint *e = &o->endpoints[i];

		buf_put_str(w, e->url);
		buf_put_str(w, e->repository);
		buf_put_u32(w, e->may_be_plain);
		buf_put_u32(w, e->skips_verify);
		put_file(w, &e->ca);
		put_file(w, &e->cert);
		put_file(w, &e->key);
	}
	buf_put_str(w, o->username);
	buf_put_str(w, o->password);
	put_file(w, &o->auth);
	buf_put_str(w, o->proxy);
	buf_put_str(w, o->no_proxy);
	buf_put_str(w, o->known);
	buf_put_u32(w, o->layout != NULL);
	buf_put_str(w, o->layout);
	buf_put_str(w, o->btf);
	put_file(w, &o->rule);
	buf_put_u32(w, o->is_verdict);
	put_file(w, &o->evidence);
	buf_put_u32(w, (uint32_t)o->n_digests);
	for (size_t i = 0; i < o->n_digests; i++)
		buf_put_str(w, o->digests[i]);
}

static void get_endpoint(struct buf_reader *rd, struct fetch_endpoint *e)
{
	e->url = buf_get_str(rd, STRING_MAX);
	e->repository = buf_get_str(rd, STRING_MAX);
	e->may_be_plain = buf_get_u32(rd);
	e->skips_verify = buf_get_u32(rd);
	get_file(rd, FETCH_FILE_MAX, &e->ca);
	get_file(rd, FETCH_FILE_MAX, &e->cert);
	get_file(rd, FETCH_FILE_MAX, &e->key);
}

int fetch_order_decode(const void *data, size_t len, struct fetch_order *ret)
{
	_cleanup_(fetch_order_done) struct fetch_order o = {0};
	struct buf_reader rd;
	bool is_layout;
	int r;

	buf_reader_init(&rd, data, len);
	o.reference = buf_get_str(&rd, STRING_MAX);
	o.n_endpoints = buf_get_count(&rd, FETCH_ENDPOINTS_MAX);
	for (size_t i = 0; i < o.n_endpoints; i++)
		get_endpoint(&rd, &o.endpoints[i]);
	o.username = get_optional(&rd, SECRET_MAX);
	o.password = get_optional(&rd, SECRET_MAX);
	get_file(&rd, FETCH_FILE_MAX, &o.auth);
	o.proxy = get_optional(&rd, STRING_MAX);
	o.no_proxy = get_optional(&rd, STRING_MAX);
	o.known = get_optional(&rd, DIGEST_TEXT_SIZE);
	is_layout = buf_get_u32(&rd);
	o.layout = buf_get_str(&rd, STRING_MAX);
	o.btf = get_optional(&rd, STRING_MAX);
	if (!is_layout) {
		free(o.layout);
		o.layout = NULL;
	}
	get_file(&rd, FETCH_TRUST_MAX, &o.rule);
	o.is_verdict = buf_get_u32(&rd);
	get_file(&rd, FETCH_TRUST_MAX, &o.evidence);
	o.n_digests = buf_get_count(&rd, FETCH_DIGESTS_MAX);
	for (size_t i = 0; i < o.n_digests; i++)
		o.digests[i] = buf_get_str(&rd, DIGEST_TEXT_SIZE);
	r = buf_reader_end(&rd);
	if (r < 0)
		return r;
	*ret = o;
	memset(&o, 0, sizeof(o));
	return 0;
}

void fetch_answer_done(struct fetch_answer *a)
{
	free(a->media_type);
	free(a->dialect);
	free(a->source);
	free(a->verified);
	file_done(&a->evidence);
	image_labels_done(&a->labels);
	memset(a, 0, sizeof(*a));
}

void fetch_answer_encode(const struct fetch_answer *a, struct text *w)
{
	_text_ struct text labels = {0};

	image_labels_encode(&a->labels, &labels);
	buf_put_u32(w, a->is_known);
	buf_put_str(w, a->digest);
	buf_put_str(w, a->manifest);
	buf_put_str(w, a->media_type);
	buf_put_str(w, a->dialect);
	buf_put_str(w, a->source);
	buf_put_bytes(w, labels.data, labels.len);
	buf_put_u32(w, (uint32_t)a->n_blobs);
	for (size_t i = 0; i < a->n_blobs; i++) {
		buf_put_str(w, a->blobs[i].digest);
		buf_put_u64(w, a->blobs[i].size);
		buf_put_u32(w, a->blobs[i].is_stored);
	}
	buf_put_str(w, a->verified);
	put_file(w, &a->evidence);
	if (labels.r < 0)
		w->r = labels.r;
}

static void get_digest(struct buf_reader *rd, char ret[static DIGEST_TEXT_SIZE])
{
	_free_ char *s = buf_get_str(rd, DIGEST_TEXT_SIZE);

	if (!s || !digest_is_valid(s)) {
		rd->r = rd->r < 0 ? rd->r : -EBADMSG;
		return;
	}
	memcpy(ret, s, DIGEST_TEXT_SIZE);
}

static void get_rest(struct buf_reader *rd, struct fetch_answer *a)
{
	const void *labels;
	size_t len;

	labels = buf_get_bytes(rd, FETCH_FILE_MAX, &len);
	if (rd->r == 0)
		rd->r = image_labels_decode(labels, len, &a->labels);
	a->n_blobs = buf_get_count(rd, FETCH_BLOBS_MAX);
	for (size_t i = 0; i < a->n_blobs; i++) {
		get_digest(rd, a->blobs[i].digest);
		a->blobs[i].size = buf_get_u64(rd);
		a->blobs[i].is_stored = buf_get_u32(rd);
	}
	a->verified = get_optional(rd, STRING_MAX);
	get_file(rd, FETCH_TRUST_MAX, &a->evidence);
}

int fetch_answer_decode(const void *data, size_t len, struct fetch_answer *ret)
{
	_cleanup_(fetch_answer_done) struct fetch_answer a = {0};
	struct buf_reader rd;
	int r;

	buf_reader_init(&rd, data, len);
	a.is_known = buf_get_u32(&rd);
	get_digest(&rd, a.digest);
	get_digest(&rd, a.manifest);
	a.media_type = buf_get_str(&rd, STRING_MAX);
	a.dialect = buf_get_str(&rd, STRING_MAX);
	a.source = buf_get_str(&rd, STRING_MAX);
	get_rest(&rd, &a);
	r = buf_reader_end(&rd);
	if (r < 0)
		return r;
	*ret = a;
	memset(&a, 0, sizeof(a));
	return 0;
}
