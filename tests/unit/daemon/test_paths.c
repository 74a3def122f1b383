/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are on disk. */
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

static void everything_is_below_the_runtime_directory(void **state)
{
	struct paths p;
	paths_buf b;

	(void)state;
	assert_int_equal(paths_init(&p, "/run/x//", "/var/x", "/etc/x.yaml"), 0);
	assert_string_equal(p.socket, "/run/x/bpfd.sock");
	assert_string_equal(p.maps_socket, "/run/x/maps.sock");
	assert_string_equal(p.db, "/run/x/state.db");
	assert_string_equal(paths_program(&p, "u", 3, b), "/run/x/fs/loads/u/p3");
	assert_string_equal(paths_map(&p, "u", 9, b), "/run/x/fs/loads/u/map_9");
	assert_string_equal(paths_staging(&p, "u", b), "/run/x/fs/staging/u");
	assert_string_equal(paths_link(&p, 4, b), "/run/x/fs/links/4");
	assert_string_equal(paths_trash_link(&p, 4, b), "/run/x/fs/trash/link_4");
	assert_string_equal(paths_trash_program(&p, "u", b), "/run/x/fs/trash/program_u");
}

static void a_directory_has_to_be_absolute(void **state)
{
	struct paths p;

	(void)state;
	assert_int_equal(paths_init(&p, "run", "/var/x", "/etc/x"), -EINVAL);
	assert_int_equal(paths_init(&p, "/run/x", "", "/etc/x"), -EINVAL);
}

static void a_socket_has_to_fit_its_address(void **state)
{
	char runtime[109];
	struct paths p;

	(void)state;
	memset(runtime, 'x', sizeof(runtime));
	runtime[0] = '/';
	runtime[107 - strlen("/keeper.sock")] = '\0';
	assert_int_equal(paths_init(&p, runtime, "/var/x", "/etc/x"), 0);
	runtime[107 - strlen("/keeper.sock")] = 'x';
	runtime[108 - strlen("/keeper.sock")] = '\0';
	assert_int_equal(paths_init(&p, runtime, "/var/x", "/etc/x"), -ENAMETOOLONG);
}

static void names_of_exports_cannot_leave_their_directory(void **state)
{
	struct paths p;
	paths_buf b;

	(void)state;
	assert_int_equal(paths_init(&p, "/run/x", "/var/x", "/etc/x"), 0);
	assert_string_equal(paths_export(&p, "a", "m", b), "/run/x/maps/a/m");
	assert_string_equal(paths_export(&p, "a.b", "m.c%", b), "/run/x/maps/a%2eb/m%2ec%25");
	assert_string_equal(paths_export(&p, "..", "../x", b), "/run/x/maps/%2e%2e/%2e%2e%2fx");
	assert_string_equal(paths_export(&p, "a", NULL, b), "/run/x/maps/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_below_the_runtime_directory),
		cmocka_unit_test(a_directory_has_to_be_absolute),
		cmocka_unit_test(a_socket_has_to_fit_its_address),
		cmocka_unit_test(names_of_exports_cannot_leave_their_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
