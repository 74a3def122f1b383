/* SPDX-License-Identifier: Apache-2.0 */
/* Owns trusted_root.json, and paths to its anchors. */
#include "trust/keyless/root.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "trust/content.h"

/* One array of the file on its way. */
struct reading {
	const char *key;
	struct reason *why;
};

static void authorities_done(struct root_authority *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < a[i].n; k++)
			X509_free(a[i].certificates[k]);
}

void trust_root_free(struct trust_root *root)
{
	if (!root)
		return;
	authorities_done(root->cas, root->n_cas);
	authorities_done(root->tsas, root->n_tsas);
	for (size_t i = 0; i < root->n_logs; i++)
		EVP_PKEY_free(root->logs[i].key);
	for (size_t i = 0; i < root->n_ct_logs; i++)
		EVP_PKEY_free(root->ct_logs[i].key);
	free(root);
}

static void root_freep(struct trust_root **root)
{
	trust_root_free(*root);
}

/* RFC 3339 in UTC; fractions do not count. */
static int read_time(const json_t *window, const char *key, time_t *ret)
{
	const char *text = json_string_value(json_object_get(window, key));
	struct tm tm = {0};
	const char *end;

	if (!text)
		return 0;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end || !strchr(end, 'Z'))
		return -EBADMSG;
	*ret = timegm(&tm);
	return 0;
}

static int read_window(const json_t *json, struct root_window *ret)
{
	const json_t *window = json_object_get(json, "validFor");

	return read_time(window, "start", &ret->start) < 0 ||
			       read_time(window, "end", &ret->end) < 0
		       ? -EBADMSG
		       : 0;
}

static int read_authority(const json_t *json, struct root_authority *ret)
{
	const json_t *list = json_object_get(json_object_get(json, "certChain"), "certificates");

	if (json_array_size(list) == 0 || json_array_size(list) > ROOT_CHAIN_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct trust_bytes der = {0};
		const unsigned char *p;
		int r = content_bytes(json_array_get(list, i), "rawBytes", &der);

		p = (const unsigned char *)der.data;
		ret->certificates[ret->n] = r == 0 ? d2i_X509(NULL, &p, (long)der.len) : NULL;
		free(der.data);
		if (!ret->certificates[ret->n])
			return -EBADMSG;
		ret->n++;
	}
	return read_window(json, &ret->window);
}

static int read_log(const json_t *json, struct root_log *ret)
{
	const json_t *key = json_object_get(json, "publicKey");
	struct trust_bytes der = {0};
	const unsigned char *p;
	int r = content_bytes(key, "rawBytes", &der);

	p = (const unsigned char *)der.data;
	ret->key = r == 0 ? d2i_PUBKEY(NULL, &p, (long)der.len) : NULL;
	if (ret->key)
		SHA256((const unsigned char *)der.data, der.len, ret->id);
	free(der.data);
	if (!ret->key || !key_is_accepted(ret->key))
		return -EBADMSG;
	return read_window(key, &ret->window);
}

static int fail_entry(const struct reading *rd, size_t i)
{
	return fail(rd->why, -EINVAL, "%s[%zu] of the trust root is not readable", rd->key, i);
}

static int read_authorities(const json_t *root, const struct reading *rd, struct root_authority *to,
			    size_t *n)
{
	const json_t *list = json_object_get(root, rd->key);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (*n == ROOT_ENTRIES_MAX ||
		    read_authority(json_array_get(list, i), &to[(*n)++]) < 0)
			return fail_entry(rd, i);
	return 0;
}

static int read_logs(const json_t *root, const struct reading *rd, struct root_log *to, size_t *n)
{
	const json_t *list = json_object_get(root, rd->key);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (*n == ROOT_ENTRIES_MAX || read_log(json_array_get(list, i), &to[(*n)++]) < 0)
			return fail_entry(rd, i);
	return 0;
}

static int read_root(const json_t *json, struct trust_root *root, struct reason *why)
{
	int r = read_authorities(json, &(struct reading){"certificateAuthorities", why}, root->cas,
				 &root->n_cas);

	if (r == 0)
		r = read_authorities(json, &(struct reading){"timestampAuthorities", why},
				     root->tsas, &root->n_tsas);
	if (r == 0)
		r = read_logs(json, &(struct reading){"tlogs", why}, root->logs, &root->n_logs);
	if (r == 0)
		r = read_logs(json, &(struct reading){"ctlogs", why}, root->ct_logs,
			      &root->n_ct_logs);
	if (r == 0 && (root->n_cas == 0 || root->n_logs == 0 || root->n_ct_logs == 0))
		r = fail(why, -EINVAL,
			 "the trust root lacks certificateAuthorities, tlogs or ctlogs");
	return r;
}

int trust_root_parse(const struct key_bytes *text, struct trust_root **ret, struct reason *why)
{
	json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	_cleanup_(root_freep) struct trust_root *root = calloc(1, sizeof(*root));
	int r;

	if (!json_is_object(json) || !root) {
		json_decref(json);
		return fail(why, root ? -EINVAL : -ENOMEM, "the trust root is not JSON");
	}
	r = read_root(json, root, why);
	json_decref(json);
	if (r == 0)
		*ret = take_ptr(root);
	return r;
}

void trust_root_describe(const struct trust_root *root, char *ret, size_t size)
{
	snprintf(ret, size, "trust root: %zu CA, %zu log, %zu CT log, %zu TSA", root->n_cas,
		 root->n_logs, root->n_ct_logs, root->n_tsas);
}

bool root_is_within(const struct root_window *window, time_t at)
{
	return (window->start == 0 || at >= window->start) &&
	       (window->end == 0 || at <= window->end);
}

static void store_freep(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static void ctx_freep(X509_STORE_CTX **ctx)
{
	X509_STORE_CTX_free(*ctx);
}

static void stack_freep(STACK_OF(X509) * *stack)
{
	sk_X509_free(*stack);
}

/* One path, by one authority. Return: 1: good; 0: not, and *ret_error says why. */
static int try_authority(const struct root_authority *a, const struct root_chain *chain,
			 X509 **ret_issuer, int *ret_error)
{
	_cleanup_(store_freep) X509_STORE *store = X509_STORE_new();
	_cleanup_(stack_freep) STACK_OF(X509) *between = sk_X509_new_null();
	_cleanup_(ctx_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int r;

	if (!store || !ctx || !between)
		return 0;
	for (size_t i = 0; i + 1 < a->n; i++)
		sk_X509_push(between, a->certificates[i]);
	X509_STORE_add_cert(store, a->certificates[a->n - 1]);
	if (X509_STORE_CTX_init(ctx, store, chain->leaf, between) != 1)
		return 0;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), chain->at);
	r = X509_verify_cert(ctx) == 1;
	*ret_error = X509_STORE_CTX_get_error(ctx);
	if (r == 1 && ret_issuer) {
		STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);

		/* A leaf that is its own anchor has no issuer but itself. */
		*ret_issuer = sk_X509_value(path, sk_X509_num(path) > 1 ? 1 : 0);
		X509_up_ref(*ret_issuer);
	}
	return r;
}

int root_verify(const struct root_chain *chain, X509 **ret_issuer, struct reason *why)
{
	int error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

	for (size_t i = 0; i < chain->n_authorities; i++) {
		const struct root_authority *a = &chain->authorities[i];

		if (root_is_within(&a->window, chain->at) &&
		    try_authority(a, chain, ret_issuer, &error) == 1)
			return 0;
	}
	return fail(why, -EACCES, "its certificate is not one of the trust root's: %s",
		    X509_verify_cert_error_string(error));
}
