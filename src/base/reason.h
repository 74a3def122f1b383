/* SPDX-License-Identifier: Apache-2.0 */
/* Why something failed: the text that travels from the deepest function to the user. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

/**
 * struct reason - what failed, why and what to do.
 * @code:   negative errno of the failure; 0 while nothing failed.
 * @text:   one line, lower case, no full stop; names the object.
 * @hint:   what to do about it; may be empty.
 * @detail: long text (the whole verifier log); owned, NULL when there is none.
 *
 * R1: the deepest text wins: fail() on a reason that has a text keeps the text.
 */
struct reason {
	int code;
	char text[768];
	char hint[512];
	char *detail;
};

/* Record the failure and return @code (negative errno). @why may be NULL. */
int fail(struct reason *why, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "<prefix>: " before the text that is there, to name the outer object. */
void reason_prefix(struct reason *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Say what to do; the first hint wins. */
void reason_hint(struct reason *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Take over the long text; an earlier one is kept and @detail freed. */
void reason_detail_adopt(struct reason *why, char *detail);

/* Free what is owned and make it empty again; accepts NULL. */
void reason_done(struct reason *why);

#define _reason_ _cleanup_(reason_done)
