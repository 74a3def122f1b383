/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bytes of a rule between processes. */
#include "trust/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "trust/bytes.h"

#define STRING_MAX 4096

void trust_rule_done(struct trust_rule *r)
{
	free(r->name);
	for (size_t i = 0; i < r->n_keys; i++) {
		free(r->keys[i].name);
		free(r->keys[i].pem.data);
	}
	free(r->keys);
	for (size_t i = 0; i < r->n_identities; i++) {
		free(r->identities[i].issuer);
		free(r->identities[i].subject);
		free(r->identities[i].pattern);
	}
	free(r->identities);
	for (size_t i = 0; i < r->n_digests; i++)
		free(r->digests[i]);
	free(r->digests);
	free(r->root.data);
	*r = (struct trust_rule){0};
}

void trust_rule_encode(const struct trust_rule *r, struct text *w)
{
	buf_put_str(w, r->name);
	buf_put_u32(w, r->is_verify);
	buf_put_u32(w, (uint32_t)r->n_keys);
	for (size_t i = 0; i < r->n_keys; i++) {
		buf_put_str(w, r->keys[i].name);
		buf_put_bytes(w, r->keys[i].pem.data, r->keys[i].pem.len);
	}
	buf_put_u32(w, (uint32_t)r->n_identities);
	for (size_t i = 0; i < r->n_identities; i++) {
		buf_put_str(w, r->identities[i].issuer);
		buf_put_str(w, r->identities[i].subject);
		buf_put_str(w, r->identities[i].pattern);
	}
	buf_put_bytes(w, r->root.data, r->root.len);
	buf_put_u32(w, (uint32_t)r->n_digests);
	for (size_t i = 0; i < r->n_digests; i++)
		buf_put_str(w, r->digests[i]);
}

/* An empty string stands for none. */
static char *get_optional(struct buf_reader *rd)
{
	char *s = buf_get_str(rd, STRING_MAX);

	if (s && *s)
		return s;
	free(s);
	return NULL;
}

int trust_rule_decode(const void *data, size_t len, struct trust_rule *ret)
{
	_rule_ struct trust_rule rule = {0};
	struct buf_reader rd;

	buf_reader_init(&rd, data, len);
	rule.name = buf_get_str(&rd, STRING_MAX);
	rule.is_verify = buf_get_u32(&rd);
	rule.keys = buf_get_array(&rd, TRUST_NAMES_MAX, sizeof(*rule.keys), &rule.n_keys);
	for (size_t i = 0; i < rule.n_keys; i++) {
		rule.keys[i].name = buf_get_str(&rd, STRING_MAX);
		trust_bytes_get(&rd, &rule.keys[i].pem);
	}
	rule.identities =
		buf_get_array(&rd, TRUST_NAMES_MAX, sizeof(*rule.identities), &rule.n_identities);
	for (size_t i = 0; i < rule.n_identities; i++) {
		rule.identities[i].issuer = buf_get_str(&rd, STRING_MAX);
		rule.identities[i].subject = get_optional(&rd);
		rule.identities[i].pattern = get_optional(&rd);
	}
	trust_bytes_get(&rd, &rule.root);
	rule.digests = buf_get_array(&rd, TRUST_NAMES_MAX, sizeof(*rule.digests), &rule.n_digests);
	for (size_t i = 0; i < rule.n_digests; i++)
		rule.digests[i] = buf_get_str(&rd, STRING_MAX);
	if (buf_reader_end(&rd) < 0)
		return rd.r < 0 ? rd.r : -EBADMSG;
	*ret = rule;
	rule = (struct trust_rule){0};
	return 0;
}
