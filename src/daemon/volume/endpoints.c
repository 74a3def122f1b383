/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the servers of the volumes' sockets and what the worker asks the loop to do with them. */
#include "daemon/volume/endpoints.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/calls.h"
#include "daemon/context.h"
#include "daemon/maps_server.h"
#include "daemon/store/volume.h"
#include "rpc/server.h"

/* @sockets: not served yet; -1 afterwards. @is_gone: the loop shall free it. */
struct endpoint {
	char uuid[UUID_TEXT_SIZE];
	int sockets[2];
	bool is_gone;
	struct volume volume;
	struct door door;
	struct rpc_server *rpc;
	sd_event_source *source;
	struct maps_server *maps;
	struct endpoint *next;
};

/* @lock: of the list and what the worker sets; servers belong to the loop. */
struct endpoints {
	pthread_mutex_t lock;
	struct endpoint *first;
	struct calls *calls;
	sd_event *event;
};

int endpoints_new(struct endpoints **ret, struct reason *why)
{
	struct endpoints *e = calloc(1, sizeof(*e));

	if (!e)
		return fail(why, -ENOMEM, "out of memory");
	pthread_mutex_init(&e->lock, NULL);
	*ret = e;
	return 0;
}

static void endpoint_free(struct endpoint *p)
{
	sd_event_source_disable_unref(p->source);
	rpc_server_free(p->rpc);
	maps_server_free(p->maps);
	fd_close(&p->sockets[0]);
	fd_close(&p->sockets[1]);
	volume_done(&p->volume);
	free(p);
}

void endpoints_free(struct endpoints *e)
{
	if (!e)
		return;
	while (e->first) {
		struct endpoint *p = e->first;

		e->first = p->next;
		endpoint_free(p);
	}
	pthread_mutex_destroy(&e->lock);
	free(e);
}

static void set_gone(struct endpoints *e, const char *uuid)
{
	for (struct endpoint *p = e->first; p; p = p->next)
		if (strcmp(p->uuid, uuid) == 0)
			p->is_gone = true;
}

void endpoints_offer_adopt(struct endpoints *e, const char *uuid, int sockets[static 2])
{
	struct endpoint *p = calloc(1, sizeof(*p));

	if (!p) {
		fd_close_many(sockets, 2);
		return;
	}
	snprintf(p->uuid, sizeof(p->uuid), "%s", uuid);
	p->sockets[0] = take_fd(&sockets[0]);
	p->sockets[1] = take_fd(&sockets[1]);
	pthread_mutex_lock(&e->lock);
	set_gone(e, uuid);
	p->next = e->first;
	e->first = p;
	pthread_mutex_unlock(&e->lock);
}

void endpoints_withdraw(struct endpoints *e, const char *uuid)
{
	pthread_mutex_lock(&e->lock);
	set_gone(e, uuid);
	pthread_mutex_unlock(&e->lock);
}

bool endpoints_has(struct endpoints *e, const char *uuid)
{
	bool found = false;

	pthread_mutex_lock(&e->lock);
	for (const struct endpoint *p = e->first; p; p = p->next)
		found |= !p->is_gone && strcmp(p->uuid, uuid) == 0;
	pthread_mutex_unlock(&e->lock);
	return found;
}

void endpoints_start(struct endpoints *e, struct calls *calls, struct sd_event *event)
{
	e->calls = calls;
	e->event = event;
}

static int on_rpc(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct endpoint *p = userdata;

	(void)source;
	(void)fd;
	(void)events;
	return rpc_server_dispatch(p->rpc) < 0 ? -EIO : 0;
}

/* What one pod may take of the daemon. */
static const struct rpc_server_options bounds = {
	.message_max = 65536,
	.held_max = 1 << 20,
	.held_per_connection = 1 << 20,
	.header_max = 8192,
	.streams_max = 32,
	.connections_max = 16,
	.connections_per_uid = 16,
	.calls_per_uid = 64,
};

static int serve(struct endpoints *e, struct endpoint *p, struct reason *why)
{
	struct rpc_service service;
	int r = store_volume_get(e->calls->ctx->store, p->uuid, &p->volume, why);

	if (r < 0)
		return r;
	p->door = (struct door){.calls = e->calls, .volume = &p->volume};
	service = calls_service(e->calls, &p->door);
	r = rpc_server_new(&bounds, &p->rpc, why);
	if (r == 0)
		r = rpc_server_listen_adopt(p->rpc, take_fd(&p->sockets[0]), &service, why);
	if (r == 0)
		r = maps_server_new_adopt(e->event, take_fd(&p->sockets[1]), e->calls->ctx,
					  &p->maps, why);
	if (r == 0)
		maps_server_limit(p->maps, &p->volume);
	if (r == 0 &&
	    sd_event_add_io(e->event, &p->source, rpc_server_fd(p->rpc), EPOLLIN, on_rpc, p) < 0)
		r = fail(why, -ENOMEM, "out of memory");
	return r;
}

static struct endpoint *take_gone(struct endpoints *e)
{
	for (struct endpoint **at = &e->first; *at; at = &(*at)->next) {
		struct endpoint *p = *at;

		if (!p->is_gone)
			continue;
		*at = p->next;
		return p;
	}
	return NULL;
}

static struct endpoint *find_new(struct endpoints *e)
{
	for (struct endpoint *p = e->first; p; p = p->next)
		if (!p->is_gone && p->sockets[0] >= 0)
			return p;
	return NULL;
}

void endpoints_settle(struct endpoints *e)
{
	struct endpoint *p;

	pthread_mutex_lock(&e->lock);
	while ((p = take_gone(e)))
		endpoint_free(p);
	while ((p = find_new(e))) {
		_reason_ struct reason why = {0};

		if (serve(e, p, &why) == 0)
			continue;
		log_warning("the sockets of a volume cannot be served: %s", why.text);
		fd_close(&p->sockets[0]);
		p->is_gone = true;
	}
	pthread_mutex_unlock(&e->lock);
}
