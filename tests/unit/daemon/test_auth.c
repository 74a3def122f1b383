/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what. */
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
#include "daemon/auth/auth.h"
#include "daemon/auth/map.h"
#include "daemon/volume/volume.h"
#include "manifest/settings.h"

#define ALL (RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH | RIGHT_ADMIN | RIGHT_AGENT)

static void root_may_everything_and_others_nothing(void **state)
{
	struct settings settings = {0};
	struct job_identity root = {.uid = 0}, other = {.uid = 4711, .gid = 4711};

	(void)state;
	assert_int_equal(auth_rights(&settings, &root), ALL);
	assert_int_equal(auth_rights(&settings, &other), RIGHT_NONE);
}

static void rules_add_up(void **state)
{
	struct settings_rule rules[] = {
		{.has_uid = true, .uid = 4711, .rights = RIGHT_LOAD},
		{.has_gid = true, .gid = 815, .rights = RIGHT_READ},
		{.has_uid = true, .uid = 4712, .rights = RIGHT_ADMIN},
	};
	struct settings settings = {.rules = rules, .n_rules = 3};
	struct job_identity who = {.uid = 4711, .gid = 1};

	(void)state;
	assert_int_equal(auth_rights(&settings, &who), RIGHT_LOAD);
	who.groups[0] = 2;
	who.groups[1] = 815;
	who.n_groups = 2;
	assert_int_equal(auth_rights(&settings, &who), RIGHT_LOAD | RIGHT_READ);
	who.n_groups = 1;
	assert_int_equal(auth_rights(&settings, &who), RIGHT_LOAD);
	who.gid = 815;
	assert_int_equal(auth_rights(&settings, &who), RIGHT_LOAD | RIGHT_READ);
}

static void a_rule_for_a_user_who_is_not_there_gives_nothing(void **state)
{
	char user[] = "no-such-user-here";
	struct settings_rule rules[] = {{.user = user, .rights = RIGHT_ADMIN},
					{.group = user, .rights = RIGHT_ADMIN}};
	struct settings settings = {.rules = rules, .n_rules = 2};
	struct job_identity who = {.uid = (uid_t)-1, .gid = (gid_t)-1};

	(void)state;
	assert_int_equal(auth_rights(&settings, &who), RIGHT_NONE);
}

static void a_refusal_names_method_right_and_rule(void **state)
{
	struct caller caller = {.identity = {.uid = 4711}, .rights = RIGHT_READ};
	_reason_ struct reason why = {0};

	(void)state;
	assert_int_equal(auth_check(&caller, RIGHT_READ, "ListPrograms", NULL), 0);
	assert_int_equal(auth_check(&caller, RIGHT_NONE, "GetVersion", NULL), 0);
	assert_int_equal(auth_check(&caller, RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH, "Apply", &why),
			 -EACCES);
	assert_non_null(strstr(why.text, "uid 4711 may not call Apply"));
	assert_non_null(strstr(why.text, "load and attach"));
	assert_null(strstr(why.text, "read"));
	assert_non_null(strstr(why.hint, "uid: 4711"));
}

static void owners_and_administrators_change_things(void **state)
{
	struct caller owner = {.identity = {.uid = 5}},
		      admin = {.identity = {.uid = 6}, .rights = RIGHT_ADMIN},
		      other = {.identity = {.uid = 7},
			       .rights = RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH};
	_reason_ struct reason why = {0};

	(void)state;
	assert_int_equal(auth_check_owner(&owner, 5, "program p", NULL), 0);
	assert_int_equal(auth_check_owner(&admin, 5, "program p", NULL), 0);
	assert_int_equal(auth_check_owner(&other, 5, "program p", &why), -EACCES);
	assert_non_null(strstr(why.text, "program p belongs to uid 5"));
}

static void the_agents_socket_says_who_comes(void **state)
{
	struct settings settings = {.kubernetes = {.is_on = true}};
	struct caller root = {.identity = {.uid = 0, .gid = 0, .n_groups = 1}, .rights = 31};

	(void)state;
	auth_caller_agent(&settings, &root);
	assert_int_equal(root.identity.uid, 65532);
	assert_int_equal(root.identity.gid, 65532);
	assert_int_equal(root.identity.n_groups, 0);
	assert_int_equal(root.rights, RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH | RIGHT_AGENT);
	assert_int_equal(auth_check_owner(&root, 0, "program p", NULL), -EACCES);
	assert_int_equal(auth_check_owner(&root, 65532, "program p", NULL), 0);
	settings.kubernetes.has_group = true;
	settings.kubernetes.agent_group = 4711;
	auth_caller_agent(&settings, &root);
	assert_int_equal(root.identity.uid, 4711);
}

static void volumes_are_for_root_and_the_agent(void **state)
{
	struct settings settings = {.n_rules = 0};
	const struct job_identity uid0 = {.uid = 0};
	struct caller admin = {.identity = {.uid = 5},
			       .rights = RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH | RIGHT_ADMIN};
	_reason_ struct reason why = {0};

	(void)state;
	assert_true(auth_rights(&settings, &uid0) & RIGHT_AGENT);
	assert_int_equal(auth_check(&admin, RIGHT_AGENT, "PublishVolume", &why), -EACCES);
	assert_non_null(strstr(why.text, "for the agent"));
}

static void a_pods_socket_reads_maps_and_nothing_else(void **state)
{
	const struct volume volume = {.is_read_only = true};
	const struct map map = {.type = 2, .owner_uid = 65534};
	struct caller pod = {.identity = {.uid = 0}, .rights = 31};
	_reason_ struct reason why = {0};

	(void)state;
	auth_caller_pod(&volume, &pod);
	assert_int_equal(pod.rights, RIGHT_NONE);
	assert_int_equal(auth_check(&pod, RIGHT_NONE, "ReadMap", NULL), 0);
	assert_int_equal(auth_check(&pod, RIGHT_READ, "ListMaps", NULL), 0);
	assert_int_equal(auth_check(&pod, RIGHT_NONE, "GetVersion", NULL), -EACCES);
	assert_int_equal(auth_check(&pod, RIGHT_READ, "ListPrograms", &why), -EACCES);
	assert_non_null(strstr(why.text, "does not answer ListPrograms"));
	assert_int_equal(auth_map_fd(&pod, &map, false, NULL), 0);
	assert_int_equal(auth_map_fd(&pod, &map, true, NULL), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_may_everything_and_others_nothing),
		cmocka_unit_test(rules_add_up),
		cmocka_unit_test(a_rule_for_a_user_who_is_not_there_gives_nothing),
		cmocka_unit_test(a_refusal_names_method_right_and_rule),
		cmocka_unit_test(owners_and_administrators_change_things),
		cmocka_unit_test(the_agents_socket_says_who_comes),
		cmocka_unit_test(volumes_are_for_root_and_the_agent),
		cmocka_unit_test(a_pods_socket_reads_maps_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
