/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests of hooks/tc.c: which way a tc chain is attached, and what codes mean then. */
#include "hooks/kinds.h"

#include <linux/bpf.h>

#include "base/fd.h"
#include "base/reason.h"
#include "chain/chain.h"
#include "hooks/seen.h"
#include "kernel/probe.h"
#include "stage.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define HOOK "tc:" STAGE_DEV "/ingress"

static bool is_skipped;

static void tc_is_a_link_where_there_is_tcx_else_a_filter(void **state)
{
	struct hook_attach_options options = {.priority = 50};
	struct hook_attachment at = {.link_fd = -1};
	struct stage_program first, second;
	struct hook_place place;
	struct hook_seen seen;
	bool has_tcx;

	(void)state;
	if (is_skipped)
		skip();
	has_tcx = kernel_has(KERNEL_TCX);
	assert_int_equal(stage_place(HOOK, &place, NULL), 0);
	assert_int_equal(stage_program_load(&first, BPF_PROG_TYPE_SCHED_CLS, -1), 0);
	assert_int_equal(stage_program_load(&second, BPF_PROG_TYPE_SCHED_CLS, -1), 0);
	assert_int_equal(hook_tc.attach(&place, first.fd, &options, &at, NULL), 0);
	assert_int_equal(at.kernel_id != 0, has_tcx);
	assert_int_equal(at.tc_handle == 0, has_tcx);
	stage_send(STAGE_PEER, 2);
	assert_int_equal(stage_count(&first), 2);
	assert_true(stage_sees(has_tcx ? "tcx:" STAGE_DEV "/ingress" : HOOK, first.id, &seen));
	assert_int_equal(hook_tc.replace(&place, &at, second.fd, first.fd, NULL), 0);
	stage_send(STAGE_PEER, 3);
	assert_int_equal(stage_count(&second), 3);
	assert_int_equal(hook_tc.check(&place, &at, second.id, NULL), 1);
	assert_int_equal(hook_tc.end(&at), 0);
	assert_int_equal(hook_tc.detach(&place, &at, second.id, NULL), 0);
	assert_int_equal(hook_tc.check(&place, &at, second.id, NULL), 0);
	fd_close(&at.link_fd);
	stage_program_done(&first);
	stage_program_done(&second);
	stage_place_done(&place);
}

/* What cls_bpf makes of a code, the chain makes of it on tcx: the same packets are delivered. */
static void on_tcx_codes_are_translated_to_what_they_mean_on_clsact(void **state)
{
	static const int32_t meant[][2] = {{1, -1}, {3, -1}, {4, 2}, {5, -1}, {6, -1}, {8, 2}};
	const struct chain_rules *rules;

	(void)state;
	if (is_skipped || !kernel_has(KERNEL_TCX))
		skip();
	rules = hook_tc.rules();
	assert_int_equal(rules->n_translations, 6);
	for (size_t i = 0; i < 6; i++) {
		bool is_found = false;

		for (size_t k = 0; k < rules->n_translations; k++)
			is_found |= rules->translations[k].from == meant[i][0] &&
				    rules->translations[k].to == meant[i][1];
		assert_true(is_found);
	}
	assert_int_equal(rules->end, -1);
	assert_int_equal(rules->closed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tc_is_a_link_where_there_is_tcx_else_a_filter),
		cmocka_unit_test(on_tcx_codes_are_translated_to_what_they_mean_on_clsact),
	};

	is_skipped = stage_open() != 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
