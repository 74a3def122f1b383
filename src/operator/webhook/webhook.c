/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the paths of the webhook's server; the decision is review.c's. */
#include "operator/webhook/webhook.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "http/server.h"
#include "operator/webhook/certificate.h"
#include "operator/webhook/review.h"

struct webhook {
	struct http_server *server;
	struct webhook_stats stats;
};

static void fail_with(struct http_answer *answer, unsigned int status, const char *text)
{
	text_done(&answer->body);
	answer->status = status;
	text_add(&answer->body, "%s\n", text);
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof(json) - 1;

	return strncasecmp(type, json, n) == 0 && (type[n] == '\0' || strchr("; ", type[n]));
}

static void validate(struct webhook *webhook, const struct http_request *request,
		     struct http_answer *answer)
{
	_reason_ struct reason why = {.code = 0};
	bool is_allowed;
	int r;

	if (strcmp(request->method, "POST") != 0) {
		fail_with(answer, 405, "reviews come by POST");
		return;
	}
	if (!is_json(request->type)) {
		fail_with(answer, 415, "a review is application/json");
		return;
	}
	r = review_answer(request->body, request->len, &answer->body, &is_allowed, &why);
	if (r < 0) {
		webhook->stats.malformed += r != -ENOMEM;
		fail_with(answer, r == -ENOMEM ? 503 : 400, why.text);
		return;
	}
	*(is_allowed ? &webhook->stats.allowed : &webhook->stats.denied) += 1;
	answer->type = "application/json";
}

/* The API server adds a query ("?timeout=10s"); the path comes without it. */
static void handle(const struct http_request *request, struct http_answer *answer, void *userdata)
{
	if (strcmp(request->path, "/validate") == 0)
		validate(userdata, request, answer);
	else if (strcmp(request->path, "/healthz") == 0)
		text_add(&answer->body, "ok\n");
	else
		fail_with(answer, 404, "no such path: there are /validate and /healthz");
}

int webhook_new(const struct webhook_options *options, struct webhook **ret, struct reason *why)
{
	_free_ struct webhook *webhook = calloc(1, sizeof(*webhook));
	struct http_server_options server = {
		.at = options->at,
		.is_tls = true,
		.body_max = REVIEW_SIZE_MAX,
		.connections_max = options->connections_max,
		.request_ms = options->request_ms,
		.handle = handle,
		.userdata = webhook,
	};
	int r;

	if (!webhook)
		return fail(why, -ENOMEM, "no memory for the webhook");
	r = http_server_new(&server, &webhook->server, why);
	if (r < 0)
		return r;
	*ret = take_ptr(webhook);
	return 0;
}

void webhook_free(struct webhook *webhook)
{
	if (!webhook)
		return;
	http_server_free(webhook->server);
	free(webhook);
}

int webhook_set_certificate(struct webhook *webhook, const struct certificate_pair *pair,
			    struct reason *why)
{
	return http_server_set_certificate(webhook->server, pair->certificate, pair->key, why);
}

unsigned int webhook_port(const struct webhook *webhook)
{
	return http_server_port(webhook->server);
}

int webhook_fd(const struct webhook *webhook)
{
	return http_server_fd(webhook->server);
}

int webhook_dispatch(struct webhook *webhook)
{
	return http_server_dispatch(webhook->server);
}

void webhook_stats(const struct webhook *webhook, struct webhook_stats *ret)
{
	*ret = webhook->stats;
}
