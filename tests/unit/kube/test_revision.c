/* SPDX-License-Identifier: Apache-2.0 */
/* Which revision is for a node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/revision.h"
#include "model/config.h"

#include <cmocka.h>

static char name[] = "traffic";

/* A config whose spec has the revision that its rollout speaks of. */
static json_t *object(const char *phase, int threshold, const char *stable)
{
	_json_ json_t *spec =
		json_pack("{s:i, s:{s:s}}", "priority", 50, "rollout", "strategy", "canary");
	char hash[KUBE_HASH_SIZE];

	revision_hash(spec, hash);
	return json_pack("{s:O, s:{s:{s:s, s:s, s:i, s:s}}}", "spec", spec, "status", "rollout",
			 "phase", phase, "revision", hash, "threshold", threshold, "stableRevision",
			 stable);
}

static enum revision_use choose(json_t *config, const char *node, const char **ret_stored)
{
	struct config model = {.name = name, .has_rollout = true};
	struct labels labels = {0};
	enum revision_use use =
		revision_choose(config, &model, &(struct revision_node){node, &labels}, ret_stored);

	json_decref(config);
	return use;
}

static void the_rollout_is_no_part_of_a_revision(void **state)
{
	_json_ json_t *a = json_pack("{s:i, s:{s:b}}", "priority", 50, "rollout", "paused", 1);
	_json_ json_t *b = json_pack("{s:i}", "priority", 50);
	_json_ json_t *c = json_pack("{s:i}", "priority", 51);
	char one[KUBE_HASH_SIZE], two[KUBE_HASH_SIZE], three[KUBE_HASH_SIZE];

	(void)state;
	revision_hash(a, one);
	revision_hash(b, two);
	revision_hash(c, three);
	assert_string_equal(one, two);
	assert_string_not_equal(one, three);
}

static void places_are_spread(void **state)
{
	unsigned int tenths[10] = {0};
	char node[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(node, sizeof(node), "node-%d", i);
		assert_in_range(revision_place("c", node), 0, REVISION_PLACES - 1);
		tenths[revision_place("c", node) / (REVISION_PLACES / 10)]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 60, 140);
	assert_int_not_equal(revision_place("c", "n1"), revision_place("d", "n1"));
}

static void a_node_knows_whether_it_is_its_turn(void **state)
{
	int place = (int)revision_place(name, "n1");
	const char *stored = "";

	(void)state;
	assert_int_equal(choose(object("Canary", place + 1, "old"), "n1", &stored), REVISION_SPEC);
	assert_int_equal(choose(object("Canary", place, "old"), "n1", &stored), REVISION_STORED);
	assert_int_equal(choose(object("Paused", place + 1, "old"), "n1", &stored), REVISION_SPEC);
	assert_int_equal(choose(object("Complete", 0, "old"), "n1", &stored), REVISION_SPEC);
	assert_int_equal(choose(object("Rolling", 0, ""), "n1", &stored), REVISION_NONE);
	assert_int_equal(choose(object("RolledBack", REVISION_PLACES, "old"), "n1", &stored),
			 REVISION_STORED);
}

/* The operator has not seen the newest spec: nobody moves. */
static void a_node_waits_for_the_operator(void **state)
{
	json_t *config = object("Complete", REVISION_PLACES, "old");
	const char *stored;

	(void)state;
	json_object_set_new(json_object_get(config, "spec"), "priority", json_integer(51));
	assert_int_equal(choose(config, "n1", &stored), REVISION_WAIT);
	assert_int_equal(choose(json_pack("{s:{}}", "spec"), "n1", &stored), REVISION_WAIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rollout_is_no_part_of_a_revision),
		cmocka_unit_test(places_are_spread),
		cmocka_unit_test(a_node_knows_whether_it_is_its_turn),
		cmocka_unit_test(a_node_waits_for_the_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
