/* SPDX-License-Identifier: Apache-2.0 */
/* The decision about an AdmissionReview (admission.k8s.io/v1): JSON in, JSON out, nothing else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct reason;
struct text;

/* An object is at most 1.5 MiB in etcd, and an update brings two. */
#define REVIEW_SIZE_MAX (3 * 1024 * 1024)

/* Of arrays and objects in each other. */
#define REVIEW_DEPTH_MAX 64

/**
 * review_answer() - what to answer to one review.
 * @ret:        the AdmissionReview with the response is appended; its uid is the request's.
 * @is_allowed: what it says.
 *
 * A BpfProgramConfig of bpfd.io/v1alpha1 that is created or updated must pass
 * manifest_parse_object(); a refusal has the path of the field in its text and code 422. Everything
 * else is allowed: deletions, objects that are being deleted (their finalizers must go), other
 * kinds, subresources, and updates that leave the spec as it was (or a config from the time before
 * this webhook could not be changed at all).
 *
 * Return: 0, -EINVAL (no AdmissionReview), -EFBIG, -ENOMEM.
 */
int review_answer(const char *json, size_t len, struct text *ret, bool *is_allowed,
		  struct reason *why);
