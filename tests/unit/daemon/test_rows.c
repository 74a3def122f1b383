/* SPDX-License-Identifier: Apache-2.0 */
/* Rows before and after their commit, and over a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/pending.h"
#include "daemon/store/store.h"

/* One store in its own directory. */
struct stage {
	char dir[32];
	char path[64];
	struct store *store;
};

static char name_a[] = "a", name_b[] = "b", none[] = "", hook[] = "xdp:eth0",
	    map_name[] = "packets";

static int setup(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	strcpy(s->dir, "/tmp/bpfd-rows.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/state.db", s->dir);
	assert_int_equal(store_open(s->path, &s->store, NULL), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct stage *s = *state;
	char path[80];

	store_free(s->store);
	for (size_t i = 0; i < array_size(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", s->path, ends[i]);
		unlink(path);
	}
	rmdir(s->dir);
	free(s);
	return 0;
}

/* What a killed daemon's successor sees. */
static void reopen(struct stage *s)
{
	store_free(s->store);
	assert_int_equal(store_open(s->path, &s->store, NULL), 0);
}

static struct program program_of(const char *uuid, char *name)
{
	struct program p = {.id = 77,
			    .name = name,
			    .function = none,
			    .section = none,
			    .target = none,
			    .kind = HOOK_XDP,
			    .bytecode = none,
			    .digest = none};

	snprintf(p.uuid, sizeof(p.uuid), "%s", uuid);
	snprintf(p.load, sizeof(p.load), "load-%s", uuid);
	return p;
}

static void put(struct stage *s, const struct program *p, bool is_live)
{
	assert_int_equal(store_program_put(s->store, p, NULL), 0);
	if (is_live)
		assert_int_equal(store_program_publish(s->store, p, NULL), 0);
}

static void a_pending_program_is_not_found(void **state)
{
	struct stage *s = *state;
	struct program p = program_of("1", name_a);
	_cleanup_(program_done) struct program found = {0};
	_cleanup_(program_list_done) struct program_list list = {0};

	put(s, &p, false);
	assert_int_equal(store_program_get(s->store, "a", &found, NULL), -ENOENT);
	assert_int_equal(store_program_name_taken(s->store, "a", NULL), 0);
	assert_int_equal(store_program_list(s->store, NULL, NULL, &list, NULL), 0);
	assert_int_equal(list.n, 0);
	assert_int_equal(store_has_load(s->store, "load-1", NULL), 1);
	assert_int_equal(store_has_pending(s->store, NULL), 1);
}

static void a_crash_leaves_pending_rows_that_can_be_forgotten(void **state)
{
	struct stage *s = *state;
	struct program p = program_of("1", name_a), live = program_of("2", name_b);
	_cleanup_(program_done) struct program found = {0};

	put(s, &p, false);
	put(s, &live, true);
	reopen(s);
	assert_int_equal(store_has_pending(s->store, NULL), 1);
	assert_int_equal(store_pending_delete(s->store, NULL), 0);
	assert_int_equal(store_has_pending(s->store, NULL), 0);
	assert_int_equal(store_has_load(s->store, "load-1", NULL), 0);
	assert_int_equal(store_program_get(s->store, "b", &found, NULL), 0);
	assert_int_equal(found.id, 77);
}

static void one_live_program_has_a_name(void **state)
{
	struct stage *s = *state;
	struct program p = program_of("1", name_a), twin = program_of("2", name_a);
	_reason_ struct reason why = {0};

	put(s, &p, true);
	assert_int_equal(store_program_name_taken(s->store, "a", NULL), 1);
	/* Two may be on their way, as when a new version takes the place of the old one. */
	put(s, &twin, false);
	assert_int_equal(store_program_publish(s->store, &twin, &why), -EEXIST);
	assert_int_equal(store_program_delete(s->store, "1", NULL), 0);
	assert_int_equal(store_program_publish(s->store, &twin, NULL), 0);
}

static void names_ids_and_unique_beginnings_find_programs(void **state)
{
	char first[] = "counter-one", second[] = "counter-two";
	struct stage *s = *state;
	struct program p = program_of("1", first), q = program_of("2", second);
	_cleanup_(program_done) struct program by_name = {0}, by_id = {0}, by_prefix = {0},
					       none_found = {0};
	_reason_ struct reason why = {0};

	q.id = 78;
	put(s, &p, true);
	put(s, &q, true);
	assert_int_equal(store_program_get(s->store, "counter-one", &by_name, NULL), 0);
	assert_int_equal(store_program_get(s->store, "78", &by_id, NULL), 0);
	assert_string_equal(by_id.name, "counter-two");
	assert_int_equal(store_program_get(s->store, "counter-t", &by_prefix, NULL), 0);
	assert_string_equal(by_prefix.name, "counter-two");
	assert_int_equal(store_program_get(s->store, "counter", &none_found, &why), -EINVAL);
	assert_non_null(strstr(why.text, "counter-one"));
	assert_null(none_found.name);
}

static void a_transaction_rolled_back_never_was(void **state)
{
	struct stage *s = *state;
	struct program p = program_of("1", name_a);

	assert_int_equal(store_begin(s->store, NULL), 0);
	put(s, &p, true);
	store_rollback(s->store);
	assert_int_equal(store_program_name_taken(s->store, "a", NULL), 0);
	assert_int_equal(store_begin(s->store, NULL), 0);
	put(s, &p, true);
	assert_int_equal(store_commit(s->store, NULL), 0);
	reopen(s);
	assert_int_equal(store_program_name_taken(s->store, "a", NULL), 1);
}

static struct link link_of(const char *program)
{
	struct link l = {.hook = hook, .kind = HOOK_XDP, .priority = 50};

	snprintf(l.program, sizeof(l.program), "%s", program);
	return l;
}

static void link_ids_are_never_used_again(void **state)
{
	struct stage *s = *state;
	struct program p = program_of("1", name_a);
	struct link l = link_of("1"), next = link_of("1");

	put(s, &p, true);
	assert_int_equal(store_link_put(s->store, &l, NULL), 0);
	assert_int_equal(store_link_delete(s->store, l.id, NULL), 0);
	reopen(s);
	assert_int_equal(store_link_put(s->store, &next, NULL), 0);
	assert_true(next.id > l.id);
}

static void pending_links_are_told_apart(void **state)
{
	struct stage *s = *state;
	struct program p = program_of("1", name_a);
	struct link live = link_of("1"), pending = link_of("1");
	struct link_filter all = {0};
	_cleanup_(link_list_done) struct link_list found = {0}, waiting = {0};

	put(s, &p, true);
	assert_int_equal(store_link_put(s->store, &live, NULL), 0);
	assert_int_equal(store_link_publish(s->store, &live, NULL), 0);
	assert_int_equal(store_link_put(s->store, &pending, NULL), 0);
	reopen(s);
	assert_int_equal(store_link_list(s->store, &all, &found, NULL), 0);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.items[0].id, live.id);
	assert_int_equal(found.items[0].program_id, 77);
	assert_int_equal(store_pending_links(s->store, &waiting, NULL), 0);
	assert_int_equal(waiting.n, 1);
	assert_int_equal(waiting.items[0].id, pending.id);
	assert_string_equal(waiting.items[0].program_name, "a");
}

static void a_shared_map_stays_with_who_still_uses_it(void **state)
{
	struct stage *s = *state;
	struct program maker = program_of("1", name_a), user = program_of("2", name_b);
	struct map map = {.id = 5, .load = "load-1", .name = map_name};
	_cleanup_(map_list_done) struct map_list before = {0}, after = {0};

	put(s, &maker, true);
	put(s, &user, true);
	assert_int_equal(store_map_put(s->store, &map, NULL, 0, NULL), 0);
	assert_int_equal(store_map_use(s->store, 5, "1", 0, NULL), 0);
	assert_int_equal(store_map_use(s->store, 5, "2", 0, NULL), 0);
	assert_int_equal(store_map_list(s->store, "load-1", NULL, &before, NULL), 0);
	assert_int_equal(before.n, 1);
	assert_int_equal(store_program_delete(s->store, "1", NULL), 0);
	assert_int_equal(store_map_delete_of_load(s->store, "load-1", NULL), 0);
	assert_int_equal(store_map_list(s->store, "load-2", NULL, &after, NULL), 0);
	assert_int_equal(after.n, 1);
	assert_string_equal(after.items[0].programs, "b");
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROW(a_pending_program_is_not_found),
		ROW(a_crash_leaves_pending_rows_that_can_be_forgotten),
		ROW(one_live_program_has_a_name),
		ROW(names_ids_and_unique_beginnings_find_programs),
		ROW(a_transaction_rolled_back_never_was),
		ROW(link_ids_are_never_used_again),
		ROW(pending_links_are_told_apart),
		ROW(a_shared_map_stays_with_who_still_uses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
