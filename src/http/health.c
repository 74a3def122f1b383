/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the three paths; where the numbers come from is the caller's. */
#include "http/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "http/openmetrics.h"
#include "http/server.h"

struct health {
	struct health_options options;
	struct http_server *server;
	bool is_ready;
	char reason[256];
};

static void answer_metrics(struct health *health, struct http_answer *answer)
{
	answer->type = OPENMETRICS_TYPE;
	if (health->options.collect)
		health->options.collect(health->options.userdata, &answer->body);
	openmetrics_end(&answer->body);
}

static void answer_health(struct health *health, struct http_answer *answer)
{
	(void)health;
	text_add(&answer->body, "ok\n");
}

static void answer_ready(struct health *health, struct http_answer *answer)
{
	answer->status = health->is_ready ? 200 : 503;
	text_add(&answer->body, "%s\n", health->is_ready ? "ok" : health->reason);
}

static const struct {
	const char *path;
	void (*answer)(struct health *health, struct http_answer *answer);
} paths[] = {
	{"/metrics", answer_metrics},
	{"/healthz", answer_health},
	{"/readyz", answer_ready},
};

static void handle(const struct http_request *request, struct http_answer *answer, void *userdata)
{
	for (size_t i = 0; i < array_size(paths); i++) {
		if (strcmp(paths[i].path, request->path) != 0)
			continue;
		paths[i].answer(userdata, answer);
		return;
	}
	answer->status = 404;
	text_add(&answer->body, "no such path: there are /metrics, /healthz and /readyz\n");
}

int health_new(const struct health_options *options, struct health **ret, struct reason *why)
{
	_free_ struct health *health = calloc(1, sizeof(*health));
	struct http_server_options server = {
		.at = options->at, .handle = handle, .userdata = health};
	int r;

	if (!health)
		return fail(why, -ENOMEM, "no memory for the health server");
	health->options = *options;
	health->options.at = NULL;
	health_set_ready(health, false, "starting");
	r = http_server_new(&server, &health->server, why);
	if (r < 0)
		return r;
	*ret = take_ptr(health);
	return 0;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	http_server_free(health->server);
	free(health);
}

void health_set_ready(struct health *health, bool is_ready, const char *reason)
{
	health->is_ready = is_ready;
	snprintf(health->reason, sizeof(health->reason), "%s", reason ? reason : "not ready");
}

unsigned int health_port(const struct health *health)
{
	return http_server_port(health->server);
}

int health_fd(const struct health *health)
{
	return http_server_fd(health->server);
}

int health_dispatch(struct health *health)
{
	return http_server_dispatch(health->server);
}
