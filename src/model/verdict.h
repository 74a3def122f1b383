/* SPDX-License-Identifier: Apache-2.0 */
/* Return codes of programs by name, and sets of them (proceed-on). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/hook.h"

struct reason;
struct text;

/* A set has one bit a verdict: bit r for xdp, bit r + 1 for tc (whose codes begin at -1), bit 0 to
 * 2 for ok, drop, continue of flow_dissector. */
uint32_t verdict_default_set(enum verdict_family family);

/* Add the verdict named @name, or with that code ("129"), to *set. Return: 0, -EINVAL (lists the
 * names; did you mean). */
int verdict_parse(enum verdict_family family, const char *name, uint32_t *set, struct reason *why);

/* "pass,dispatcher_return" appended to @t; nothing for an empty set. */
void verdict_format(enum verdict_family family, uint32_t set, struct text *t);

/* The name of the i-th verdict in @set (0-based), NULL behind the last. */
const char *verdict_name(enum verdict_family family, uint32_t set, unsigned int i);

/* The codes of @set, as programs return them; at most 32. Return: how many. */
size_t verdict_codes(enum verdict_family family, uint32_t set, int32_t ret[static 32]);

/* The name of a code; "other" for what has none. */
const char *verdict_of_code(enum verdict_family family, int32_t code);
