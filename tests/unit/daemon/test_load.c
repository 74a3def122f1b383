/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded from an object, under which names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/build.h"
#include "daemon/plan/load.h"

static char xdp_count[] = "count", xdp_other[] = "other", stats[] = "stats", xdp[] = "xdp",
	    none[] = "", packets[] = "packets", rodata[] = ".rodata", sampling[] = "sampling",
	    gpl[] = "GPL", tracing[] = "on_queue", section[] = "tracepoint/net/net_dev_queue",
	    target[] = "net/net_dev_queue";

static struct object_program programs[] = {
	{.function = xdp_count, .section = stats, .kind = HOOK_KIND_UNKNOWN, .target = none},
	{.function = xdp_other,
	 .section = xdp,
	 .kind = HOOK_XDP,
	 .target = none,
	 .has_frags = true},
	{.function = tracing, .section = section, .kind = HOOK_TRACEPOINT, .target = target},
};
static struct object_map maps[] = {
	{.name = packets, .type = 2, .key_size = 4, .value_size = 8, .max_entries = 1},
	{.name = rodata,
	 .type = 2,
	 .key_size = 4,
	 .value_size = 4,
	 .max_entries = 1,
	 .is_internal = true},
};
static struct object_global globals[] = {
	{.name = sampling, .map = rodata, .type = GLOBAL_UNSIGNED, .offset = 8, .size = 4},
};
static const struct object object = {.license = gpl,
				     .programs = programs,
				     .n_programs = 3,
				     .maps = maps,
				     .n_maps = 2,
				     .globals = globals,
				     .n_globals = 1};

static struct load_wish wish_of(const struct load_choice *choices, size_t n)
{
	return (struct load_wish){.bytecode = "file:///x.o",
				  .digest = "sha256:00",
				  .object = &object,
				  .choices = choices,
				  .n_choices = n,
				  .uid = 7,
				  .gid = 8,
				  .now = 9};
}

static int add(struct plan *plan, const struct load_wish *wish, struct reason *why)
{
	struct paths paths;

	assert_int_equal(paths_init(&paths, "/run/x", "/var/x", "/etc/x"), 0);
	return plan_add_wish(plan, wish, &paths, why);
}

static void refused(const struct load_wish *wish, int code, const char *text, const char *hint)
{
	_cleanup_(plan_done) struct plan plan = {0};
	_reason_ struct reason why = {0};

	assert_int_equal(add(&plan, wish, &why), code);
	assert_non_null(strstr(why.text, text));
	assert_non_null(strstr(why.hint, hint));
}

static void a_choice_becomes_a_row(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	const struct load_choice choice = {"count", NULL, "xdp"};
	struct load_wish wish = wish_of(&choice, 1);

	(void)state;
	wish.name = "counter";
	assert_int_equal(add(&plan, &wish, NULL), 0);
	assert_int_equal(plan.n_loads, 1);
	assert_int_equal(plan.loads[0].n_programs, 1);
	assert_string_equal(plan.loads[0].programs[0].name, "counter");
	assert_string_equal(plan.loads[0].programs[0].function, "count");
	assert_int_equal(plan.loads[0].programs[0].kind, HOOK_XDP);
	assert_int_equal(plan.loads[0].programs[0].owner_uid, 7);
	assert_string_equal(plan.loads[0].programs[0].load, plan.loads[0].uuid);
	assert_int_equal(plan.loads[0].object_fd, -1);
}

static void several_programs_are_named_after_their_functions(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	const struct load_choice choices[] = {{"other", NULL, NULL}, {"on_queue", NULL, NULL}};
	struct load_wish wish = wish_of(choices, 2);

	(void)state;
	wish.name = "n";
	assert_int_equal(add(&plan, &wish, NULL), 0);
	assert_string_equal(plan.loads[0].programs[0].name, "n-other");
	assert_string_equal(plan.loads[0].programs[1].name, "n-on_queue");
	assert_int_equal(plan.loads[0].programs[1].index, 1);
	assert_true(plan.loads[0].has_frags[0]);
	assert_string_equal(plan.loads[0].programs[1].target, "net/net_dev_queue");
}

static void a_section_finds_its_program(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	const struct load_choice choice = {"stats", "x", "xdp"};
	struct load_wish wish = wish_of(&choice, 1);

	(void)state;
	assert_int_equal(add(&plan, &wish, NULL), 0);
	assert_string_equal(plan.loads[0].programs[0].function, "count");
	assert_string_equal(plan.loads[0].programs[0].name, "x");
}

static void labels_of_the_image_choose_and_give_types(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	struct image_program one = {.entry = stats, .type = xdp};
	struct image_labels labels = {.programs = &one, .n_programs = 1};
	struct load_wish wish = wish_of(NULL, 0);

	(void)state;
	wish.labels_of_image = &labels;
	assert_int_equal(add(&plan, &wish, NULL), 0);
	assert_int_equal(plan.loads[0].n_programs, 1);
	assert_int_equal(plan.loads[0].programs[0].kind, HOOK_XDP);
}

static void what_the_object_lacks_gets_the_nearest(void **state)
{
	const struct load_choice choice = {"coun", NULL, "xdp"};
	const struct load_choice count = {"count", NULL, "xdp"};
	struct config_global global = {.name = xdp_count, .value = none};
	struct load_export export = {.map = "packet"};
	struct plan_share share = {.map = xdp_other};
	struct load_wish wish = wish_of(&choice, 1);

	(void)state;
	refused(&wish, -ENOENT, "\"coun\"", "count");
	wish = wish_of(&count, 1);
	wish.globals = &global;
	wish.n_globals = 1;
	refused(&wish, -ENOENT, "count", "");
	wish = wish_of(&count, 1);
	wish.exports = &export;
	wish.n_exports = 1;
	refused(&wish, -ENOENT, "no map \"packet\" to export", "packets");
	wish.n_exports = 0;
	wish.shares = &share;
	wish.n_shares = 1;
	refused(&wish, -ENOENT, "no map \"other\" to share", "packets");
}

static void internal_maps_are_not_exported(void **state)
{
	const struct load_choice count = {"count", NULL, "xdp"};
	struct load_export export = {.map = ".rodata"};
	struct load_wish wish = wish_of(&count, 1);

	(void)state;
	wish.exports = &export;
	wish.n_exports = 1;
	refused(&wish, -ENOENT, "no map \".rodata\"", "packets");
}

static void a_shared_map_is_not_exported(void **state)
{
	const struct load_choice count = {"count", NULL, "xdp"};
	struct load_export export = {.map = "packets"};
	struct plan_share share = {.map = packets, .id = 5};
	struct load_wish wish = wish_of(&count, 1);

	(void)state;
	wish.exports = &export;
	wish.shares = &share;
	wish.n_exports = wish.n_shares = 1;
	refused(&wish, -EINVAL, "map packets is shared", "");
}

static void kinds_come_from_somewhere_and_do_not_contradict(void **state)
{
	const struct load_choice untyped = {"count", NULL, NULL};
	const struct load_choice wrong = {"other", NULL, "tracepoint"};
	const struct load_choice unknown = {"other", NULL, "nosuch"};
	struct load_wish wish = wish_of(&untyped, 1);

	(void)state;
	refused(&wish, -EOPNOTSUPP, "\"stats\" names no kind", "give the type");
	wish = wish_of(&wrong, 1);
	refused(&wish, -EINVAL, "not tracepoint", "");
	wish = wish_of(&unknown, 1);
	refused(&wish, -EOPNOTSUPP, "\"nosuch\"", "");
}

static void names_are_names_and_given_once(void **state)
{
	const struct load_choice twice[] = {{"count", "a", "xdp"}, {"other", "a", NULL}};
	const struct load_choice bad = {"other", "a/b", NULL};
	char name[PROGRAM_NAME_MAX + 2];
	const struct load_choice longest = {"other", name, NULL};
	struct load_wish wish = wish_of(twice, 2);
	_cleanup_(plan_done) struct plan plan = {0};

	(void)state;
	refused(&wish, -EINVAL, "\"a\" is given twice", "");
	wish = wish_of(&bad, 1);
	refused(&wish, -EINVAL, "\"a/b\"", "letters");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	wish = wish_of(&longest, 1);
	refused(&wish, -EINVAL, "cannot be the name", "128");
	name[PROGRAM_NAME_MAX] = '\0';
	assert_int_equal(add(&plan, &wish, NULL), 0);
}

static void globals_are_bytes_at_their_place(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	const struct load_choice count = {"count", NULL, "xdp"};
	char value[] = "258";
	struct config_global global = {.name = sampling, .value = value};
	struct load_wish wish = wish_of(&count, 1);
	uint32_t expected = 258;

	(void)state;
	wish.globals = &global;
	wish.n_globals = 1;
	assert_int_equal(add(&plan, &wish, NULL), 0);
	assert_int_equal(plan.loads[0].globals[0].offset, 8);
	assert_int_equal(plan.loads[0].globals[0].size, 4);
	assert_string_equal(plan.loads[0].globals[0].map, ".rodata");
	assert_memory_equal(plan.loads[0].globals[0].value, &expected, 4);
	assert_string_equal(plan.loads[0].programs[0].globals[0].value, "258");
}

static void exports_go_below_config_or_program(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	const struct load_choice count = {"count", "c", "xdp"};
	struct load_export export = {.map = "packets", .uid = 5, .gid = 6, .mode = 0440};
	struct load_wish wish = wish_of(&count, 1);

	(void)state;
	wish.exports = &export;
	wish.n_exports = 1;
	assert_int_equal(add(&plan, &wish, NULL), 0);
	wish.config = "traffic.v1";
	assert_int_equal(add(&plan, &wish, NULL), 0);
	assert_string_equal(plan.exports[0].to.path, "/run/x/maps/c/packets");
	assert_string_equal(plan.exports[1].to.path, "/run/x/maps/traffic%2ev1/packets");
	assert_int_equal(plan.exports[1].load, 1);
	export.mode = 0750;
	refused(&wish, -EINVAL, "0750", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_choice_becomes_a_row),
		cmocka_unit_test(several_programs_are_named_after_their_functions),
		cmocka_unit_test(a_section_finds_its_program),
		cmocka_unit_test(labels_of_the_image_choose_and_give_types),
		cmocka_unit_test(what_the_object_lacks_gets_the_nearest),
		cmocka_unit_test(internal_maps_are_not_exported),
		cmocka_unit_test(a_shared_map_is_not_exported),
		cmocka_unit_test(kinds_come_from_somewhere_and_do_not_contradict),
		cmocka_unit_test(names_are_names_and_given_once),
		cmocka_unit_test(globals_are_bytes_at_their_place),
		cmocka_unit_test(exports_go_below_config_or_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
