/* SPDX-License-Identifier: Apache-2.0 */
/* struct config <-> bpfd.v1.Config; used by the library and by the daemon. */
#pragma once

#include "wire/bpfd.pb-c.h"

struct config;
struct labels;
struct reason;
struct wire_arena;

/**
 * wire_config_encode() - a message that borrows the strings of @config.
 * @ret: in @arena. Fields that the model has not (is_selected, links) are left zero.
 *
 * Return: 0 or -ENOMEM.
 */
int wire_config_encode(const struct config *config, struct wire_arena *arena,
		       Bpfd__V1__Config **ret);

/**
 * wire_config_decode() - a deep copy; empty strings become NULL where the model says so.
 * @ret: free with config_done(). Not yet config_check()ed; owner and times are taken over.
 *
 * Return: 0, -EINVAL (bad label), -E2BIG (too many labels), -ENOMEM.
 */
int wire_config_decode(const Bpfd__V1__Config *message, struct config *ret, struct reason *why);

/* Labels alone, for the other messages. */
int wire_labels_encode(const struct labels *labels, struct wire_arena *arena, size_t *ret_n,
		       Bpfd__V1__Label ***ret);
int wire_labels_decode(Bpfd__V1__Label *const *messages, size_t n, struct labels *ret,
		       struct reason *why);
