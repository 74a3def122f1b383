/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the election. Whether another's lease has run out is told by our own monotonic clock, from
 * when we last saw it change: wall clocks of two machines are not compared. */
#include "kube/lease.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "kube/loop.h"

#define RENEW_MS    2000
#define DEADLINE_MS 10000
#define PATH_SIZE   640

/* @seen: the object as last read; @seen_ms: when it last changed. @renewed_ms: our last success,
 * counted from when it was sent. */
struct kube_lease {
	struct kube_client *client;
	char *namespace, *name, *identity;
	struct kube_lease_options options;
	struct kube_timer timer;
	struct kube_call *call;
	json_t *seen;
	uint64_t seen_ms;
	uint64_t sent_ms;
	uint64_t renewed_ms;
	bool leads;
};

static void ask(void *userdata);

static void collection(const struct kube_lease *l, char ret[static PATH_SIZE])
{
	snprintf(ret, PATH_SIZE, "/apis/coordination.k8s.io/v1/namespaces/%s/leases", l->namespace);
}

static void resource(const struct kube_lease *l, char ret[static PATH_SIZE])
{
	snprintf(ret, PATH_SIZE, "/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s",
		 l->namespace, l->name);
}

static void set_leads(struct kube_lease *l, bool leads)
{
	bool was = l->leads;

	l->leads = leads;
	if (was != leads && l->options.on_change)
		l->options.on_change(l->options.userdata, leads);
}

static void wait_more(struct kube_lease *l)
{
	if (l->leads && kube_now_ms() - l->renewed_ms > DEADLINE_MS)
		set_leads(l, false);
	kube_timer_set(kube_client_loop(l->client), &l->timer, RENEW_MS);
}

static void see(struct kube_lease *l, json_t *lease)
{
	const char *before = kube_text(l->seen, "metadata.resourceVersion");

	if (!l->seen || strcmp(before, kube_text(lease, "metadata.resourceVersion")) != 0)
		l->seen_ms = kube_now_ms();
	json_decref(l->seen);
	l->seen = json_incref(lease);
}

static bool is_ours(const struct kube_lease *l)
{
	return strcmp(kube_text(l->seen, "spec.holderIdentity"), l->identity) == 0;
}

static bool is_free(const struct kube_lease *l)
{
	long long seconds = kube_number(l->seen, "spec.leaseDurationSeconds");

	return !*kube_text(l->seen, "spec.holderIdentity") ||
	       kube_now_ms() - l->seen_ms > (uint64_t)seconds * 1000;
}

static void on_written(void *userdata, const struct kube_response *a)
{
	struct kube_lease *l = userdata;

	l->call = NULL;
	/* An answer that waited while we were stopped tells of a lease that may have run out. */
	if (a->error == 0 && kube_now_ms() - l->sent_ms <= DEADLINE_MS) {
		see(l, a->body);
		l->renewed_ms = l->sent_ms;
		set_leads(l, true);
	} else if (a->error == 0 || a->error == -ESTALE || a->error == -EEXIST) {
		json_decref(take_ptr(l->seen));
	}
	wait_more(l);
}

static json_t *make_spec(const struct kube_lease *l)
{
	bool renews = l->seen && is_ours(l);
	char now[KUBE_TIME_SIZE];

	kube_time(true, now);
	return json_pack("{s:s, s:i, s:s, s:s, s:I}", "holderIdentity", l->identity,
			 "leaseDurationSeconds", KUBE_LEASE_SECONDS, "acquireTime",
			 renews ? kube_text(l->seen, "spec.acquireTime") : now, "renewTime", now,
			 "leaseTransitions",
			 (json_int_t)kube_number(l->seen, "spec.leaseTransitions") +
				 (l->seen && !renews));
}

static void write_lease(struct kube_lease *l)
{
	char path[PATH_SIZE];
	_json_ json_t *body =
		json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "apiVersion", "coordination.k8s.io/v1",
			  "kind", "Lease", "metadata", "name", l->name, "namespace", l->namespace,
			  "spec", make_spec(l));
	struct kube_request rq = {.method = l->seen ? "PUT" : "POST",
				  .path = path,
				  .body = body,
				  .done = on_written,
				  .userdata = l,
				  .timeout_ms = DEADLINE_MS / 2};

	if (l->seen) {
		resource(l, path);
		kube_set_text(json_object_get(body, "metadata"), "resourceVersion",
			      kube_text(l->seen, "metadata.resourceVersion"));
	} else {
		collection(l, path);
	}
	l->sent_ms = kube_now_ms();
	if (!body || kube_client_send(l->client, &rq, &l->call) < 0)
		wait_more(l);
}

static void on_read(void *userdata, const struct kube_response *a)
{
	struct kube_lease *l = userdata;

	l->call = NULL;
	if (a->error == 0)
		see(l, a->body);
	else if (a->error == -ENOENT)
		json_decref(take_ptr(l->seen));
	if (a->error && a->error != -ENOENT)
		wait_more(l);
	else if (!l->seen || is_ours(l) || is_free(l))
		write_lease(l);
	else {
		set_leads(l, false);
		wait_more(l);
	}
}

/* The leader writes at once; the others look first. */
static void ask(void *userdata)
{
	struct kube_lease *l = userdata;
	char path[PATH_SIZE];

	if (l->leads && l->seen) {
		write_lease(l);
		return;
	}
	resource(l, path);
	if (kube_client_send(l->client,
			     &(struct kube_request){.method = "GET",
						    .path = path,
						    .done = on_read,
						    .userdata = l,
						    .timeout_ms = DEADLINE_MS / 2},
			     &l->call) < 0)
		wait_more(l);
}

static void lease_free(struct kube_lease *l)
{
	kube_call_cancel(l->call);
	kube_timer_stop(kube_client_loop(l->client), &l->timer);
	json_decref(l->seen);
	free(l->namespace);
	free(l->name);
	free(l->identity);
	free(l);
}

int kube_lease_new(struct kube_client *client, const struct kube_lease_options *options,
		   struct kube_lease **ret)
{
	struct kube_lease *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->client = client;
	l->options = *options;
	l->timer.fn = ask;
	l->timer.userdata = l;
	if (text_set(&l->namespace, options->namespace) < 0 ||
	    text_set(&l->name, options->name) < 0 ||
	    text_set(&l->identity, options->identity) < 0) {
		lease_free(l);
		return -ENOMEM;
	}
	kube_timer_set(kube_client_loop(client), &l->timer, 0);
	*ret = l;
	return 0;
}

/* An empty holder and one second: the next candidate need not wait. */
void kube_lease_release(struct kube_lease *l)
{
	_json_ json_t *body = NULL;
	char path[PATH_SIZE];

	if (!l)
		return;
	if (l->leads && l->seen) {
		kube_call_cancel(take_ptr(l->call));
		resource(l, path);
		body = json_pack("{s:{s:s}, s:{s:s, s:i}}", "metadata", "resourceVersion",
				 kube_text(l->seen, "metadata.resourceVersion"), "spec",
				 "holderIdentity", "", "leaseDurationSeconds", 1);
		kube_client_do(l->client,
			       &(struct kube_request){.method = "PATCH",
						      .path = path,
						      .type = KUBE_MERGE_PATCH,
						      .body = body,
						      .timeout_ms = 2000},
			       NULL, NULL);
	}
	lease_free(l);
}

bool kube_lease_leads(const struct kube_lease *lease)
{
	return lease && lease->leads && kube_now_ms() - lease->renewed_ms <= DEADLINE_MS;
}
