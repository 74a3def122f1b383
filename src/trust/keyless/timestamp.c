/* SPDX-License-Identifier: Apache-2.0 */
/* Owns OpenSSL's timestamps. */
#include "trust/keyless/timestamp.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/ts.h>
#include <string.h>

#include "base/reason.h"

static void response_freep(TS_RESP **r)
{
	TS_RESP_free(*r);
}

static int read_time(TS_TST_INFO *info, time_t *ret)
{
	struct tm tm;

	if (!info || ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &tm) != 1)
		return -EBADMSG;
	*ret = timegm(&tm);
	return 0;
}

/* Is it a timestamp of these bytes? OpenSSL compares where the hash is known to the caller. */
static bool is_of(TS_TST_INFO *info, const struct key_bytes *bytes)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
	const X509_ALGOR *algorithm = imprint ? TS_MSG_IMPRINT_get_algo(imprint) : NULL;
	const ASN1_OCTET_STRING *said = imprint ? TS_MSG_IMPRINT_get_msg(imprint) : NULL;
	const EVP_MD *md = algorithm ? EVP_get_digestbyobj(algorithm->algorithm) : NULL;
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len;
	int nid = md ? EVP_MD_get_type(md) : NID_undef;

	if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512)
		return false;
	return EVP_Digest(bytes->data, bytes->len, sum, &len, md, NULL) == 1 &&
	       ASN1_STRING_length(said) == (int)len &&
	       memcmp(ASN1_STRING_get0_data(said), sum, len) == 0;
}

static void ctx_freep(TS_VERIFY_CTX **ctx)
{
	TS_VERIFY_CTX_free(*ctx);
}

/* What the context owns from here on: anchors that count at a time, and what lies between. */
static bool set_authority(TS_VERIFY_CTX *ctx, const struct root_authority *a, time_t at)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *others = sk_X509_new_null();

	TS_VERIFY_CTX_set_store(ctx, store);
	TS_VERIFY_CTS_set_certs(ctx, others);
	if (!store || !others)
		return false;
	X509_STORE_add_cert(store, a->certificates[a->n - 1]);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), at);
	for (size_t i = 0; i + 1 < a->n; i++) {
		X509_up_ref(a->certificates[i]);
		sk_X509_push(others, a->certificates[i]);
	}
	return true;
}

/* Signed by a certificate of this authority, which was valid then? */
static bool is_from(const struct root_authority *a, TS_RESP *response, time_t at)
{
	_cleanup_(ctx_freep) TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();

	if (!ctx || !set_authority(ctx, a, at))
		return false;
	TS_VERIFY_CTX_set_flags(ctx, TS_VFY_SIGNATURE | TS_VFY_VERSION);
	return TS_RESP_verify_response(ctx, response) == 1;
}

int timestamp_verify(const struct trust_root *root, const struct key_bytes *response,
		     const struct key_bytes *signature, time_t *ret_at, struct reason *why)
{
	const unsigned char *p = response->data;
	_cleanup_(response_freep) TS_RESP *r =
		response->len > INT_MAX ? NULL : d2i_TS_RESP(NULL, &p, (long)response->len);
	TS_TST_INFO *info = r ? TS_RESP_get_tst_info(r) : NULL;
	time_t at;

	if (read_time(info, &at) < 0)
		return fail(why, -EACCES, "its timestamp is malformed");
	if (!is_of(info, signature))
		return fail(why, -EACCES, "its timestamp is of another signature");
	for (size_t i = 0; i < root->n_tsas; i++)
		if (root_is_within(&root->tsas[i].window, at) && is_from(&root->tsas[i], r, at)) {
			*ret_at = at;
			return 0;
		}
	return fail(why, -EACCES, "its timestamp is by none of the trust root's authorities");
}
