/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests of daemon/plan/chain.c: who is on the hook, in which order, in which mode, where. */
#include "daemon/plan/chain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef fail
#include "base/array.h"
#include "base/reason.h"
#include "base/text.h"
#include "chain/chain.h"
#include "daemon/plan/build.h"

#define HOOK "xdp:eth0"

static void add_row(struct link_list *list, uint32_t id, uint32_t priority, const char *name)
{
	struct link *l = array_add((void **)&list->items, &list->n, sizeof(*l));

	l->id = id;
	l->kind = HOOK_XDP;
	l->priority = priority;
	assert_int_equal(text_set(&l->program_name, name), 0);
	assert_int_equal(text_set(&l->hook, HOOK), 0);
}

static struct plan_link *add_link(struct plan *plan, uint32_t priority, const char *name)
{
	struct plan_link *l = plan_add_link(plan);

	l->row.kind = HOOK_XDP;
	l->row.priority = priority;
	assert_int_equal(text_set(&l->row.program_name, name), 0);
	assert_int_equal(text_set(&l->row.hook, HOOK), 0);
	return l;
}

static struct plan_chain *add_chain(struct plan *plan)
{
	struct plan_chain *c = plan_add_chain(plan);

	c->hook.kind = HOOK_XDP;
	assert_int_equal(text_set(&c->after.hook, HOOK), 0);
	return c;
}

static void names_are(const struct plan_chain *c, const char *names)
{
	_text_ struct text all = {0};

	for (size_t i = 0; i < c->n_members; i++)
		text_add(&all, "%s%s", i ? " " : "", c->members[i].row.program_name);
	assert_string_equal(all.data ? all.data : "", names);
}

static void order_is_priority_then_age_then_name(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	_cleanup_(link_list_done) struct link_list rows = {0};
	struct plan_chain *c = add_chain(&plan);

	(void)state;
	add_row(&rows, 9, 50, "younger");
	add_row(&rows, 4, 50, "older");
	add_row(&rows, 12, 10, "first");
	add_link(&plan, 50, "zebra");
	add_link(&plan, 50, "apple");
	add_link(&plan, 5, "new");
	assert_int_equal(plan_fill_chain(&plan, c, &rows, NULL), 0);
	names_are(c, "new first older younger apple zebra");
	assert_int_equal(c->after.priority, 5);
	assert_int_equal(c->members[0].link, 2);
	assert_true(c->members[1].link == SIZE_MAX);
}

static void what_goes_is_left_out_and_what_is_replaced_keeps_its_age(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	_cleanup_(link_list_done) struct link_list rows = {0};
	struct plan_chain *c = add_chain(&plan);
	struct plan_link *l;

	(void)state;
	add_row(&rows, 1, 50, "goes");
	add_row(&rows, 2, 50, "old");
	add_row(&rows, 3, 50, "last");
	plan_add_drop_link(&plan)->row.id = 1;
	l = add_link(&plan, 50, "new");
	l->is_replace = true;
	l->row.id = 2;
	assert_int_equal(plan_fill_chain(&plan, c, &rows, NULL), 0);
	names_are(c, "new last");
}

static void a_chain_without_members_is_no_error(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	_cleanup_(link_list_done) struct link_list rows = {0};
	struct plan_chain *c = add_chain(&plan);

	(void)state;
	add_row(&rows, 1, 50, "goes");
	plan_add_drop_link(&plan)->row.id = 1;
	assert_int_equal(plan_fill_chain(&plan, c, &rows, NULL), 0);
	assert_int_equal(c->n_members, 0);
}

static void more_members_than_a_chain_takes_are_refused(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0}, full = {0};
	_cleanup_(link_list_done) struct link_list rows = {0}, enough = {0};
	struct plan_chain *c = add_chain(&plan), *d = add_chain(&full);
	_reason_ struct reason why = {0};

	(void)state;
	for (uint32_t i = 1; i <= CHAIN_MEMBERS_MAX; i++) {
		add_row(&rows, i, 50, "x");
		add_row(&enough, i, 50, "x");
	}
	assert_int_equal(plan_fill_chain(&full, d, &enough, &why), 0);
	add_link(&plan, 50, "one more");
	assert_int_equal(plan_fill_chain(&plan, c, &rows, &why), -E2BIG);
	assert_non_null(strstr(why.text, "at most 256"));
}

static void the_mode_is_what_runs_then_what_is_asked_then_the_default(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0}, asked = {0}, running = {0};
	_cleanup_(link_list_done) struct link_list none = {0}, rows = {0};
	struct plan_chain *c = add_chain(&plan), *d = add_chain(&asked), *e = add_chain(&running);
	_reason_ struct reason why = {0};
	struct plan_link *l;

	(void)state;
	c->default_mode = d->default_mode = e->default_mode = "skb";
	add_link(&plan, 50, "a");
	assert_int_equal(plan_fill_chain(&plan, c, &none, NULL), 0);
	assert_int_equal(c->options.mode, XDP_MODE_SKB);
	l = add_link(&asked, 50, "a");
	assert_int_equal(text_set(&l->row.mode, "native"), 0);
	assert_int_equal(plan_fill_chain(&asked, d, &none, NULL), 0);
	assert_int_equal(d->options.mode, XDP_MODE_NATIVE);
	add_row(&rows, 1, 50, "runs");
	e->before.id = 1;
	assert_int_equal(text_set(&e->before.xdp_mode, "skb"), 0);
	l = add_link(&running, 50, "b");
	assert_int_equal(text_set(&l->row.mode, "native"), 0);
	assert_int_equal(plan_fill_chain(&running, e, &rows, &why), -EBUSY);
	assert_non_null(strstr(why.text, "runs in mode skb, and program b asks for native"));
}

static void a_chain_stands_among_tcx_programs_at_its_lowest_priority(void **state)
{
	struct plan_neighbour others[] = {
		{10, 101, SIZE_MAX}, {50, 102, SIZE_MAX}, {90, 103, SIZE_MAX}};
	struct plan_chain c = {.neighbours = others, .n_neighbours = 3};

	(void)state;
	c.after.priority = 50;
	plan_place_chain(&c);
	assert_int_equal(c.options.after_program_id, 102);
	assert_int_equal(c.options.before_program_id, 103);
	assert_int_equal(c.options.priority, 50);
	assert_false(c.is_anew);
}

static void only_a_change_of_place_attaches_anew(void **state)
{
	struct plan_neighbour others[] = {{10, 101, SIZE_MAX}, {50, 102, SIZE_MAX}};
	struct plan_chain c = {.neighbours = others, .n_neighbours = 2};

	(void)state;
	c.before.kernel_id = 7;
	c.before.priority = 20;
	c.after.priority = 40;
	plan_place_chain(&c);
	assert_false(c.is_anew);
	c.after.priority = 60;
	plan_place_chain(&c);
	assert_true(c.is_anew);
	c.is_anew = false;
	c.before.kernel_id = 0; /* a filter */
	plan_place_chain(&c);
	assert_false(c.is_anew);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_priority_then_age_then_name),
		cmocka_unit_test(what_goes_is_left_out_and_what_is_replaced_keeps_its_age),
		cmocka_unit_test(a_chain_without_members_is_no_error),
		cmocka_unit_test(more_members_than_a_chain_takes_are_refused),
		cmocka_unit_test(the_mode_is_what_runs_then_what_is_asked_then_the_default),
		cmocka_unit_test(a_chain_stands_among_tcx_programs_at_its_lowest_priority),
		cmocka_unit_test(only_a_change_of_place_attaches_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
