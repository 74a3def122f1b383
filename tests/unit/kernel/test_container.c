/* SPDX-License-Identifier: Apache-2.0 */
/* Which cgroups are of a container, in the spellings of the runtimes, and which are not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/container/container.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

#define ID  "3f1c9a5e7b2d4c6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"
#define POD "pod0f5e1c2d-3b4a-4958-a6b7-c8d9e0f1a2b3"

static void the_drivers_of_both_versions_are_known(void **state)
{
	(void)state;
	assert_true(container_is_of("0::/kubepods.slice/kubepods-burstable.slice/"
				    "kubepods-burstable-podx.slice/cri-containerd-" ID ".scope\n",
				    ID));
	assert_true(container_is_of("0::/../../kubepods.slice/crio-" ID ".scope/container\n", ID));
	assert_true(container_is_of("0::/system.slice/docker-" ID ".scope", ID));
	assert_true(container_is_of("0::/system.slice/docker-" ID ".scope/init.scope\n", ID));
	assert_true(
		container_is_of("12:cpu:/\n4:memory:/kubepods/burstable/podx/" ID "\n0::/\n", ID));
}

static void others_are_not_taken_for_it(void **state)
{
	(void)state;
	assert_false(container_is_of("", ID));
	assert_false(container_is_of("0::/\n", ID));
	assert_false(container_is_of("0::/kubepods/crio-conmon-" ID ".scope\n", ID));
	assert_false(container_is_of("0::/kubepods/x" ID ".scope\n", ID));
	assert_false(container_is_of("0::/kubepods/" ID "0\n", ID));
	assert_false(container_is_of("0::/kubepods/0" ID "\n", ID));
	assert_false(container_is_of("0::/kubepods/a-" ID ".slice\n", ID));
	assert_false(container_is_of("0::/kubepods/" ID ".scopes\n", ID));
	assert_false(container_is_of("0::/a_b_c_d_e_f_g.scope\n", "a-b-c-d-e-f-g"));
}

static void a_pod_is_known_by_its_uid(void **state)
{
	(void)state;
	assert_true(container_is_of("0::/kubepods/burstable/" POD "/" ID "\n", POD));
	assert_true(container_is_of("0::/kubepods.slice/kubepods-burstable-pod0f5e1c2d_3b4a_4958_"
				    "a6b7_c8d9e0f1a2b3.slice/cri-containerd-" ID ".scope\n",
				    POD));
	assert_false(container_is_of("0::/kubepods.slice/kubepods-pod0f5e1c2d_3b4a.slice\n", POD));
}

static void finds(const char *id, int code, const char *words)
{
	_reason_ struct reason why = {.code = 0};
	struct container c = {.id = id, .pid = 7};

	assert_int_equal(container_find(&c, 1, &why), code);
	assert_string_equal(why.text, words);
	if (code == 0)
		assert_int_equal(c.pid, 0);
}

static void ids_are_judged_before_they_are_looked_for(void **state)
{
	(void)state;
	finds("init", -EINVAL, "\"init\" is too short for the id of a container");
	finds("systemd-logind.service", -EINVAL,
	      "\"systemd-logind.service\" is a unit and not a container");
	finds("nothing-has-this-id", 0, "");
}

static void what_is_in_a_container_that_is_not_there_is_not_opened(void **state)
{
	_reason_ struct reason why = {.code = 0};
	_reason_ struct reason file = {.code = 0};

	(void)state;
	assert_int_equal(container_open_netns("nothing-has-this-id", &why), -ENOENT);
	assert_string_equal(why.text, "container nothing-has-this-id has no process here");
	assert_int_equal(container_open_file("nothing-has-this-id", "/bin/sh", &file), -ENOENT);
	assert_string_equal(file.text, "container nothing-has-this-id has no process here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_drivers_of_both_versions_are_known),
		cmocka_unit_test(others_are_not_taken_for_it),
		cmocka_unit_test(a_pod_is_known_by_its_uid),
		cmocka_unit_test(ids_are_judged_before_they_are_looked_for),
		cmocka_unit_test(what_is_in_a_container_that_is_not_there_is_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
