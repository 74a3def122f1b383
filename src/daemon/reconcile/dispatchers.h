/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing what is in libxdp's dispatchers to what the rows say. */
#pragma once

#include <stdbool.h>

struct chain;
struct context;

bool dispatchers_has(const struct chain *chain);

/* @chain: live, or one that was never finished. What cannot be done is logged. */
void dispatchers_restore(struct context *ctx, const struct chain *chain);
