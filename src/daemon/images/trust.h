/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy of this host wants of bytecode, and whether its signatures are enough. */
#pragma once

#include "base/digest.h"
#include "fetch/order.h"

struct context;
struct reason;
struct trust_bytes;

/* A rule as it goes to bpfd-fetch, and its digest; "" when nothing is to be verified. */
struct trust_demand {
	struct fetch_file rule;
	char id[DIGEST_TEXT_SIZE];
};

void trust_demand_done(struct trust_demand *demand);
#define _demand_ _cleanup_(trust_demand_done)

/**
 * trust_demand_find() - the policy is read now: it may have changed.
 * @name: "quay.io/x/y:tag", "oci:/layout:tag" or "/path/x.bpf.o".
 *
 * Return: 0 (.id says whether there is something to verify), -EACCES (rejected), -ENOMEM.
 */
int trust_demand_find(struct context *ctx, const char *name, struct trust_demand *ret,
		      struct reason *why);

/* @digests: one or two. @evidence: encoded. @file: descriptor of what is signed, or −1. */
struct trust_case {
	const struct trust_demand *demand;
	const char *name;
	const char *digests[FETCH_DIGESTS_MAX];
	const struct trust_bytes *evidence;
	int file;
};

/* Ask bpfd-fetch for the verdict. @ret_by: whose signature it was; may be NULL. Return: 0, -EACCES
 * (the text names the rule), what job_fetch() says. */
int trust_verdict(struct context *ctx, const struct trust_case *trust_case, char **ret_by,
		  struct reason *why);
