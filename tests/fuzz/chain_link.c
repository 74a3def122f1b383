/* SPDX-License-Identifier: Apache-2.0 */
/* Members whose instructions, references and BTF are any bytes, planned, linked and refined. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/link.h"
#include "chain/plan.h"

#define MAPS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void link_all(struct chain_plan *plan)
{
	for (int i = 0; i < 4; i++) {
		uint32_t last = 0;

		for (uint32_t s = 0; s < plan->n_segments && plan->mode != CHAIN_DIRECT; s++) {
			_cleanup_(chain_code_done) struct chain_code code = {0};

			last = s;
			if (chain_link(plan, s, &code, NULL) == 0)
				chain_find_origin(&code, code.n_insns / 2);
		}
		if (chain_refine(plan, last, i % 2 ? -E2BIG : -EINVAL, "7: (85) call 1\n") <= 0)
			break;
	}
}

/* Two bytes choose; then BTF of that length; the rest is one program's flat form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int32_t own[] = {0, 1, 2, 3, 4}, pass[] = {2, 31, -1};
	static const struct chain_translation translations[] = {{3, 2}, {5, -1}};
	static const struct chain_map maps[MAPS] = {{1, 1}, {2, 1}, {3, 33}, {4, 2},
						    {5, 3}, {6, 1}, {7, 1},  {8, 1}};
	_cleanup_(instructions_done) struct instructions code = {0};
	_cleanup_(chain_plan_done) struct chain_plan plan = {0};
	struct chain_rules rules = {.program_type = 6,
				    .context = "xdp_md",
				    .end = 2,
				    .own = own,
				    .n_own = 5,
				    .counted = own,
				    .n_counted = 5};
	struct chain_limits limits = chain_limits_default;
	struct chain_member members[3];
	size_t btf_len;

	if (size < 2)
		return 0;
	btf_len = data[0] * 64u;
	if (size < 2 + btf_len ||
	    instructions_decode(data + 2 + btf_len, size - 2 - btf_len, &code) < 0)
		return 0;
	if (data[1] & 1) {
		rules.translations = translations;
		rules.n_translations = 2;
	}
	limits.has_wide_jumps = data[1] & 2;
	limits.verified_max = data[1] & 4 ? 20 : limits.verified_max;
	for (size_t i = 0; i < 3; i++)
		members[i] = (struct chain_member){.name = "member",
						   .code = &code,
						   .btf = btf_len ? data + 2 : NULL,
						   .btf_len = btf_len,
						   .maps = maps,
						   .n_maps = MAPS,
						   .proceed_on = pass,
						   .n_proceed_on = 3,
						   .slot = data[1] & 8 ? (int)i : -1,
						   .must_call = data[1] >> (4 + i) & 1};
	if (chain_plan(&rules, &limits, members, data[1] & 128 ? 1 : 3, &plan, NULL) == 0)
		link_all(&plan);
	return 0;
}
