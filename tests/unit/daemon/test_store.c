/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon remembers has bounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/reason.h"
#include "daemon/store/config.h"
#include "daemon/store/store.h"
#include "model/object.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int remembers(struct store *store, unsigned int i)
{
	_cleanup_(object_done) struct object object = {0};
	char digest[32];

	snprintf(digest, sizeof(digest), "sha256:%u", i);
	return store_object_get(store, digest, &object, NULL);
}

static void old_descriptions_are_forgotten(void **state)
{
	char dir[] = "/tmp/bpfd-store.XXXXXX", path[64], digest[32];
	struct object object = {0};
	struct store *store = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state.db", dir);
	assert_int_equal(store_open(path, &store, NULL), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(digest, sizeof(digest), "sha256:%u", i);
		assert_int_equal(store_object_put(store, digest, &object, NULL), 0);
	}
	assert_int_equal(remembers(store, 999), 1);
	assert_int_equal(remembers(store, 900), 1);
	assert_int_equal(remembers(store, 0), 0);
	assert_int_equal(remembers(store, 700), 0);
	store_free(store);
	for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end;
	     end++) {
		snprintf(path, sizeof(path), "%s/state.db%s", dir, *end);
		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_descriptions_are_forgotten),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
