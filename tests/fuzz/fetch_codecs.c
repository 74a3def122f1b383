/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an order, an answer, a rule or kept signatures: what is accepted is written again as
 * it was. The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fetch/order.h"
#include "trust/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_order(const uint8_t *data, size_t size, struct text *w)
{
	_cleanup_(fetch_order_done) struct fetch_order o = {.reference = NULL};

	if (fetch_order_decode(data, size, &o) == 0)
		fetch_order_encode(&o, w);
}

static void try_answer(const uint8_t *data, size_t size, struct text *w)
{
	_cleanup_(fetch_answer_done) struct fetch_answer a = {.is_known = false};

	if (fetch_answer_decode(data, size, &a) == 0)
		fetch_answer_encode(&a, w);
}

static void try_rule(const uint8_t *data, size_t size, struct text *w)
{
	_rule_ struct trust_rule r = {.name = NULL};

	if (trust_rule_decode(data, size, &r) == 0)
		trust_rule_encode(&r, w);
}

static void try_evidence(const uint8_t *data, size_t size, struct text *w)
{
	_evidence_ struct evidence e = {.n = 0};

	if (evidence_decode(data, size, &e) == 0)
		evidence_encode(&e, w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const uint8_t *data, size_t size, struct text *w) = {
		try_order, try_answer, try_rule, try_evidence};
	_text_ struct text once = {.data = NULL};
	_text_ struct text twice = {.data = NULL};
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % array_size(tries);
	tries[which](data + 1, size - 1, &once);
	if (once.len == 0)
		return 0;
	tries[which]((const uint8_t *)once.data, once.len, &twice);
	if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
		abort();
	return 0;
}
