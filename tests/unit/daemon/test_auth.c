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
#include "manifest/settings.h"

#define ALL (RIGHT_READ | RIGHT_LOAD | RIGHT_ATTACH | RIGHT_ADMIN)

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_may_everything_and_others_nothing),
		cmocka_unit_test(rules_add_up),
		cmocka_unit_test(a_rule_for_a_user_who_is_not_there_gives_nothing),
		cmocka_unit_test(a_refusal_names_method_right_and_rule),
		cmocka_unit_test(owners_and_administrators_change_things),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
