/* SPDX-License-Identifier: Apache-2.0 */
/* Leader election by a Lease (coordination.k8s.io/v1): at most one leads, by the clocks of each. */
#pragma once

#include <stdbool.h>

struct kube_client;
struct kube_lease;

#define KUBE_LEASE_SECONDS 15

/**
 * struct kube_lease_options - strings are copied.
 * @identity:  unique among the candidates.
 * @on_change: leading or not any more; a leader that cannot renew for ten seconds stops before
 *             another may begin.
 */
struct kube_lease_options {
	const char *namespace;
	const char *name;
	const char *identity;
	void (*on_change)(void *userdata, bool leads);
	void *userdata;
};

/* Begin to apply for it. Return: 0, -ENOMEM. */
int kube_lease_new(struct kube_client *client, const struct kube_lease_options *options,
		   struct kube_lease **ret);

/* Give it back (turning the loop for a moment) and stop. Accepts NULL. */
void kube_lease_release(struct kube_lease *lease);

/* By the clock, so that one that was stopped for a while does not go on where it was. NULL: no. */
bool kube_lease_leads(const struct kube_lease *lease);
