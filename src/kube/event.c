/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the writing of events and the memory of the last ones. */
#include "kube/event.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "kube/loop.h"

#define RECENT	     32
#define REPEAT_MS    (10 * 60 * 1000)
#define REPEAT_LEAST (60 * 1000)
#define NOTE_MAX     1024
#define NAMESPACE    "default"
#define EVENTS_PATH  "/apis/events.k8s.io/v1/namespaces/" NAMESPACE "/events"

struct recent {
	char key[KUBE_HASH_SIZE];
	char name[KUBE_NAME_SIZE];
	uint64_t first_ms;
	uint64_t sent_ms;
	unsigned int count;
};

struct kube_events {
	struct kube_client *client;
	char *component;
	char *instance;
	struct recent recent[RECENT];
	unsigned int next;
};

static void on_sent(void *userdata, const struct kube_response *response)
{
	(void)userdata;
	(void)response;
}

int kube_events_new(struct kube_client *client, const char *component, const char *instance,
		    struct kube_events **ret)
{
	struct kube_events *events = calloc(1, sizeof(*events));

	if (!events)
		return -ENOMEM;
	events->client = client;
	if (text_set(&events->component, component) < 0 ||
	    text_set(&events->instance, instance) < 0) {
		kube_events_free(events);
		return -ENOMEM;
	}
	*ret = events;
	return 0;
}

void kube_events_free(struct kube_events *events)
{
	if (!events)
		return;
	free(events->component);
	free(events->instance);
	free(events);
}

static struct recent *find(struct kube_events *events, const char *key)
{
	uint64_t now = kube_now_ms();

	for (size_t i = 0; i < RECENT; i++) {
		struct recent *r = &events->recent[i];

		if (r->first_ms && strcmp(r->key, key) == 0 && now - r->first_ms < REPEAT_MS)
			return r;
	}
	return NULL;
}

static void repeat(struct kube_events *events, struct recent *r)
{
	uint64_t now = kube_now_ms();
	char path[sizeof(EVENTS_PATH) + KUBE_NAME_SIZE + 1];
	char time[KUBE_TIME_SIZE];
	_json_ json_t *patch = NULL;

	r->count++;
	if (now - r->sent_ms < REPEAT_LEAST)
		return;
	r->sent_ms = now;
	kube_time(true, time);
	snprintf(path, sizeof(path), "%s/%s", EVENTS_PATH, r->name);
	patch = json_pack("{s:{s:i, s:s}}", "series", "count", (int)r->count, "lastObservedTime",
			  time);
	if (patch)
		kube_client_send(events->client,
				 &(struct kube_request){.method = "PATCH",
							.path = path,
							.type = KUBE_MERGE_PATCH,
							.body = patch,
							.done = on_sent},
				 NULL);
}

/* A name of an object that nobody else gives: many nodes tell about one config at the same time. */
static void name_event(const struct kube_event *event, char ret[static KUBE_NAME_SIZE])
{
	unsigned long long random;
	char stamp[40];

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = kube_now_ms() << 16 ^ (unsigned long long)getpid();
	snprintf(stamp, sizeof(stamp), "%016llx", random);
	kube_join_name(event->name, stamp, ret);
}

static void cut_note(const char *note, char ret[static NOTE_MAX + 1])
{
	size_t n = strnlen(note, NOTE_MAX);

	/* Not within a character. */
	while (n == NOTE_MAX && n > 0 && ((unsigned char)note[n] & 0xc0) == 0x80)
		n--;
	memcpy(ret, note, n);
	ret[n] = '\0';
}

static json_t *body_of(const struct kube_events *events, const struct kube_event *event,
		       const char *name)
{
	char note[NOTE_MAX + 1], time[KUBE_TIME_SIZE];

	cut_note(event->note, note);
	kube_time(true, time);
	return json_pack(
		"{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}",
		"apiVersion", "events.k8s.io/v1", "kind", "Event", "metadata", "name", name,
		"namespace", NAMESPACE, "eventTime", time, "reportingController", events->component,
		"reportingInstance", events->instance, "action", event->action, "reason",
		event->reason, "type", event->is_warning ? "Warning" : "Normal", "note", note,
		"regarding", "apiVersion", event->api_version, "kind", event->kind, "namespace",
		NAMESPACE, "name", event->name, "uid", event->uid);
}

void kube_events_send(struct kube_events *events, const struct kube_event *event)
{
	_json_ json_t *what =
		json_pack("[s, s, s, s]", event->uid, event->reason, event->note, event->action);
	char key[KUBE_HASH_SIZE];
	_json_ json_t *body = NULL;
	struct recent *r;

	kube_hash(what, key);
	r = find(events, key);
	if (r) {
		repeat(events, r);
		return;
	}
	r = &events->recent[events->next++ % RECENT];
	*r = (struct recent){.count = 1, .first_ms = kube_now_ms(), .sent_ms = kube_now_ms()};
	memcpy(r->key, key, sizeof(key));
	name_event(event, r->name);
	body = body_of(events, event, r->name);
	if (body)
		kube_client_send(events->client,
				 &(struct kube_request){.method = "POST",
							.path = EVENTS_PATH,
							.body = body,
							.done = on_sent},
				 NULL);
}
