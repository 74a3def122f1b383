/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "bpfctl image verify": what the daemon of this host would say, or what given keys say. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "fetch/rule.h"
#include "image/manifest.h"
#include "model/object.h"
#include "sign/command.h"
#include "sign/file.h"
#include "trust/verify.h"

/* @digests: what signatures may be for; @file: of a file. */
struct case_ {
	char *name;
	char top[DIGEST_TEXT_SIZE];
	char manifest[DIGEST_TEXT_SIZE];
	struct trust_bytes file;
	struct evidence evidence;
};

static void case_done(struct case_ *c)
{
	free(c->name);
	free(c->file.data);
	evidence_done(&c->evidence);
}

/* The rule that --key stands for. */
static int rule_of_keys(const struct command *c, struct trust_rule *ret, struct reason *why)
{
	int r = text_set(&ret->name, "--key");

	ret->is_verify = true;
	ret->keys = calloc(c->n_keys, sizeof(*ret->keys));
	if (r < 0 || !ret->keys)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < c->n_keys && r == 0; i++) {
		struct trust_key *k = &ret->keys[ret->n_keys++];

		r = text_set(&k->name, c->keys[i]);
		if (r == 0)
			r = sign_read_file(c->keys[i], TRUST_FILE_MAX, &k->pem, why);
	}
	return r < 0 ? r : 1;
}

/* This machine's manifest below an index; none is no error. */
static void find_manifest(struct place *place, const struct registry_document *top,
			  char ret[static DIGEST_TEXT_SIZE])
{
	const struct image_wish wish = {.architecture = image_host_architecture(),
					.is_nested = true};
	_json_ struct json_t *json = NULL;
	struct image_descriptor d;

	(void)place;
	memcpy(ret, top->digest, DIGEST_TEXT_SIZE);
	if (image_json_parse(top->data, top->len, "the manifest", &json, NULL) < 0 ||
	    image_index_pick(json, &wish, &d, NULL) < 0 || !digest_is_valid(d.digest))
		return;
	memcpy(ret, d.digest, DIGEST_TEXT_SIZE);
}

static int read_image(const struct command *c, struct case_ *ret, struct reason *why)
{
	_document_ struct registry_document top = {0};
	_place_ struct place place = {.dir = -1};
	struct signature_reader reader;
	int r = place_open(&c->tool.place, c->words[0], false, &place, why);

	if (r == 0)
		r = place_document(&place, NULL, &top, why);
	if (r < 0)
		return r;
	memcpy(ret->top, top.digest, DIGEST_TEXT_SIZE);
	find_manifest(&place, &top, ret->manifest);
	ret->name = strdup(place.name.scheme == BYTECODE_OCI ? place.name.url : place.name.path);
	if (!ret->name)
		return fail(why, -ENOMEM, "out of memory");
	reader = place_signatures(&place);
	r = signatures_collect(&reader, ret->top, &ret->evidence, why);
	if (r == 0 && strcmp(ret->top, ret->manifest) != 0)
		r = signatures_collect(&reader, ret->manifest, &ret->evidence, why);
	return r;
}

static int add_file(const char *path, const char *suffix, enum evidence_kind kind,
		    struct evidence *ret)
{
	_text_ struct text name = {0};
	struct trust_bytes bytes = {0};
	struct evidence_item *item;

	text_add(&name, "%s%s", path, suffix);
	if (name.r < 0)
		return -ENOMEM;
	if (sign_read_file(name.data, EVIDENCE_ITEM_MAX, &bytes, NULL) < 0)
		return 0;
	item = evidence_add(ret, kind);
	*(kind == EVIDENCE_BUNDLE ? &item->payload : &item->signature) = bytes;
	return 0;
}

static int read_file(const struct command *c, struct case_ *ret, struct reason *why)
{
	const char *path = c->words[0];
	int r = sign_read_file(path, OBJECT_SIZE_MAX, &ret->file, why);

	if (r < 0)
		return r;
	ret->name = realpath(path, NULL);
	if (!ret->name)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	digest_text(ret->file.data, ret->file.len, ret->top);
	memcpy(ret->manifest, ret->top, DIGEST_TEXT_SIZE);
	if (add_file(path, ".sig", EVIDENCE_DETACHED, &ret->evidence) < 0 ||
	    add_file(path, ".sigstore.json", EVIDENCE_BUNDLE, &ret->evidence) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

static int verify(struct command *c, struct reason *why)
{
	_cleanup_(case_done) struct case_ k = {.name = NULL};
	_rule_ struct trust_rule rule = {0};
	_free_ char *by = NULL;
	struct trust_subject s;
	int r = place_is_file(c->words[0]) ? read_file(c, &k, why) : read_image(c, &k, why);

	if (r == 0)
		r = c->n_keys > 0 ? rule_of_keys(c, &rule, why)
				  : rule_find(c->policy, k.name, &rule, why);
	if (r < 0)
		return r;
	if (r == 0) {
		text_add(&c->out, "%s %s: no rule asks for a signature, it has %zu\n", k.name,
			 k.top, k.evidence.n);
		return 0;
	}
	s = (struct trust_subject){
		.name = k.name,
		.digests = (const char *const[]){k.top, k.manifest},
		.n_digests = 2,
		.file = {k.file.data, k.file.len},
	};
	r = trust_verify(&s, &rule, &k.evidence, &by, why);
	if (r == 0)
		text_add(&c->out, "%s %s: signed by %s (rule %s)\n", k.name, k.top, by, rule.name);
	return r;
}

const struct command_verb command_verify = {
	.name = "image verify",
	.usage =
		"usage: bpfctl image verify [--key FILE]... [OPTIONS] IMAGE\n"
		"\n"
		"Says whose signature the policy of this host accepts, or why none: exit code 1.\n"
		"IMAGE as for image sign; a file has its signature in FILE.sig, or a bundle in\n"
		"FILE.sigstore.json. Nothing is loaded, and no daemon is asked.\n"
		"\n"
		"      --key FILE             verify with this public key (PEM), not with the policy\n"
		"      --policy FILE          another policy\n",
	.min_words = 1,
	.max_words = 1,
	.run = verify,
};
