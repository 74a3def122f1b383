/* SPDX-License-Identifier: Apache-2.0 */
/* Owns Rekor's signatures: entry timestamps, inclusion proofs (RFC 6962), checkpoints (signed
 * notes). What an entry says is entry.c's. */
#include "trust/keyless/log.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/reason.h"
#include "base/text.h"
#include "trust/content.h"
#include "trust/json.h"
#include "trust/keyless/entry.h"

#define PROOF_MAX 64

/* protobuf's JSON writes 64-bit numbers as text. */
static int get_number(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *n = json_object_get(object, key);

	if (json_is_integer(n) && json_integer_value(n) >= 0) {
		*ret = (uint64_t)json_integer_value(n);
		return 0;
	}
	return json_is_string(n) && text_parse_u64(json_string_value(n), INT64_MAX, ret) == 0
		       ? 0
		       : -EBADMSG;
}

static const struct root_log *find_log(const struct trust_root *root, const unsigned char *id,
				       size_t len)
{
	for (size_t i = 0; i < root->n_logs && len > 0; i++)
		if (memcmp(root->logs[i].id, id, len) == 0)
			return &root->logs[i];
	return NULL;
}

/* --- signed entry timestamp --- */

/* What the log has put its name to. */
struct promise {
	const char *body; /* base64 */
	uint64_t at;
	uint64_t index;
	const struct root_log *log;
	struct key_bytes signature;
};

static int check_promise(const struct promise *p, struct reason *why)
{
	_text_ struct text id = {0};
	_free_ char *text = NULL;
	json_t *json;

	for (size_t i = 0; i < 32; i++)
		text_add(&id, "%02x", p->log->id[i]);
	json = id.r < 0 ? NULL
			: json_pack("{s:s,s:I,s:s,s:I}", "body", p->body, "integratedTime",
				    (json_int_t)p->at, "logID", id.data, "logIndex",
				    (json_int_t)p->index);
	text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(json);
	if (!text)
		return fail(why, -ENOMEM, "out of memory");
	if (!root_is_within(&p->log->window, (time_t)p->at) ||
	    !key_verify(p->log->key, &(struct key_bytes){text, strlen(text)}, &p->signature))
		return fail(why, -EACCES, "the log has not signed its entry");
	return 0;
}

int log_verify_set(const struct trust_root *root, const struct key_bytes *text,
		   const struct log_subject *subject, time_t *ret_at, struct reason *why)
{
	_json_ json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *payload = json_object_get(json, "Payload");
	const char *hex = json_string_value(json_object_get(payload, "logID"));
	struct promise p = {.body = json_string_value(json_object_get(payload, "body"))};
	_bytes_ struct trust_bytes signature = {0};
	_bytes_ struct trust_bytes body = {0};
	unsigned char id[32];
	int r;

	if (!p.body || !hex || strlen(hex) != 64 ||
	    get_number(payload, "integratedTime", &p.at) < 0 ||
	    get_number(payload, "logIndex", &p.index) < 0 ||
	    content_bytes(json, "SignedEntryTimestamp", &signature) < 0 ||
	    content_bytes(payload, "body", &body) < 0)
		return fail(why, -EACCES, "the log's word on it is malformed");
	for (size_t i = 0; i < 32; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &id[i]) != 1)
			return fail(why, -EACCES, "the log's word on it is malformed");
	p.log = find_log(root, id, sizeof(id));
	if (!p.log)
		return fail(why, -EACCES, "its log is not one of the trust root's");
	p.signature = (struct key_bytes){signature.data, signature.len};
	r = check_promise(&p, why);
	if (r == 0)
		r = entry_check(&(struct key_bytes){body.data, body.len}, subject, why);
	if (r == 0)
		*ret_at = (time_t)p.at;
	return r;
}

/* --- inclusion proof --- */

/* SHA-256 of a prefix and one or two texts (RFC 6962, 2.1). */
static int hash(unsigned char prefix, const struct key_bytes *a, const struct key_bytes *b,
		unsigned char ret[static 32])
{
	_text_ struct text w = {0};

	text_add_bytes(&w, &prefix, 1);
	text_add_bytes(&w, a->data, a->len);
	text_add_bytes(&w, b->data, b->len);
	if (w.r < 0)
		return w.r;
	SHA256((const unsigned char *)w.data, w.len, ret);
	return 0;
}

static int hash_step(const json_t *step, bool is_right, unsigned char sum[static 32])
{
	const char *text = json_string_value(step);
	struct key_bytes a = {sum, 32}, b = {NULL, 32};
	_free_ char *other = NULL;
	size_t len;

	if (!text || base64_decode(text, strlen(text), &other, &len) < 0 || len != 32)
		return -EBADMSG;
	b.data = other;
	return is_right ? hash(1, &b, &a, sum) : hash(1, &a, &b, sum);
}

/* The root of a tree of @size leaves whose leaf @index is @sum (RFC 9162, 2.1.3.2). */
static int climb(const json_t *path, uint64_t index, uint64_t size, unsigned char sum[static 32])
{
	uint64_t last = size - 1;
	int r;

	if (size == 0 || index >= size || json_array_size(path) > PROOF_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < json_array_size(path); i++) {
		bool is_right = (index & 1) || index == last;

		if (last == 0)
			return -EBADMSG;
		r = hash_step(json_array_get(path, i), is_right, sum);
		if (r < 0)
			return r;
		while (is_right && index != 0 && !(index & 1)) {
			index >>= 1;
			last >>= 1;
		}
		index >>= 1;
		last >>= 1;
	}
	return last == 0 ? 0 : -EBADMSG;
}

/* A line of the note that names who signed: "\u2014 NAME BASE64". */
static bool is_signed_line(const struct root_log *log, const char *line, size_t len,
			   const struct key_bytes *note)
{
	const char *at = memrchr(line, ' ', len);
	_free_ char *bytes = NULL;
	size_t n;

	if (len < 4 || memcmp(line, "\xe2\x80\x94 ", 4) != 0 || !at || at < line + 4 ||
	    base64_decode(at + 1, len - (size_t)(at + 1 - line), &bytes, &n) < 0 || n <= 4)
		return false;
	/* The first four bytes are a hint at the key; the signature alone counts. */
	return key_verify(log->key, note, &(struct key_bytes){bytes + 4, n - 4});
}

/* The second and third line: size and root of the tree. */
static int read_note(const char *note, size_t len, uint64_t *ret_size, char **ret_root)
{
	const char *size = memchr(note, '\n', len);
	const char *root = size ? memchr(size + 1, '\n', len - (size_t)(size + 1 - note)) : NULL;
	const char *end = root ? memchr(root + 1, '\n', len - (size_t)(root + 1 - note)) : NULL;
	_free_ char *text = NULL;
	size_t n;

	if (!end)
		return -EBADMSG;
	text = strndup(size + 1, (size_t)(root - size - 1));
	if (!text || text_parse_u64(text, INT64_MAX, ret_size) < 0 ||
	    base64_decode(root + 1, (size_t)(end - root - 1), ret_root, &n) < 0)
		return -EBADMSG;
	return n == 32 ? 0 : -EBADMSG;
}

static int check_checkpoint(const struct root_log *log, const char *text, uint64_t size,
			    const unsigned char root[static 32])
{
	const char *blank = text ? strstr(text, "\n\n") : NULL;
	size_t len = blank ? (size_t)(blank + 1 - text) : 0;
	const struct key_bytes note = {text, len};
	_free_ char *is = NULL;
	uint64_t is_size;

	if (!blank || read_note(text, len, &is_size, &is) < 0 || is_size != size ||
	    memcmp(is, root, 32) != 0)
		return -EBADMSG;
	for (const char *line = blank + 2; *line;) {
		size_t n = strcspn(line, "\n");

		if (is_signed_line(log, line, n, &note))
			return 0;
		line += n + (line[n] == '\n');
	}
	return -EACCES;
}

static int check_proof(const struct root_log *log, const json_t *proof,
		       const struct key_bytes *body, struct reason *why)
{
	const char *checkpoint = json_string_value(
		json_object_get(json_object_get(proof, "checkpoint"), "envelope"));
	const struct key_bytes nothing = {NULL, 0};
	unsigned char sum[32];
	uint64_t index, size;
	int r;

	if (get_number(proof, "logIndex", &index) < 0 || get_number(proof, "treeSize", &size) < 0 ||
	    hash(0, body, &nothing, sum) < 0 ||
	    climb(json_object_get(proof, "hashes"), index, size, sum) < 0)
		return fail(why, -EACCES, "the proof that it is in the log is malformed");
	r = check_checkpoint(log, checkpoint, size, sum);
	return r < 0 ? fail(why, -EACCES, "the log has not signed the tree that its entry is in")
		     : 0;
}

static int check_entry_promise(const json_t *entry, struct promise *p, time_t *ret_at,
			       struct reason *why)
{
	const json_t *promise = json_object_get(entry, "inclusionPromise");
	_bytes_ struct trust_bytes signature = {0};
	int r;

	if (get_number(entry, "integratedTime", &p->at) < 0 ||
	    get_number(entry, "logIndex", &p->index) < 0 ||
	    content_bytes(promise, "signedEntryTimestamp", &signature) < 0)
		return fail(why, -EACCES, "the log's promise is malformed");
	p->signature = (struct key_bytes){signature.data, signature.len};
	r = check_promise(p, why);
	if (r == 0)
		*ret_at = (time_t)p->at;
	return r;
}

int log_verify_entry(const struct trust_root *root, const json_t *entry,
		     const struct log_subject *subject, time_t *ret_at, struct reason *why)
{
	const json_t *proof = json_object_get(entry, "inclusionProof");
	bool has_promise = json_is_object(json_object_get(entry, "inclusionPromise"));
	struct promise p = {.body = json_string_value(json_object_get(entry, "canonicalizedBody"))};
	_bytes_ struct trust_bytes id = {0};
	_bytes_ struct trust_bytes body = {0};
	struct key_bytes b;
	int r = 0;

	*ret_at = 0;
	if (content_bytes(json_object_get(entry, "logId"), "keyId", &id) < 0 ||
	    content_bytes(entry, "canonicalizedBody", &body) < 0 || !(proof || has_promise))
		return fail(why, -EACCES, "its entry of the log is malformed");
	b = (struct key_bytes){body.data, body.len};
	/* Logs of the second version have shorter names. */
	p.log = id.len <= 32 && id.len >= 4 ? find_log(root, (const unsigned char *)id.data, id.len)
					    : NULL;
	if (!p.log)
		return fail(why, -EACCES, "its log is not one of the trust root's");
	if (has_promise)
		r = check_entry_promise(entry, &p, ret_at, why);
	if (r == 0 && proof)
		r = check_proof(p.log, proof, &b, why);
	return r < 0 ? r : entry_check(&b, subject, why);
}
