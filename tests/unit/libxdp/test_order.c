/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in the next dispatcher, and where. */
#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "libxdp/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct instructions code, frags_code = {.prog_flags = CONFIG_FRAGS};

static struct libxdp_program program(uint32_t id, const char *name, uint32_t priority)
{
	struct libxdp_program ret = {.id = id, .priority = priority, .actions = 4};

	memcpy(ret.name, name, strlen(name) + 1);
	return ret;
}

static struct libxdp_member member(const char *name, uint32_t priority)
{
	return (struct libxdp_member){
		.name = name, .priority = priority, .actions = 4, .code = &code};
}

static void the_lower_priority_comes_first_then_the_name(void **state)
{
	const struct libxdp_state seen = {.n = 2,
					  .programs = {program(1, "m", 20), program(2, "a", 50)}};
	const struct libxdp_member wanted[] = {member("z", 20), member("b", 20), member("c", 0)};
	const struct libxdp_change change = {.wanted = wanted, .n_wanted = 3};
	static const char *const names[] = {"c", "b", "m", "z", "a"};
	struct order order;

	(void)state;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_int_equal(order.n, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(order.entries[i].name, names[i]);
	assert_int_equal(order.entries[1].wanted, 1);
	assert_int_equal(order.entries[2].wanted, -1);
	assert_int_equal(order.entries[2].seen, 0);
}

static void with_one_name_the_loaded_come_first_then_the_order_of_the_wish(void **state)
{
	const struct libxdp_state seen = {.n = 2,
					  .programs = {program(1, "x", 50), program(2, "x", 50)}};
	const struct libxdp_member wanted[] = {member("x", 50), member("x", 50)};
	const struct libxdp_change change = {.wanted = wanted, .n_wanted = 2};
	struct order order;

	(void)state;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_int_equal(order.entries[0].seen, 0);
	assert_int_equal(order.entries[1].seen, 1);
	assert_int_equal(order.entries[2].wanted, 0);
	assert_int_equal(order.entries[3].wanted, 1);
}

static void ours_that_are_not_wanted_go_and_others_stay(void **state)
{
	const struct libxdp_state seen = {
		.n = 3,
		.programs = {program(1, "x", 50), program(2, "y", 50), program(3, "z", 50)}};
	struct libxdp_member wanted = member("kept", 60);
	const struct libxdp_change change = {
		.ours = (uint32_t[]){1, 2, 77}, .n_ours = 3, .wanted = &wanted, .n_wanted = 1};
	struct order order;

	(void)state;
	wanted.loaded_id = 2;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_int_equal(order.n, 2);
	assert_int_equal(order.entries[0].seen, 2);
	assert_int_equal(order.entries[0].wanted, -1);
	assert_int_equal(order.entries[1].seen, 1);
	assert_int_equal(order.entries[1].wanted, 0);
	assert_int_equal(order.entries[1].slot.priority, 60);
}

static void one_that_is_gone_needs_its_code(void **state)
{
	const struct libxdp_state seen = {0};
	struct libxdp_member wanted = member("gone", 50);
	const struct libxdp_change change = {.wanted = &wanted, .n_wanted = 1};
	struct reason why _reason_ = {0};
	struct order order;

	(void)state;
	wanted.loaded_id = 9;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_int_equal(order.entries[0].seen, -1);
	wanted.code = NULL;
	assert_int_equal(order_programs(&seen, &change, &order, &why), -ENOENT);
	assert_string_equal(why.text, "program 9 is no more on the interface");
}

static void ten_fit_and_eleven_are_refused_in_words(void **state)
{
	struct libxdp_state seen = {.n = 6};
	struct libxdp_member wanted[5];
	struct libxdp_change change = {.wanted = wanted, .n_wanted = 4};
	struct reason why _reason_ = {0};
	struct order order;

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		seen.programs[i] = program(i + 1, "x", 50);
	for (size_t i = 0; i < 5; i++)
		wanted[i] = member("y", 50);
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_int_equal(order.n, 10);
	change.n_wanted = 5;
	assert_int_equal(order_programs(&seen, &change, &order, &why), -E2BIG);
	assert_non_null(strstr(why.text, "with 6 of others there is no room for 5 of ours"));
	assert_string_equal(why.hint, "without libxdp mode there is no limit");
}

static void what_no_dispatcher_can_have_is_refused(void **state)
{
	const struct libxdp_state seen = {.n = 1, .programs = {program(3, "x", 50)}};
	struct libxdp_member wanted[] = {member("y", 1000), member("z", 50)};
	const struct libxdp_change change = {.wanted = wanted, .n_wanted = 2};
	struct order order = {.n = 99};

	(void)state;
	wanted[0].actions = 0x8000001f;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_int_equal(order.entries[2].slot.actions, 0x1f);
	order.n = 99;
	wanted[0].priority = 1001;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), -EINVAL);
	wanted[0] = member("y", 50);
	wanted[0].actions = 0x20;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), -EINVAL);
	wanted[0] = member("y", 50);
	wanted[0].loaded_id = wanted[1].loaded_id = 3;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), -EINVAL);
	assert_int_equal(order.n, 99);
}

static void the_same_programs_with_the_same_numbers_are_no_change(void **state)
{
	const struct libxdp_state seen = {.n = 2,
					  .programs = {program(1, "x", 50), program(2, "y", 50)}};
	struct libxdp_member wanted = member("y", 50);
	const struct libxdp_change change = {.wanted = &wanted, .n_wanted = 1};
	struct order order;

	(void)state;
	wanted.loaded_id = 2;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_true(order_is_reached(&order, &seen));
	wanted.actions = 6;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_false(order_is_reached(&order, &seen));
	wanted = member("y", 50);
	wanted.loaded_id = 2;
	wanted.priority = 51;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	assert_false(order_is_reached(&order, &seen));
}

static void frags_are_taken_only_when_all_programs_take_them(void **state)
{
	struct libxdp_state seen = {.n = 1, .programs = {program(1, "x", 50)}};
	struct libxdp_member wanted = member("y", 50);
	const struct libxdp_change change = {.wanted = &wanted, .n_wanted = 1};
	struct libxdp_config config;
	struct order order;

	(void)state;
	seen.programs[0].has_frags = true;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	order_config(&order, &config);
	assert_false(config.has_frags);
	assert_int_equal(config.slots[0].flags, CONFIG_FRAGS);
	assert_int_equal(config.slots[1].flags, 0);
	wanted.code = &frags_code;
	assert_int_equal(order_programs(&seen, &change, &order, NULL), 0);
	order_config(&order, &config);
	assert_true(config.has_frags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lower_priority_comes_first_then_the_name),
		cmocka_unit_test(with_one_name_the_loaded_come_first_then_the_order_of_the_wish),
		cmocka_unit_test(ours_that_are_not_wanted_go_and_others_stay),
		cmocka_unit_test(one_that_is_gone_needs_its_code),
		cmocka_unit_test(ten_fit_and_eleven_are_refused_in_words),
		cmocka_unit_test(what_no_dispatcher_can_have_is_refused),
		cmocka_unit_test(the_same_programs_with_the_same_numbers_are_no_change),
		cmocka_unit_test(frags_are_taken_only_when_all_programs_take_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
