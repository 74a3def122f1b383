/* SPDX-License-Identifier: Apache-2.0 */
/* A config survives the way over the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "model/config.h"
#include "wire/check.h"
#include "wire/config.h"

/* Over the wire in bytes, so that nothing is shared. */
static void send(const struct config *from, struct config *ret)
{
	_wire_arena_ struct wire_arena out = {0}, in = {0};
	ProtobufCMessage *message;
	Bpfd__V1__Config *m;
	_free_ void *data = NULL;
	size_t len;

	assert_int_equal(wire_config_encode(from, &out, &m), 0);
	assert_int_equal(wire_check(&m->base, NULL), 0);
	assert_int_equal(wire_pack(&m->base, &data, &len), 0);
	assert_int_equal(wire_unpack(&bpfd__v1__config__descriptor, data, len, &in, &message), 0);
	assert_int_equal(wire_config_decode((Bpfd__V1__Config *)message, ret, NULL), 0);
}

static void every_field_survives(void **state)
{
	char *verdicts[] = {"pass", "dispatcher_return"};
	struct config_hook hooks[] = {{.hook = "xdp:",
				       .is_primary = true,
				       .has_priority = true,
				       .priority = 0,
				       .proceed_on = verdicts,
				       .n_proceed_on = 2,
				       .mode = "skb",
				       .netns = "blue"},
				      {.hook = "xdp:eth0"}};
	struct config_global globals[] = {{"sampling", "1"}, {"text", ""}};
	struct config_share shares[] = {{"stats", "other"}};
	struct config_program programs[] = {{.name = "counter",
					     .entry = "xdp_stats",
					     .type = "xdp",
					     .bytecode = "oci:/layout:tag",
					     .globals = globals,
					     .n_globals = 2,
					     .hooks = hooks,
					     .n_hooks = 2,
					     .shares = shares,
					     .n_shares = 1},
					    {.bytecode = "file:///x.o"}};
	struct config_export exports[] = {{"stats", "nobody", "nogroup", true, 0}, {.map = "x"}};
	struct label labels[] = {{"a", "1"}, {"b", ""}}, selector[] = {{"zone", "eu"}};
	struct config from = {.name = "go-xdp-counter",
			      .labels = {labels, 2},
			      .node_selector.match = {selector, 1},
			      .programs = programs,
			      .n_programs = 2,
			      .exports = exports,
			      .n_exports = 2,
			      .owner = 1000,
			      .applied_at = 1795000000,
			      .generation = 7};
	struct config to;

	(void)state;
	send(&from, &to);
	assert_string_equal(to.name, from.name);
	assert_int_equal(to.labels.n, 2);
	assert_string_equal(labels_find(&to.labels, "b"), "");
	assert_string_equal(labels_find(&to.node_selector.match, "zone"), "eu");
	assert_int_equal(to.owner, 1000);
	assert_int_equal(to.applied_at, 1795000000);
	assert_int_equal(to.generation, 7);
	assert_int_equal(to.n_programs, 2);
	assert_string_equal(to.programs[0].name, "counter");
	assert_string_equal(to.programs[0].entry, "xdp_stats");
	assert_string_equal(to.programs[0].type, "xdp");
	assert_string_equal(to.programs[0].bytecode, "oci:/layout:tag");
	assert_int_equal(to.programs[0].n_globals, 2);
	assert_string_equal(to.programs[0].globals[0].value, "1");
	assert_string_equal(to.programs[0].globals[1].value, "");
	assert_string_equal(to.programs[0].shares[0].from, "other");
	assert_int_equal(to.programs[0].n_hooks, 2);
	assert_true(to.programs[0].hooks[0].is_primary);
	assert_true(to.programs[0].hooks[0].has_priority);
	assert_int_equal(to.programs[0].hooks[0].priority, 0);
	assert_string_equal(to.programs[0].hooks[0].proceed_on[1], "dispatcher_return");
	assert_string_equal(to.programs[0].hooks[0].mode, "skb");
	assert_string_equal(to.programs[0].hooks[0].netns, "blue");
	assert_true(to.exports[0].has_mode);
	assert_int_equal(to.exports[0].mode, 0);
	assert_string_equal(to.exports[0].group, "nogroup");
	config_done(&to);
}

static void what_is_said_of_several_places_survives(void **state)
{
	char *values[] = {"gold"}, *only[] = {"lo"}, *patterns[] = {"eth*"}, *exclude[] = {"eth9"};
	struct config_hook hooks[] = {{.hook = "xdp:eth1"},
				      {.hook = "xdp:",
				       .has_interfaces = true,
				       .interfaces = {{only, 1}, {patterns, 1}, {exclude, 1}},
				       .container = "cri-o://0a"}};
	struct selector_requirement expression = {"tier", SELECTOR_NOT_IN, {values, 1}};
	struct config_program program = {.bytecode = "file:///x.o", .hooks = hooks, .n_hooks = 2};
	struct config from = {.name = "c",
			      .node_selector = {.items = &expression, .n = 1},
			      .programs = &program,
			      .n_programs = 1};
	struct config to;

	(void)state;
	send(&from, &to);
	assert_int_equal(to.node_selector.n, 1);
	assert_string_equal(to.node_selector.items[0].key, "tier");
	assert_int_equal(to.node_selector.items[0].operator, SELECTOR_NOT_IN);
	assert_string_equal(to.node_selector.items[0].values.items[0], "gold");
	assert_true(to.programs[0].hooks[1].has_interfaces);
	assert_string_equal(to.programs[0].hooks[1].interfaces.names.items[0], "lo");
	assert_string_equal(to.programs[0].hooks[1].interfaces.patterns.items[0], "eth*");
	assert_string_equal(to.programs[0].hooks[1].interfaces.exclude.items[0], "eth9");
	assert_string_equal(to.programs[0].hooks[1].container, "cri-o://0a");
	assert_false(to.programs[0].hooks[0].has_interfaces);
	assert_null(to.programs[0].hooks[0].container);
	config_done(&to);
}

static void what_needs_the_agent_is_refused(void **state)
{
	_wire_arena_ struct wire_arena arena = {0};
	_reason_ struct reason why = {.code = 0};
	struct config_hook hook = {.hook = "xdp:", .has_pods = true};
	struct config_program program = {.bytecode = "file:///x.o", .hooks = &hook, .n_hooks = 1};
	struct config from = {.name = "c", .programs = &program, .n_programs = 1};
	struct config to = {.name = NULL};
	Bpfd__V1__Config *m;

	(void)state;
	assert_int_equal(wire_config_encode(&from, &arena, &m), 0);
	assert_int_equal(wire_config_decode(m, &to, &why), -EINVAL);
	assert_string_equal(why.text,
			    "hook \"xdp:\" is for pods or containers by their labels: it needs "
			    "bpfd-agent");
	assert_null(to.name);
}

static void what_is_absent_stays_absent(void **state)
{
	struct config_hook hook = {.hook = "xdp:eth0"};
	struct config_program program = {.bytecode = "file:///x.o", .hooks = &hook, .n_hooks = 1};
	struct config_export export = {.map = "m"};
	struct config from = {.name = "c",
			      .programs = &program,
			      .n_programs = 1,
			      .exports = &export,
			      .n_exports = 1};
	struct config to;

	(void)state;
	send(&from, &to);
	assert_null(to.programs[0].name);
	assert_null(to.programs[0].entry);
	assert_null(to.programs[0].type);
	assert_int_equal(to.programs[0].n_globals, 0);
	assert_false(to.programs[0].hooks[0].has_priority);
	assert_null(to.programs[0].hooks[0].mode);
	assert_null(to.programs[0].hooks[0].netns);
	assert_null(to.exports[0].owner);
	assert_false(to.exports[0].has_mode);
	assert_int_equal(to.labels.n, 0);
	config_done(&to);
}

static void a_bad_label_leaves_nothing_behind(void **state)
{
	Bpfd__V1__Label good = BPFD__V1__LABEL__INIT, bad = good, *labels[] = {&good, &bad};
	Bpfd__V1__Config m = BPFD__V1__CONFIG__INIT;
	struct config to = {.generation = 99};
	_reason_ struct reason why = {0};

	(void)state;
	m.name = "c";
	good.key = "a";
	m.labels = labels;
	m.n_labels = 2;
	assert_int_equal(wire_config_decode(&m, &to, &why), -EINVAL);
	assert_true(strlen(why.text) > 0);
	assert_int_equal(to.generation, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_survives),
		cmocka_unit_test(what_is_said_of_several_places_survives),
		cmocka_unit_test(what_needs_the_agent_is_refused),
		cmocka_unit_test(what_is_absent_stays_absent),
		cmocka_unit_test(a_bad_label_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
