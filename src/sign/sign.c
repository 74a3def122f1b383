/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "bpfctl image sign": what cosign writes, in both of its layouts, and a signature beside a
 * file. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/manifest.h"
#include "model/object.h"
#include "registry/auth/login.h"
#include "sign/command.h"
#include "sign/file.h"
#include "trust/key.h"

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
#define PREDICATE     "https://sigstore.dev/cosign/sign/v1"
#define STATEMENT     "application/vnd.in-toto+json"
#define COMPACT	      (JSON_COMPACT | JSON_SORT_KEYS)

/* One signature on its way. @top: the image's document. */
struct signing {
	struct place *place;
	struct evp_pkey_st *key;
	struct registry_document top;
};

static void signing_done(struct signing *s)
{
	registry_document_done(&s->top);
	key_free(&s->key);
}

static int read_key(const struct command *c, struct evp_pkey_st **ret, struct reason *why)
{
	struct trust_bytes pem = {0};
	_free_ char *password = NULL;
	int r = c->key_password_file ? login_read_password(c->key_password_file, &password, why)
				     : 0;

	if (r == 0)
		r = sign_read_file(c->keys[0], TRUST_FILE_MAX, &pem, why);
	if (r == 0) {
		r = key_read_private(&(struct key_bytes){pem.data, pem.len}, password, ret, why);
		if (r < 0)
			reason_prefix(why, "%s", c->keys[0]);
	}
	if (r == -EACCES)
		reason_hint(why,
			    "--key-password-file FILE gives its password, - is standard input");
	if (pem.data)
		explicit_bzero(pem.data, pem.len);
	free(pem.data);
	if (password)
		explicit_bzero(password, strlen(password));
	return r;
}

/* Standard base64: with padding. */
static void add_base64(struct text *w, const void *data, size_t len)
{
	base64_encode(w, data, len);
	text_add(w, "%s", len % 3 == 1 ? "==" : len % 3 == 2 ? "=" : "");
}

static int sign_bytes(const struct signing *s, const char *data, size_t len, struct text *ret,
		      struct reason *why)
{
	_text_ struct text bytes = {0};
	int r = key_sign(s->key, &(struct key_bytes){data, len}, &bytes);

	if (r == 0)
		add_base64(ret, bytes.data, bytes.len);
	return r < 0 || ret->r < 0 ? fail(why, r < 0 ? r : -ENOMEM, "cannot sign") : 0;
}

static int put_blob(const struct signing *s, const char *data, size_t len,
		    char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why)
{
	const struct image_bytes bytes = {(char *)(uintptr_t)data, len};

	digest_text(data, len, ret_digest);
	return place_put_blob(s->place, ret_digest, &bytes, why);
}

/* A document to be written. @version: NULL: its own digest. @json: owned by put_document(). */
struct draft {
	const char *version;
	const char *type;
	json_t *json;
};

static int put_document(const struct signing *s, const struct draft *draft,
			struct registry_document *ret, struct reason *why)
{
	char *text = draft->json ? json_dumps(draft->json, COMPACT) : NULL;

	json_decref(draft->json);
	*ret = (struct registry_document){.data = text, .len = text ? strlen(text) : 0};
	ret->media_type = strdup(draft->type);
	if (!text || !ret->media_type)
		return fail(why, -ENOMEM, "out of memory");
	digest_text(text, ret->len, ret->digest);
	return place_put_document(s->place, draft->version ? draft->version : ret->digest, ret,
				  why);
}

/* What is there under a tag; NULL: nothing. */
static int get_document(const struct signing *s, const char *tag, json_t **ret, struct reason *why)
{
	_document_ struct registry_document d = {0};
	_reason_ struct reason inner = {0};
	int r = place_document(s->place, tag, &d, &inner);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fail(why, r, "%s", inner.text);
	*ret = json_loadb(d.data, d.len, JSON_REJECT_DUPLICATES, NULL);
	return *ret ? 0 : fail(why, -EBADMSG, "what lies under the tag %s is not JSON", tag);
}

static json_t *descriptor(const char *type, const char *digest, size_t size)
{
	return json_pack("{s:s,s:s,s:I}", "mediaType", type, "digest", digest, "size",
			 (json_int_t)size);
}

/* --- cosign's first layout: the tag sha256-HEX.sig, a layer for each signature --- */

static int simple_payload(const struct signing *s, struct text *w)
{
	const struct bytecode *n = &s->place->name;
	_text_ struct text name = {0};
	json_t *json;
	char *text;

	if (n->host)
		text_add(&name, "%s/%s", n->host, n->repository);
	json = json_pack("{s:{s:{s:s},s:{s:s},s:s},s:n}", "critical", "identity",
			 "docker-reference", name.data ? name.data : "", "image",
			 "docker-manifest-digest", s->top.digest, "type",
			 "cosign container image signature", "optional");
	text = json ? json_dumps(json, COMPACT) : NULL;
	json_decref(json);
	if (text)
		text_add(w, "%s", text);
	free(text);
	return text && w->r == 0 ? 0 : -ENOMEM;
}

/* The config of a manifest that is no container: its layers, and nothing else. */
static json_t *simple_config(const json_t *layers)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < json_array_size(layers); i++)
		json_array_append(ids, json_object_get(json_array_get(layers, i), "digest"));
	return json_pack("{s:s,s:s,s:{},s:{s:s,s:o}}", "architecture", "", "os", "", "config",
			 "rootfs", "type", "layers", "diff_ids", ids);
}

/* One payload and one key make one layer: signing again changes nothing but ECDSA's chance. */
static int add_layer(const struct signing *s, json_t *layers, struct reason *why)
{
	_text_ struct text payload = {0};
	_text_ struct text signature = {0};
	char digest[DIGEST_TEXT_SIZE];
	json_t *layer;
	int r = simple_payload(s, &payload);

	r = r < 0 ? fail(why, r, "out of memory")
		  : sign_bytes(s, payload.data, payload.len, &signature, why);
	if (r == 0)
		r = put_blob(s, payload.data, payload.len, digest, why);
	if (r < 0)
		return r;
	layer = descriptor(SIGNATURE_SIMPLE_TYPE, digest, payload.len);
	json_object_set_new(
		layer, "annotations",
		json_pack("{s:s}", "dev.cosignproject.cosign/signature", signature.data));
	return json_array_append_new(layers, layer) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

static int write_simple(const struct signing *s, char ret_tag[static 80], struct reason *why)
{
	_document_ struct registry_document d = {0};
	_json_ json_t *old = NULL;
	_json_ json_t *config = NULL;
	_json_ json_t *layers = NULL;
	_free_ char *text = NULL;
	char digest[DIGEST_TEXT_SIZE];
	int r;

	signatures_tag(s->top.digest, ".sig", ret_tag);
	r = get_document(s, ret_tag, &old, why);
	layers = json_is_array(json_object_get(old, "layers"))
			 ? json_deep_copy(json_object_get(old, "layers"))
			 : json_array();
	if (r == 0)
		r = add_layer(s, layers, why);
	if (r < 0)
		return r;
	config = simple_config(layers);
	text = config ? json_dumps(config, COMPACT) : NULL;
	if (!text)
		return fail(why, -ENOMEM, "out of memory");
	r = put_blob(s, text, strlen(text), digest, why);
	if (r < 0)
		return r;
	return put_document(
		s,
		&(struct draft){ret_tag, MANIFEST_TYPE,
				json_pack("{s:i,s:s,s:o,s:O}", "schemaVersion", 2, "mediaType",
					  MANIFEST_TYPE, "config",
					  descriptor("application/vnd.oci.image.config.v1+json",
						     digest, strlen(text)),
					  "layers", layers)},
		&d, why);
}

/* --- its second: a bundle that refers to the image --- */

static int make_statement(const struct signing *s, struct text *w)
{
	text_add(w,
		 "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{"
		 "\"sha256\":\"%s\"}}],\"predicateType\":\"" PREDICATE "\",\"predicate\":{}}",
		 s->top.digest + strlen("sha256:"));
	return w->r;
}

/* What tells keys apart: the digest of the public half. */
static int key_hint(const struct signing *s, struct text *ret)
{
	_text_ struct text pem = {0};
	char digest[DIGEST_TEXT_SIZE];
	int r = key_write_public(s->key, &pem);

	if (r < 0)
		return r;
	digest_text(pem.data, pem.len, digest);
	text_add(ret, "%s", digest);
	return ret->r;
}

static int make_bundle(const struct signing *s, char **ret, struct reason *why)
{
	_text_ struct text statement = {0};
	_text_ struct text pae = {0};
	_text_ struct text signature = {0};
	_text_ struct text payload = {0};
	_text_ struct text hint = {0};
	json_t *json;
	int r = make_statement(s, &statement);

	if (r == 0)
		r = key_hint(s, &hint);
	if (r < 0)
		return fail(why, r, "cannot make a bundle");
	text_add(&pae, "DSSEv1 %zu %s %zu %s", strlen(STATEMENT), STATEMENT, statement.len,
		 statement.data);
	add_base64(&payload, statement.data, statement.len);
	r = pae.r < 0 || payload.r < 0 ? fail(why, -ENOMEM, "out of memory")
				       : sign_bytes(s, pae.data, pae.len, &signature, why);
	if (r < 0)
		return r;
	json = json_pack("{s:s,s:{s:{s:s}},s:{s:s,s:s,s:[{s:s}]}}", "mediaType",
			 SIGNATURE_BUNDLE_TYPE, "verificationMaterial", "publicKey", "hint",
			 hint.data, "dsseEnvelope", "payload", payload.data, "payloadType",
			 STATEMENT, "signatures", "sig", signature.data);
	*ret = json ? json_dumps(json, COMPACT) : NULL;
	json_decref(json);
	return *ret ? 0 : fail(why, -ENOMEM, "out of memory");
}

/* Registries without referrers, and layouts: an index under the tag sha256-HEX. */
static int add_referrer(const struct signing *s, const struct registry_document *d,
			struct reason *why)
{
	_document_ struct registry_document written = {0};
	_json_ json_t *old = NULL;
	json_t *manifests, *entry;
	char tag[80];
	int r;

	signatures_tag(s->top.digest, "", tag);
	r = get_document(s, tag, &old, why);
	if (r < 0)
		return r;
	manifests = json_is_array(json_object_get(old, "manifests"))
			    ? json_deep_copy(json_object_get(old, "manifests"))
			    : json_array();
	entry = descriptor(MANIFEST_TYPE, d->digest, d->len);
	json_object_set_new(entry, "artifactType", json_string(SIGNATURE_BUNDLE_TYPE));
	json_array_append_new(manifests, entry);
	return put_document(
		s,
		&(struct draft){tag, INDEX_TYPE,
				json_pack("{s:i,s:s,s:o}", "schemaVersion", 2, "mediaType",
					  INDEX_TYPE, "manifests", manifests)},
		&written, why);
}

static bool has_referrers(const struct signing *s)
{
	_document_ struct registry_document d = {0};

	return s->place->registry &&
	       registry_referrers(s->place->registry, s->top.digest, &d, NULL) == 0;
}

static int write_bundle(const struct signing *s, char ret_tag[static 80], struct reason *why)
{
	_document_ struct registry_document d = {0};
	char digest[DIGEST_TEXT_SIZE], empty[DIGEST_TEXT_SIZE];
	_free_ char *bundle = NULL;
	int r = make_bundle(s, &bundle, why);

	if (r == 0)
		r = put_blob(s, bundle, strlen(bundle), digest, why);
	if (r == 0)
		r = put_blob(s, "{}", 2, empty, why);
	if (r == 0)
		r = put_document(
			s,
			&(struct draft){
				NULL, MANIFEST_TYPE,
				json_pack("{s:i,s:s,s:s,s:o,s:[o],s:o,s:{s:s,s:s}}",
					  "schemaVersion", 2, "mediaType", MANIFEST_TYPE,
					  "artifactType", SIGNATURE_BUNDLE_TYPE, "config",
					  descriptor("application/vnd.oci.empty.v1+json", empty, 2),
					  "layers",
					  descriptor(SIGNATURE_BUNDLE_TYPE, digest, strlen(bundle)),
					  "subject",
					  descriptor(s->top.media_type, s->top.digest, s->top.len),
					  "annotations", "dev.sigstore.bundle.content",
					  "dsse-envelope", "dev.sigstore.bundle.predicateType",
					  PREDICATE)},
			&d, why);
	if (r < 0)
		return r;
	snprintf(ret_tag, 80, "%s", d.digest);
	return has_referrers(s) ? 0 : add_referrer(s, &d, why);
}

/* --- a file --- */

static int write_file(struct command *c, const struct text *text, struct reason *why)
{
	_text_ struct text name = {0};
	_close_ int fd = -1;
	int r;

	text_add(&name, "%s.sig", c->words[0]);
	if (name.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	fd = open(name.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	r = fd < 0 ? -errno : fd_write_all(fd, text->data, text->len);
	if (r < 0)
		return fail(why, r, "%s: %s", name.data, strerror(-r));
	text_add(&c->out, "%s\n", name.data);
	return 0;
}

static int sign_file(struct command *c, struct reason *why)
{
	_cleanup_(signing_done) struct signing s = {0};
	_text_ struct text signature = {0};
	struct trust_bytes bytes = {0};
	int r = read_key(c, &s.key, why);

	if (r == 0)
		r = sign_read_file(c->words[0], OBJECT_SIZE_MAX, &bytes, why);
	if (r == 0)
		r = sign_bytes(&s, bytes.data, bytes.len, &signature, why);
	free(bytes.data);
	return r < 0 ? r : write_file(c, &signature, why);
}

/* Opening for writing would make a layout where there is none. */
static int check_there(const struct command *c, struct reason *why)
{
	_place_ struct place place = {.dir = -1};

	return strncmp(c->words[0], "oci:", 4) == 0
		       ? place_open(&c->tool.place, c->words[0], false, &place, why)
		       : 0;
}

static int sign(struct command *c, struct reason *why)
{
	_cleanup_(signing_done) struct signing s = {0};
	_place_ struct place place = {.dir = -1};
	char tag[80];
	int r;

	if (c->n_keys != 1)
		return fail(why, -EINVAL, "--key FILE says which private key signs");
	if (place_is_file(c->words[0]))
		return sign_file(c, why);
	r = read_key(c, &s.key, why);
	if (r == 0)
		r = check_there(c, why);
	if (r == 0)
		r = place_open(&c->tool.place, c->words[0], true, &place, why);
	s.place = &place;
	if (r == 0)
		r = place_document(&place, NULL, &s.top, why);
	if (r == 0)
		r = c->is_bundle ? write_bundle(&s, tag, why) : write_simple(&s, tag, why);
	if (r == 0)
		text_add(&c->out, "%s %s signed: %s\n", c->words[0], s.top.digest, tag);
	return r;
}

const struct command_verb command_sign = {
	.name = "image sign",
	.usage =
		"usage: bpfctl image sign --key FILE [OPTIONS] IMAGE\n"
		"\n"
		"IMAGE is an image of a registry (quay.io/you/counter:v1), of a local OCI layout\n"
		"(oci:DIRECTORY[:TAG]) or a file, which gets FILE.sig beside it. cosign verifies what\n"
		"this writes. Prints name, digest, and where the signature is.\n"
		"\n"
		"      --key FILE             private key, PEM: ECDSA, Ed25519 or RSA\n"
		"      --key-password-file FILE\n"
		"                             with its password in this file, - for standard input\n"
		"      --format FORMAT        simple: the tag sha256-DIGEST.sig, as cosign 1 and 2;\n"
		"                             bundle: a referrer, as cosign 3 (default: simple)\n",
	.min_words = 1,
	.max_words = 1,
	.run = sign,
};
