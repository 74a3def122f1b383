/* SPDX-License-Identifier: Apache-2.0 */
/* Events on objects (events.k8s.io/v1): what kubectl describe shows; repeats are counted. */
#pragma once

#include <stdbool.h>

struct kube_client;
struct kube_events;

/**
 * struct kube_event - borrowed texts.
 * @api_version, @kind, @name, @uid: the object it is about; cluster-scoped.
 * @reason: "LoadFailed", at most 128 characters.
 * @action: "Load".
 * @note:   cut at 1,024 bytes.
 */
struct kube_event {
	const char *api_version;
	const char *kind;
	const char *name;
	const char *uid;
	const char *reason;
	const char *action;
	const char *note;
	bool is_warning;
};

/* @component: "bpfd-agent"; @instance: host or pod. Return: 0, -ENOMEM. */
int kube_events_new(struct kube_client *client, const char *component, const char *instance,
		    struct kube_events **ret);
void kube_events_free(struct kube_events *events);

/* Send, and forget: a lost event changes nothing. The same event again within ten minutes raises
 * the count of the first, at most once a minute. */
void kube_events_send(struct kube_events *events, const struct kube_event *event);
