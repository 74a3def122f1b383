/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping up with a collection: list, watch, and list again when the server has forgotten where we
 * were. Keeps no objects, only their names and versions. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct kube_client;
struct kube_watch;
struct reason;

/**
 * struct kube_watch_options - strings are copied.
 * @path:      "/api/v1/pods".
 * @query:     NULL or "fieldSelector=spec.nodeName%3Dn1".
 * @is_metadata: only the metadata of objects is wanted.
 * @on_object: new or changed (also after a list, when its version is new).
 * @on_gone:   deleted; only metadata.name and .namespace are sure to be there.
 * @on_synced: after each complete list.
 * @on_outage: the server is away or refuses; once for each time it becomes so. NULL: back again.
 */
struct kube_watch_options {
	const char *path;
	const char *query;
	bool is_metadata;
	void (*on_object)(void *userdata, json_t *object);
	void (*on_gone)(void *userdata, json_t *object);
	void (*on_synced)(void *userdata);
	void (*on_outage)(void *userdata, const char *text);
	void *userdata;
};

/* Begin at once. Return: 0, -ENOMEM. */
int kube_watch_new(struct kube_client *client, const struct kube_watch_options *options,
		   struct kube_watch **ret);

/* Accepts NULL. Not from inside its own callbacks. */
void kube_watch_free(struct kube_watch *watch);

/* Is what it told complete (until the next outage also current)? */
bool kube_watch_is_synced(const struct kube_watch *watch);

/* How often it listed, for metrics and tests. */
unsigned int kube_watch_lists(const struct kube_watch *watch);
