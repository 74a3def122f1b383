/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a wanted status to the object: look, make, write, or delete; one request at a
 * time, later wishes replace earlier ones. */
#include "kube/publication.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"

#define BACKOFF_MS  500
#define BACKOFF_MAX 60000

static void step(void *userdata);

int publication_init(struct publication *p, const char *name)
{
	p->timer.fn = step;
	p->timer.userdata = p;
	return text_set(&p->name, name);
}

void publication_done(struct publication *p)
{
	kube_call_cancel(p->call);
	if (p->client)
		kube_timer_stop(kube_client_loop(p->client), &p->timer);
	free(p->name);
	json_decref(p->head);
	json_decref(p->wanted);
	json_decref(p->there);
	json_decref(p->sent);
	*p = (struct publication){0};
}

bool publication_is_idle(const struct publication *p)
{
	if (p->call || !p->is_known)
		return false;
	if (!p->wanted)
		return !p->exists;
	return p->exists && p->there && json_equal(p->wanted, p->there);
}

static void wait_and_step(struct publication *p, uint64_t ms)
{
	kube_timer_set(kube_client_loop(p->client), &p->timer, ms);
}

static void go_on(struct publication *p, int error, const struct kube_response *a)
{
	unsigned int wait_s = a ? a->retry_after_s : 0;

	if (error == 0) {
		p->failures = 0;
		step(p);
		return;
	}
	if (p->on_trouble)
		p->on_trouble(p, a ? a->text : strerror(-error));
	wait_and_step(p,
		      kube_backoff_ms(BACKOFF_MS, p->failures++, BACKOFF_MAX) + wait_s * 1000ull);
}

static const char *owner_of(const json_t *head)
{
	return kube_text(json_array_get(kube_get(head, "metadata.ownerReferences"), 0), "uid");
}

/* One whose owner was deleted and made again is made ours anew: the cluster's garbage collector
 * would take it away with the old one. */
static bool has_owner(const struct publication *p, const json_t *object)
{
	const char *uid = owner_of(p->head);
	size_t i;
	json_t *one;

	if (!*uid || !p->wanted)
		return true;
	json_array_foreach(kube_get(object, "metadata.ownerReferences"), i,
			   one) if (strcmp(kube_text(one, "uid"), uid) == 0) return true;
	return false;
}

static void on_looked(void *userdata, const struct kube_response *a)
{
	struct publication *p = userdata;

	p->call = NULL;
	if (a->error && a->error != -ENOENT) {
		go_on(p, a->error, a);
		return;
	}
	p->is_known = true;
	p->exists = a->error == 0 && has_owner(p, a->body);
	json_decref(p->there);
	p->there = a->error == 0 ? json_incref(kube_get(a->body, "status")) : NULL;
	if (p->wanted)
		kube_keep_times(json_object_get(p->wanted, "conditions"),
				json_object_get(p->there, "conditions"));
	go_on(p, 0, NULL);
}

static void on_made(void *userdata, const struct kube_response *a)
{
	struct publication *p = userdata;

	p->call = NULL;
	if (a->error == 0)
		p->exists = true;
	go_on(p, a->error, a);
}

static void on_written(void *userdata, const struct kube_response *a)
{
	struct publication *p = userdata;

	p->call = NULL;
	if (a->error == 0) {
		json_decref(p->there);
		/* What we sent, not what came back: a server with an older schema leaves out what
		 * it does not know, and would be written to without end. */
		p->there = take_ptr(p->sent);
	} else if (a->error == -ENOENT) {
		p->exists = false;
	}
	go_on(p, a->error == -ENOENT ? 0 : a->error, a);
}

static void on_deleted(void *userdata, const struct kube_response *a)
{
	struct publication *p = userdata;
	int error = a->error == -ENOENT ? 0 : a->error;

	p->call = NULL;
	if (error == 0) {
		p->exists = false;
		json_decref(take_ptr(p->there));
	}
	go_on(p, error, a);
}

/* @part: NULL for a plain request, else "" or "/status" to be applied. */
static void send(struct publication *p, const struct kube_request *rq, const char *part)
{
	struct kube_request with_path = *rq;
	_text_ struct text path = {0};

	text_add(&path, "%s/%s", p->path, p->name);
	if (part)
		text_add(&path, "%s?fieldManager=%s&force=true", part, p->manager);
	with_path.path = path.data;
	with_path.userdata = p;
	if (path.r < 0 || kube_client_send(p->client, &with_path, &p->call) < 0)
		go_on(p, -ENOMEM, NULL);
}

static void write_status(struct publication *p)
{
	uint64_t now = kube_now_ms();
	json_t *head = json_object_get(p->head, "metadata");
	_json_ json_t *body = NULL;

	if (p->written_ms && now - p->written_ms < p->pause_ms) {
		wait_and_step(p, p->pause_ms - (now - p->written_ms));
		return;
	}
	p->written_ms = now;
	json_decref(p->sent);
	p->sent = json_incref(p->wanted);
	body = json_pack("{s:O, s:O, s:{s:O}, s:O}", "apiVersion",
			 json_object_get(p->head, "apiVersion"), "kind",
			 json_object_get(p->head, "kind"), "metadata", "name",
			 json_object_get(head, "name"), "status", p->wanted);
	send(p,
	     &(struct kube_request){
		     .method = "PATCH", .type = KUBE_APPLY_PATCH, .body = body, .done = on_written},
	     "/status");
}

static void step(void *userdata)
{
	struct publication *p = userdata;

	if (p->call || (p->may_write && !p->may_write(p->userdata)))
		return;
	if (!p->is_known) {
		send(p, &(struct kube_request){.method = "GET", .done = on_looked}, NULL);
	} else if (p->is_others && !p->exists) {
		return;
	} else if (!p->wanted && p->exists) {
		send(p, &(struct kube_request){.method = "DELETE", .done = on_deleted}, NULL);
	} else if (p->wanted && !p->exists) {
		send(p,
		     &(struct kube_request){.method = "PATCH",
					    .type = KUBE_APPLY_PATCH,
					    .body = p->head,
					    .done = on_made},
		     "");
	} else if (p->wanted && !(p->there && json_equal(p->wanted, p->there))) {
		write_status(p);
	} else if (p->on_idle) {
		p->on_idle(p->userdata);
	}
}

void publication_head_adopt(struct publication *p, json_t *head)
{
	/* Made for another owner than it may have: see has_owner(). */
	if (strcmp(owner_of(p->head), owner_of(head)) != 0)
		p->is_known = false;
	json_decref(p->head);
	p->head = head;
}

void publication_set_adopt(struct publication *p, json_t *status)
{
	kube_drop_empty(status);
	/* What is on its way counts, or the second in which it was said again would be a change. */
	kube_keep_times(json_object_get(status, "conditions"),
			json_object_get(p->wanted ? p->wanted : p->there, "conditions"));
	json_decref(p->wanted);
	p->wanted = status;
	if (!p->call && !kube_timer_is_set(&p->timer))
		step(p);
}

void publication_remove(struct publication *p)
{
	json_decref(take_ptr(p->wanted));
	if (!p->call)
		step(p);
}

void publication_forget(struct publication *p)
{
	kube_call_cancel(take_ptr(p->call));
	kube_timer_stop(kube_client_loop(p->client), &p->timer);
	json_decref(take_ptr(p->wanted));
	json_decref(take_ptr(p->there));
	p->failures = 0;
	p->is_known = false;
}

void publication_doubt(struct publication *p)
{
	p->is_known = false;
	if (p->wanted && !p->call && !kube_timer_is_set(&p->timer))
		step(p);
}
