/* SPDX-License-Identifier: Apache-2.0 */
/* Owns logging in: what a registry asks for, tokens, and what its refusals mean. */
#include "registry/session.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"

#define TOKEN_MAX 65536

int registry_new(const struct registry_options *options, struct registry **ret, struct reason *why)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	int r = registry ? http_new(&options->http, &registry->http, why) : -ENOMEM;

	if (r < 0) {
		free(registry);
		return fail(why, r, "out of memory");
	}
	registry->options = *options;
	*ret = registry;
	return 0;
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void forgetp(char **secret)
{
	forget(*secret);
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	http_free(registry->http);
	forget(registry->authorization);
	free(registry);
}

void registry_freep(struct registry **registry)
{
	registry_free(*registry);
}

void session_url(const struct registry *registry, struct text *url, const char *fmt, ...)
{
	char path[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	text_add(url, "%s/v2/%s%s", registry->options.url, registry->options.repository, path);
}

static void add_encoded(struct text *url, const char *s)
{
	for (; *s; s++) {
		bool is_plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
				(*s >= '0' && *s <= '9') || strchr("-._~:/,", *s);

		text_add(url, is_plain ? "%c" : "%%%02X", (unsigned char)*s);
	}
}

/* Where the token is: the realm, with service and scope. */
static void add_query(const struct registry *registry, const struct challenge *c, struct text *url)
{
	_text_ struct text scope = {0};

	text_add(&scope, "repository:%s:%s", registry->options.repository,
		 registry->options.wants_push ? "pull,push" : "pull");
	if (c->service) {
		text_add(url, "%sservice=", strchr(url->data, '?') ? "&" : "?");
		add_encoded(url, c->service);
	}
	text_add(url, "%sscope=", strchr(url->data, '?') ? "&" : "?");
	add_encoded(url, c->scope ? c->scope : scope.data ? scope.data : "");
}

/* An identity token is exchanged by a form, as OAuth 2 has it. */
static void add_form(const struct registry *registry, const struct challenge *c, struct text *form)
{
	text_add(form, "grant_type=refresh_token&client_id=bpfd&service=");
	add_encoded(form, c->service ? c->service : "");
	text_add(form, "&scope=");
	add_encoded(form, c->scope ? c->scope : "");
	text_add(form, "&refresh_token=");
	add_encoded(form, registry->options.credentials->identity_token);
}

static int ask_realm(struct registry *registry, const struct challenge *c,
		     struct http_answer *answer, struct reason *why)
{
	const struct credentials *creds = registry->options.credentials;
	_cleanup_(forgetp) char *basic = creds && creds->password ? auth_basic(creds) : NULL;
	_text_ struct text url = {0};
	_text_ struct text form = {0};
	struct http_request request = {
		.method = "GET", .authorization = basic, .max = TOKEN_MAX, .file = -1};

	text_add(&url, "%s", c->realm);
	if (creds && creds->identity_token) {
		add_form(registry, c, &form);
		request.method = "POST";
		request.content_type = "application/x-www-form-urlencoded";
		request.body = (struct http_bytes){form.data, form.len};
		request.authorization = NULL;
	} else if (url.r == 0) {
		add_query(registry, c, &url);
	}
	if (url.r < 0 || form.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	request.url = url.data;
	return http_run(registry->http, &request, answer, 1, why);
}

static int fail_login(const struct registry *registry, struct reason *why)
{
	const struct credentials *c = registry->options.credentials;

	if (c)
		return fail(why, -EACCES, "%s does not accept the credentials of %s for %s",
			    registry->options.url, c->username ? c->username : "the file",
			    registry->options.repository);
	fail(why, -EACCES, "%s wants a login for %s, and there are no credentials for it",
	     registry->options.url, registry->options.repository);
	reason_hint(why, "log in (podman login, docker login), or give --username and "
			 "--password-file; a daemon reads auth-file of bpfd.yaml");
	return -EACCES;
}

static int take_token(struct registry *registry, const struct challenge *c, struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	_cleanup_(forgetp) char *token = NULL;
	_text_ struct text header = {0};
	int r = ask_realm(registry, c, &answer, why);

	if (r < 0)
		return r;
	if (answer.status == 401 || answer.status == 403)
		return fail_login(registry, why);
	if (answer.status != 200)
		return fail(why, -EACCES, "the login of %s answers with status %ld",
			    registry->options.url, answer.status);
	r = auth_token(answer.data ? answer.data : "", answer.len, &token, why);
	if (answer.data)
		explicit_bzero(answer.data, answer.len);
	if (r < 0)
		return r;
	text_add(&header, "Bearer %s", token);
	registry->authorization = text_take(&header);
	return registry->authorization ? 0 : fail(why, -ENOMEM, "out of memory");
}

static int log_in(struct registry *registry, const struct http_answer *answer, struct reason *why)
{
	_challenge_ struct challenge c = {0};
	int r;

	if (!answer->authenticate || registry->authorization)
		return fail_login(registry, why);
	r = challenge_parse(answer->authenticate, &c, why);
	if (r < 0)
		return r;
	if (!c.is_basic)
		return take_token(registry, &c, why);
	if (!registry->options.credentials)
		return fail_login(registry, why);
	registry->authorization = auth_basic(registry->options.credentials);
	return registry->authorization ? 0 : fail(why, -ENOMEM, "out of memory");
}

int session_ask(struct registry *registry, const struct http_request *request,
		struct http_answer *ret, struct reason *why)
{
	struct http_request q = *request;
	int r;

	q.authorization = registry->authorization;
	r = http_run(registry->http, &q, ret, 1, why);
	if (r < 0 || ret->status != 401)
		return r;
	/* A token may have expired on the way. */
	if (registry->authorization && strncmp(registry->authorization, "Bearer", 6) == 0) {
		forget(registry->authorization);
		registry->authorization = NULL;
	}
	r = log_in(registry, ret, why);
	if (r < 0)
		return r;
	http_answer_done(ret);
	q.authorization = registry->authorization;
	r = http_run(registry->http, &q, ret, 1, why);
	return r == 0 && ret->status == 401 ? fail_login(registry, why) : r;
}

/* The registry's own words, if it has some: {"errors": [{"code": …, "message": …}]}. */
static void add_words(const struct http_answer *answer, char *ret, size_t size)
{
	json_t *json = answer->data ? json_loadb(answer->data, answer->len, 0, NULL) : NULL;
	const json_t *error = json_array_get(json_object_get(json, "errors"), 0);
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *message = json_string_value(json_object_get(error, "message"));

	*ret = '\0';
	if (message && text_is_clean(message, 512))
		snprintf(ret, size, ": %.200s", message);
	else if (code && text_is_clean(code, 64))
		snprintf(ret, size, ": %s", code);
	json_decref(json);
}

int session_refuse(const struct registry *registry, const struct http_answer *answer,
		   const char *what, struct reason *why)
{
	const char *url = registry->options.url;
	char words[256];

	add_words(answer, words, sizeof(words));
	if (answer->status == 404)
		return fail(why, -ENOENT, "%s has no %s%s", url, what, words);
	if (answer->status == 401 || answer->status == 403)
		return fail(why, -EACCES, "%s does not allow %s (status %ld)%s", url, what,
			    answer->status, words);
	if (answer->status == 429) {
		fail(why, -EAGAIN, "%s refuses %s: too many requests (status 429)%s", url, what,
		     words);
		if (answer->wait_s > 0)
			reason_hint(why, "it asks to wait for %u s", answer->wait_s);
		else
			reason_hint(why, "try later; who logs in often has a higher limit");
		return -EAGAIN;
	}
	return fail(why, -EIO, "%s fails on %s (status %ld)%s", url, what, answer->status, words);
}
