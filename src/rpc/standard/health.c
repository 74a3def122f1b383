/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the health of named services and the streams that watch it. */
#include "rpc/standard/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "rpc/server.h"
#include "rpc/standard/pb.h"

#define SERVICE_NAME_MAX 255

/* HealthCheckResponse.ServingStatus */
enum serving { SERVING_UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN };

struct service {
	char *name;
	enum serving serving;
	struct service *next;
};

/* @said: what the watcher was told last. */
struct watch {
	struct rpc_health *health;
	struct rpc_call *call;
	char *name;
	enum serving said;
	struct watch *next;
	struct watch **link;
};

struct rpc_health {
	struct service *services;
	struct watch *watches;
};

struct rpc_health *rpc_health_new(void)
{
	struct rpc_health *health = calloc(1, sizeof(*health));

	if (health && rpc_health_set(health, "", true) < 0) {
		free(health);
		return NULL;
	}
	return health;
}

static void watch_free(struct watch *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	free(w->name);
	free(w);
}

void rpc_health_end_watches(struct rpc_health *health)
{
	const struct rpc_result result = {.code = RPC_UNAVAILABLE,
					  .message = "the server is shutting down"};
	struct rpc_call *call;

	while (health->watches) {
		call = health->watches->call;
		watch_free(health->watches);
		rpc_call_finish(call, &result);
	}
}

void rpc_health_free(struct rpc_health *health)
{
	struct service *s;

	while (health && health->services) {
		s = health->services;
		health->services = s->next;
		free(s->name);
		free(s);
	}
	free(health);
}

static struct service *find_service(const struct rpc_health *health, const char *name)
{
	struct service *s = health->services;

	while (s && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

static int send_serving(struct rpc_call *call, enum serving serving)
{
	const unsigned char message[2] = {0x08, (unsigned char)serving};

	return rpc_call_send(call, message, sizeof(message));
}

/* Say the news; a watcher whose queue is full is told when it has drained. */
static void update(struct rpc_call *call, void *userdata)
{
	struct watch *w = userdata;
	const struct service *s = find_service(w->health, w->name);
	enum serving serving = s ? s->serving : SERVICE_UNKNOWN;

	if (serving != w->said && send_serving(call, serving) == 0)
		w->said = serving;
}

int rpc_health_set(struct rpc_health *health, const char *service, bool is_serving)
{
	struct service *s = find_service(health, service);
	struct watch *w;

	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s || text_set(&s->name, service) < 0) {
			free(s);
			return -ENOMEM;
		}
		s->next = health->services;
		health->services = s;
	}
	s->serving = is_serving ? SERVING : NOT_SERVING;
	for (w = health->watches; w; w = w->next)
		update(w->call, w);
	return 0;
}

/* HealthCheckRequest { string service = 1; }; other fields are skipped. */
static int parse_request(const struct rpc_call *call, char ret[static SERVICE_NAME_MAX + 1])
{
	struct rpc_pb_field f;
	struct rpc_pb pb;
	size_t len;
	int r;

	pb.p = rpc_call_request(call, &len);
	pb.end = pb.p + len;
	ret[0] = '\0';
	while ((r = rpc_pb_next(&pb, &f)) == 1) {
		if (f.number != 1 || !f.data)
			continue;
		if (f.len > SERVICE_NAME_MAX || memchr(f.data, 0, f.len))
			return -EBADMSG;
		memcpy(ret, f.data, f.len);
		ret[f.len] = '\0';
	}
	return r;
}

static void refuse(struct rpc_call *call, enum rpc_code code, const char *message)
{
	const struct rpc_result result = {.code = code, .message = message};

	rpc_call_finish(call, &result);
}

static void check(struct rpc_call *call, void *userdata)
{
	char name[SERVICE_NAME_MAX + 1];
	const struct service *s;

	if (parse_request(call, name) < 0) {
		refuse(call, RPC_INVALID_ARGUMENT, "malformed HealthCheckRequest");
		return;
	}
	s = find_service(userdata, name);
	if (!s) {
		refuse(call, RPC_NOT_FOUND, "unknown service");
		return;
	}
	send_serving(call, s->serving);
	rpc_call_finish(call, NULL);
}

static void unwatch(struct rpc_call *call, void *userdata)
{
	watch_free(userdata);
	rpc_call_finish(call, NULL);
}

static void watch(struct rpc_call *call, void *userdata)
{
	struct rpc_health *health = userdata;
	char name[SERVICE_NAME_MAX + 1];
	struct watch *w;

	if (parse_request(call, name) < 0) {
		refuse(call, RPC_INVALID_ARGUMENT, "malformed HealthCheckRequest");
		return;
	}
	w = calloc(1, sizeof(*w));
	if (!w || text_set(&w->name, name) < 0) {
		free(w);
		refuse(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	w->health = health;
	w->call = call;
	w->next = health->watches;
	w->link = &health->watches;
	if (w->next)
		w->next->link = &w->next;
	health->watches = w;
	rpc_call_watch(call, unwatch, update, w);
	update(call, w);
}

static const struct rpc_method methods[] = {
	{"/grpc.health.v1.Health/Check", check, NULL},
	{"/grpc.health.v1.Health/Watch", watch, NULL},
};

const struct rpc_method *rpc_health_find(const char *path)
{
	size_t i;

	for (i = 0; i < array_size(methods); i++)
		if (strcmp(methods[i].path, path) == 0)
			return &methods[i];
	return NULL;
}
