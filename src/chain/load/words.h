/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier's words about a chain, in terms of its members. */
#pragma once

#include <stdbool.h>

struct chain_code;
struct chain_plan;
struct reason;

/* Does the refusal concern no single instruction, but the size of it all? */
bool words_are_of_the_whole(const char *log);

/**
 * words_explain() - why the kernel refused a segment.
 * @code: of the segment. @refusal: -errno. @log: the verifier's; "" when there is none.
 *
 * reason.text: "chain of N programs: member NAME: the verifier refuses it: CAUSE; at FILE:LINE: …".
 * Return: @refusal, or as explain_verifier().
 */
int words_explain(const struct chain_plan *plan, const struct chain_code *code, int refusal,
		  const char *log, struct reason *why);
