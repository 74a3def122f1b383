/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: those of a registry, and the verdict on an order. */
#pragma once

#include "fetch/order.h"
#include "trust/evidence.h"
#include "trust/signatures.h"

struct reason;
struct registry;

/* A repository as a place of signatures; borrowed. */
struct signature_reader verdict_reader(struct registry *registry);

/* Does the order's rule ask for signatures, or for digests alone? */
bool verdict_wants_signatures(const struct fetch_order *order);

/* @digests: n of them, the first is shown. @file: bytes of a file, or none. Borrowed. */
struct verdict_subject {
	const char *const *digests;
	size_t n_digests;
	const void *file;
	size_t file_len;
};

/**
 * verdict_give() - does the order's rule accept what was found?
 * @answer: .verified and .evidence are set.
 *
 * Return: as trust_verify(); -EBADMSG (the order's rule).
 */
int verdict_give(const struct fetch_order *order, const struct verdict_subject *subject,
		 const struct evidence *evidence, struct fetch_answer *answer, struct reason *why);

/* An order that is nothing but a verdict. @file: descriptor, or −1. */
int verdict_serve(const struct fetch_order *order, int file, struct fetch_answer *ret,
		  struct reason *why);
