/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the waiting for one request. */
#include <string.h>

#include "base/reason.h"
#include "kube/client.h"
#include "kube/loop.h"

struct waiter {
	bool is_done;
	int error;
	json_t *body;
	struct reason *why;
};

static void on_waited(void *userdata, const struct kube_response *a)
{
	struct waiter *w = userdata;

	w->is_done = true;
	w->error = a->error;
	w->body = json_incref(a->body);
	if (a->error)
		fail(w->why, a->error, "%s", *a->text ? a->text : strerror(-a->error));
}

int kube_client_do(struct kube_client *client, const struct kube_request *request, json_t **ret,
		   struct reason *why)
{
	struct waiter w = {.why = why};
	struct kube_request rq = *request;
	int r;

	rq.done = on_waited;
	rq.userdata = &w;
	r = kube_client_send(client, &rq, NULL);
	while (r == 0 && !w.is_done)
		r = kube_loop_turn(kube_client_loop(client), 1000);
	if (r == 0)
		r = w.error;
	if (r == 0 && ret)
		*ret = w.body;
	else
		json_decref(w.body);
	return r;
}
