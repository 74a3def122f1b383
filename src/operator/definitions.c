/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the upgrade of definitions: never a downgrade, and never the first installation, which is an
 * administrator's. */
#include "operator/definitions.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "operator/operator.h"

#define PATH	 "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
#define RETRY_MS 30000

/* An API server takes YAML, so the files are sent as they are. */
#include "definitions.inc"

static const char *const names[] = {"bpfprogramconfigs.bpfd.io", "bpfprograms.bpfd.io",
				    "bpfnodes.bpfd.io"};
_Static_assert(array_size(names) == array_size(definition_texts), "one name a file");

/* @at: which of them is looked at. */
struct op_definitions {
	struct op *op;
	struct kube_timer timer;
	struct kube_call *call;
	size_t at;
};

/* The number in our own text; it is the first line with the annotation. */
static uint64_t our_version(const char *yaml)
{
	const char *at = strstr(yaml, OP_DEFINITIONS_ANNOTATION ": '");

	return at ? strtoull(at + strlen(OP_DEFINITIONS_ANNOTATION ": '"), NULL, 10) : 0;
}

static uint64_t installed_version(const json_t *object)
{
	const char *text = json_string_value(json_object_get(
		kube_get(object, "metadata.annotations"), OP_DEFINITIONS_ANNOTATION));
	uint64_t version = 0;

	if (!text || text_parse_u64(text, UINT32_MAX, &version) < 0)
		return 0;
	return version;
}

static void send(struct op_definitions *d, struct kube_request *rq, const char *query)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s%s", PATH, names[d->at], query);
	rq->path = path;
	rq->userdata = d;
	if (kube_client_send(d->op->client, rq, &d->call) < 0)
		kube_timer_set(d->op->loop, &d->timer, RETRY_MS);
}

static void look(void *userdata);

static void next(struct op_definitions *d)
{
	d->at++;
	if (d->at < array_size(names))
		look(d);
}

static void on_upgraded(void *userdata, const struct kube_response *a)
{
	struct op_definitions *d = userdata;

	d->call = NULL;
	if (a->error)
		log_warning("definition %s cannot be upgraded: %s", names[d->at], a->text);
	else
		log_info("definition %s is upgraded", names[d->at]);
	next(d);
}

static void on_looked(void *userdata, const struct kube_response *a)
{
	struct op_definitions *d = userdata;
	uint64_t ours = our_version(definition_texts[d->at]), theirs;

	d->call = NULL;
	if (a->error) {
		if (a->error != -ENOENT)
			log_warning("definition %s: %s", names[d->at], a->text);
		kube_timer_set(d->op->loop, &d->timer, RETRY_MS);
		return;
	}
	theirs = installed_version(a->body);
	if (theirs > ours)
		log_info("definition %s is newer than this operator", names[d->at]);
	if (theirs >= ours) {
		next(d);
		return;
	}
	send(d,
	     &(struct kube_request){.method = "PATCH",
				    .type = KUBE_APPLY_PATCH,
				    .text = definition_texts[d->at],
				    .done = on_upgraded},
	     "?fieldManager=bpfd-operator&force=true");
}

static void look(void *userdata)
{
	struct op_definitions *d = userdata;

	if (d->call || !operator_leads(d->op))
		return;
	send(d, &(struct kube_request){.method = "GET", .done = on_looked}, "");
}

void op_definitions_look(struct op_definitions *d)
{
	d->at = 0;
	kube_timer_set(d->op->loop, &d->timer, 0);
}

int op_definitions_new(struct op *op, struct op_definitions **ret)
{
	struct op_definitions *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->op = op;
	d->timer.fn = look;
	d->timer.userdata = d;
	*ret = d;
	return 0;
}

void op_definitions_free(struct op_definitions *d)
{
	if (!d)
		return;
	kube_call_cancel(d->call);
	kube_timer_stop(d->op->loop, &d->timer);
	free(d);
}
