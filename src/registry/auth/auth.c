/* SPDX-License-Identifier: Apache-2.0 */
/* Owns secrets and the texts they are in; sends nothing. */
#include "registry/auth/auth.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/bytecode.h"

#define SECRET_MAX 16384
#define KEY_MAX	   512

static void json_freep(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(json_freep)

static void forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void credentials_done(struct credentials *c)
{
	forget(&c->username);
	forget(&c->password);
	forget(&c->identity_token);
	free(c->helper);
	c->helper = NULL;
}

/* How much of "host/repository" the key of a file stands for; 0: something else. */
static size_t match(const char *key, const struct bytecode *ref)
{
	size_t host = strlen(ref->host), n;

	if (strncmp(key, "https://", 8) == 0)
		key += 8;
	else if (strncmp(key, "http://", 7) == 0)
		key += 7;
	if (strcmp(ref->host, "docker.io") == 0 && strncmp(key, "index.docker.io/v1", 18) == 0)
		return host;
	n = strlen(key);
	while (n > 0 && key[n - 1] == '/')
		n--;
	if (n < host || strncmp(key, ref->host, host) != 0)
		return 0;
	/* docker writes paths of its API behind some hosts. */
	if (n == host || (key[host] == '/' && (strncmp(key + host, "/v1", 3) == 0 ||
					       strncmp(key + host, "/v2", 3) == 0)))
		return host;
	n -= host + 1;
	if (key[host] != '/' || strncmp(key + host + 1, ref->repository, n) != 0)
		return 0;
	return ref->repository[n] == '\0' || ref->repository[n] == '/' ? host + 1 + n : 0;
}

static const json_t *find_entry(const json_t *auths, const struct bytecode *ref)
{
	const json_t *best = NULL;
	size_t best_len = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)auths, key, value)
	{
		size_t n = strlen(key) <= KEY_MAX ? match(key, ref) : 0;

		if (n > best_len) {
			best = value;
			best_len = n;
		}
	}
	return best;
}

static char *get_secret(const json_t *entry, const char *key)
{
	const char *s = json_string_value(json_object_get(entry, key));

	return s && s[0] != '\0' && text_is_clean(s, SECRET_MAX) ? strdup(s) : NULL;
}

/* "auth" is base64 of user:password. */
static int split_auth(const char *auth, struct credentials *ret)
{
	_free_ char *plain = NULL;
	size_t len;
	char *colon;
	int r = strlen(auth) > SECRET_MAX ? -EINVAL
					  : base64_decode(auth, strlen(auth), &plain, &len);

	if (r < 0)
		return r;
	colon = strchr(plain, ':');
	if (colon && strlen(plain) == len && text_is_clean(plain, SECRET_MAX)) {
		ret->username = strndup(plain, (size_t)(colon - plain));
		ret->password = strdup(colon + 1);
	}
	explicit_bzero(plain, len);
	return ret->username && ret->password ? 0 : -EINVAL;
}

static int take_entry(const json_t *entry, struct credentials *ret)
{
	const char *auth = json_string_value(json_object_get(entry, "auth"));
	int r = auth && *auth ? split_auth(auth, ret) : 0;

	if (!ret->username)
		ret->username = get_secret(entry, "username");
	if (!ret->password)
		ret->password = get_secret(entry, "password");
	ret->identity_token = get_secret(entry, "identitytoken");
	return r;
}

/* A helper for this registry, else one for those that have no entry. */
static const char *find_helper(const json_t *json, const json_t *entry, const struct bytecode *ref)
{
	const json_t *helper = find_entry(json_object_get(json, "credHelpers"), ref);
	const char *name;

	if (!helper && (!entry || json_object_size(entry) == 0))
		helper = json_object_get(json, "credsStore");
	name = json_string_value(helper);
	return name && text_is_name(name, 64) ? name : NULL;
}

int auth_find(const struct auth_file *file, const struct bytecode *image, struct credentials *ret,
	      struct reason *why)
{
	_json_ json_t *json = json_loadb(file->data, file->len, 0, NULL);
	_credentials_ struct credentials c = {0};
	const json_t *entry = find_entry(json_object_get(json, "auths"), image);
	const char *helper = find_helper(json, entry, image);
	int r = 0;

	if (!json_is_object(json))
		return fail(why, -EBADMSG, "the file of credentials is not a JSON object");
	if (helper)
		r = text_set(&c.helper, helper);
	else if (entry)
		r = take_entry(entry, &c);
	if (r == -ENOMEM)
		return fail(why, r, "out of memory");
	if (r < 0)
		return fail(why, -EBADMSG, "the credentials for %s in the file are malformed",
			    image->host);
	*ret = c;
	c = (struct credentials){0};
	return ret->password || ret->identity_token || ret->helper;
}

void challenge_done(struct challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct challenge){0};
}

/* One parameter, name="value" or name=value; *at moves behind it. */
static int take_parameter(const char **at, struct challenge *ret)
{
	const char *name = *at + strspn(*at, " ,\t");
	size_t len = strcspn(name, "=, ");
	const char *value = name + len + 1;
	char **to = NULL;
	size_t n;

	if (len == 0 || name[len] != '=')
		return -EBADMSG;
	if (len == 5 && strncasecmp(name, "realm", 5) == 0)
		to = &ret->realm;
	else if (len == 7 && strncasecmp(name, "service", 7) == 0)
		to = &ret->service;
	else if (len == 5 && strncasecmp(name, "scope", 5) == 0)
		to = &ret->scope;
	if (*value == '"') {
		n = strcspn(++value, "\"");
		if (value[n] != '"')
			return -EBADMSG;
		*at = value + n + 1;
	} else {
		n = strcspn(value, ", ");
		*at = value + n;
	}
	if (!to || *to)
		return 0;
	*to = strndup(value, n);
	return *to ? 0 : -ENOMEM;
}

int challenge_parse(const char *header, struct challenge *ret, struct reason *why)
{
	_challenge_ struct challenge c = {0};
	int r = 0;

	if (strncasecmp(header, "basic", 5) == 0) {
		*ret = (struct challenge){.is_basic = 1};
		return 0;
	}
	if (strncasecmp(header, "bearer ", 7) != 0)
		return fail(why, -EBADMSG,
			    "the registry asks for another login than Basic and Bearer");
	header += 7;
	while (r == 0 && header[strspn(header, " ,\t")] != '\0')
		r = take_parameter(&header, &c);
	if (r < 0 || !c.realm)
		return fail(why, r == -ENOMEM ? r : -EBADMSG,
			    "the registry does not say where its tokens are");
	*ret = c;
	c = (struct challenge){0};
	return 0;
}

int auth_token(const char *text, size_t len, char **ret, struct reason *why)
{
	_json_ json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	char *token = get_secret(json, "token");

	if (!token)
		token = get_secret(json, "access_token");
	if (!token)
		return fail(why, -EBADMSG, "the registry's login gives no token");
	*ret = token;
	return 0;
}

char *auth_basic(const struct credentials *c)
{
	_text_ struct text plain = {0};
	_text_ struct text header = {.data = NULL};

	text_add(&plain, "%s:%s", c->username ? c->username : "", c->password ? c->password : "");
	text_add(&header, "Basic ");
	if (plain.r == 0)
		base64_encode(&header, plain.data, plain.len);
	while (header.r == 0 && (header.len - strlen("Basic ")) % 4 != 0)
		text_add(&header, "=");
	if (plain.data)
		explicit_bzero(plain.data, plain.len);
	return plain.r == 0 ? text_take(&header) : NULL;
}
