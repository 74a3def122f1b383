/* SPDX-License-Identifier: Apache-2.0 */
/* Owns access, paging, retries of writes, and the words for what the API server refuses. */
#include "kubectl/cluster.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "kube/loop.h"
#include "kubectl/verb.h"

#define TURN_MS 1000

int cluster_open(struct kubectl *k)
{
	int r;

	if (k->client)
		return 0;
	r = kube_access_load(k->kubeconfig, k->context, &k->access, &k->why);
	if (r == 0)
		r = kube_access_refresh(&k->access, &k->why);
	if (r == 0)
		r = kube_loop_new(&k->loop, &k->why);
	if (r == 0)
		r = kube_client_new(k->loop, &k->access, &k->client, &k->why);
	return r;
}

void cluster_close(struct kubectl *k)
{
	kube_client_free(k->client);
	kube_loop_free(k->loop);
	kube_access_done(&k->access);
}

/* --- paths --- */

void cluster_encode(struct text *path, const char *s)
{
	for (; *s; s++)
		if (isalnum((unsigned char)*s) || strchr("-._~", *s))
			text_add(path, "%c", *s);
		else
			text_add(path, "%%%02X", (unsigned char)*s);
}

void cluster_path(struct text *path, const char *collection, const char *name)
{
	text_add(path, CLUSTER_API "%s/", collection);
	cluster_encode(path, name);
}

void cluster_select_config(struct text *path, const char *name)
{
	char label[KUBE_LABEL_SIZE];

	kube_label_value(name, label);
	text_add(path, "?labelSelector=bpfd.io%%2Fconfig%%3D");
	cluster_encode(path, label);
}

/* --- one request --- */

/* @is_optional: a named object that is missing is no error. */
struct answer {
	struct kubectl *k;
	bool is_optional;
	bool is_done;
	int error;
	json_t *body;
};

/* A server that knows the collection names the object that is missing. */
static bool lacks_definitions(const struct kube_response *a)
{
	return a->status == 404 && !*kube_text(a->body, "details.name");
}

static void explain(struct kubectl *k, const struct kube_response *a)
{
	const char *text = *a->text ? a->text : strerror(-a->error);

	if (a->status == 0) {
		fail(&k->why, a->error, "the API server %s cannot be reached: %s", k->access.server,
		     text);
		reason_hint(&k->why, "does \"kubectl cluster-info\" work with the same "
				     "--kubeconfig and --context?");
	} else if (a->status == 401) {
		fail(&k->why, a->error, "the API server does not know who you are: %s", text);
		reason_hint(&k->why,
			    "log in anew; the credentials of the kubeconfig are missing or "
			    "have expired");
	} else if (a->status == 403) {
		fail(&k->why, a->error, "%s", text);
		reason_hint(&k->why,
			    "ask for that right: the ClusterRole bpfd-viewer reads, bpfd-editor "
			    "writes configs, view reads events and revisions");
	} else if (lacks_definitions(a)) {
		fail(&k->why, a->error,
		     "this cluster does not know bpfd.io/v1alpha1: bpfd is not installed");
		reason_hint(&k->why, "install it: kubectl apply -k deploy/kubernetes");
	} else {
		fail(&k->why, a->error, "%s", text);
	}
}

static void on_answer(void *userdata, const struct kube_response *a)
{
	struct answer *answer = userdata;

	answer->is_done = true;
	if (answer->is_optional && a->status == 404 && !lacks_definitions(a))
		return;
	answer->error = a->error;
	answer->body = json_incref(a->body);
	if (a->error)
		explain(answer->k, a);
}

/* @ret: NULL, or the answer; with @is_optional it may be NULL. */
static int ask(struct kubectl *k, const struct kube_request *request, bool is_optional,
	       json_t **ret)
{
	struct answer answer = {.k = k, .is_optional = is_optional};
	struct kube_request rq = *request;
	int r = cluster_open(k);

	rq.done = on_answer;
	rq.userdata = &answer;
	if (r == 0)
		r = kube_client_send(k->client, &rq, NULL);
	while (r == 0 && !answer.is_done)
		r = kube_loop_turn(k->loop, TURN_MS);
	if (r == 0)
		r = answer.error;
	if (r == 0 && ret)
		*ret = take_ptr(answer.body);
	json_decref(answer.body);
	return r;
}

int cluster_get(struct kubectl *k, const char *path, json_t **ret)
{
	if (!path)
		return -ENOMEM;
	return ask(k, &(struct kube_request){.method = "GET", .path = path}, false, ret);
}

int cluster_find(struct kubectl *k, const char *path, json_t **ret)
{
	if (!path)
		return -ENOMEM;
	return ask(k, &(struct kube_request){.method = "GET", .path = path}, true, ret);
}

/* --- lists --- */

static int each_of(const json_t *list, int (*each)(void *userdata, json_t *item), void *userdata)
{
	json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(list, "items"), i, item)
	{
		r = each(userdata, item);
		if (r != 0)
			break;
	}
	return r;
}

/* One page behind the token @token, "" for the first; the token of the next into it. */
static int read_page(struct kubectl *k, const char *path, struct text *token, json_t **ret)
{
	_text_ struct text page = {0};
	int r;

	text_add(&page, "%s%climit=%d", path, strchr(path, '?') ? '&' : '?', CLUSTER_PAGE);
	if (token->len) {
		text_add(&page, "&continue=");
		cluster_encode(&page, token->data);
	}
	r = page.r < 0 ? page.r : cluster_get(k, page.data, ret);
	text_done(token);
	if (r == -ESTALE)
		reason_hint(&k->why, "the list is older than the API server remembers; try again");
	if (r == 0)
		text_add(token, "%s", kube_text(*ret, "metadata.continue"));
	return r;
}

int cluster_each(struct kubectl *k, const char *path, int (*each)(void *userdata, json_t *item),
		 void *userdata)
{
	_text_ struct text token = {0};
	int r = path ? 0 : -ENOMEM;

	for (unsigned int i = 0; r == 0 && (i == 0 || token.len); i++) {
		_json_ json_t *list = NULL;

		if (i == CLUSTER_PAGES)
			return fail(&k->why, -E2BIG,
				    "more than %d objects; select with -l or by name",
				    CLUSTER_PAGES * CLUSTER_PAGE);
		r = read_page(k, path, &token, &list);
		if (r == 0)
			r = each_of(list, each, userdata);
	}
	return r;
}

/* --- writes --- */

static int change_once(struct kubectl *k, const struct cluster_change *c)
{
	_json_ json_t *object = NULL, *patch = NULL;
	int r = cluster_get(k, c->path, &object);

	if (r == 0)
		r = c->change(k, object, c->userdata, &patch);
	if (r < 0 || !patch)
		return r;
	r = ask(k,
		&(struct kube_request){
			.method = "PATCH", .path = c->path, .type = c->type, .body = patch},
		false, NULL);
	return r < 0 ? r : 1;
}

int cluster_change(struct kubectl *k, const struct cluster_change *change)
{
	int r = -ESTALE;

	if (!change->path)
		return -ENOMEM;
	for (int i = 0; r == -ESTALE && i < CLUSTER_TRIES; i++) {
		reason_done(&k->why);
		r = change_once(k, change);
	}
	if (r == -ESTALE)
		reason_hint(&k->why, "somebody else keeps changing the object; try again");
	return r;
}
