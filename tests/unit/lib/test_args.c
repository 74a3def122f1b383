/* SPDX-License-Identifier: Apache-2.0 */
/* Option structs of other versions, and the text forms of arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "lib/args.h"
#include "wire/check.h"
#include <bpfd/bpfd.h>

struct fixture {
	struct wire_arena arena;
	struct reason why;
	struct args args;
};

static struct fixture *begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->args = (struct args){&f->arena, &f->why};
	return f;
}

static void end(struct fixture *f)
{
	wire_arena_done(&f->arena);
	reason_done(&f->why);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void an_older_caller_gets_defaults_for_what_it_lacks(void **state)
{
	struct bpfd_open_opts opts = {.size = offsetof(struct bpfd_open_opts, timeout_ms),
				      .socket = "/s",
				      .timeout_ms = 5};
	struct bpfd_open_opts ours;

	(void)state;
	assert_int_equal(args_take(&opts, &ours, sizeof(ours), NULL), 0);
	assert_string_equal(ours.socket, "/s");
	assert_int_equal(ours.timeout_ms, 0);
}

static void a_newer_caller_may_not_set_what_we_do_not_know(void **state)
{
	struct {
		struct bpfd_open_opts ours;
		void *more;
	} opts = {.ours.size = sizeof(opts)};
	struct bpfd_open_opts ours;

	(void)state;
	assert_int_equal(args_take(&opts, &ours, sizeof(ours), NULL), 0);
	opts.more = &opts;
	assert_int_equal(args_take(&opts, &ours, sizeof(ours), NULL), -E2BIG);
}

static void no_options_are_all_defaults(void **state)
{
	struct bpfd_open_opts ours, forgot = {0};

	(void)state;
	memset(&ours, 0xff, sizeof(ours));
	assert_int_equal(args_take(NULL, &ours, sizeof(ours), NULL), 0);
	assert_null(ours.socket);
	assert_int_equal(args_take(&forgot, &ours, sizeof(ours), NULL), -EINVAL);
}

static void a_pair_is_cut_at_its_first_equals_sign(void **state)
{
	struct fixture f;
	Bpfd__V1__Global **m;
	size_t n;

	(void)state;
	begin(&f);
	assert_int_equal(args_globals(&f.args, TEXTS("a=1", "text=x=y", "empty="), &n, &m), 0);
	assert_int_equal(n, 3);
	assert_string_equal(m[0]->name, "a");
	assert_string_equal(m[1]->value, "x=y");
	assert_string_equal(m[2]->value, "");
	assert_int_equal(args_globals(&f.args, TEXTS("=1"), &n, &m), -EINVAL);
	assert_int_equal(args_globals(&f.args, TEXTS("novalue"), &n, &m), -EINVAL);
	assert_string_equal(f.why.text, "\"=1\" is not name=value");
	assert_int_equal(args_globals(&f.args, NULL, &n, &m), 0);
	assert_int_equal(n, 0);
	end(&f);
}

static void a_program_has_entry_type_and_name(void **state)
{
	struct bpfd_load_opts opts = {.programs = TEXTS("f", "g:xdp", "h::name"), .type = "tc"};
	struct fixture f;
	Bpfd__V1__ProgramChoice **m;
	size_t n;

	(void)state;
	begin(&f);
	assert_int_equal(args_programs(&f.args, &opts, &n, &m), 0);
	assert_int_equal(n, 3);
	assert_string_equal(m[0]->entry, "f");
	assert_string_equal(m[0]->type, "tc");
	assert_string_equal(m[1]->type, "xdp");
	assert_string_equal(m[2]->type, "tc");
	assert_string_equal(m[2]->name, "name");
	opts.programs = TEXTS("a:b:c:d");
	assert_int_equal(args_programs(&f.args, &opts, &n, &m), -EINVAL);
	opts.programs = NULL;
	assert_int_equal(args_programs(&f.args, &opts, &n, &m), 0);
	assert_int_equal(n, 1);
	assert_string_equal(m[0]->entry, "");
	end(&f);
}

static void an_export_has_an_octal_mode(void **state)
{
	struct fixture f;
	Bpfd__V1__MapExport **m;
	size_t n;

	(void)state;
	begin(&f);
	assert_int_equal(args_exports(&f.args, TEXTS("m", "m:nobody", "m::web:0640"), &n, &m), 0);
	assert_int_equal(m[0]->has_mode_case, BPFD__V1__MAP_EXPORT__HAS_MODE__NOT_SET);
	assert_string_equal(m[1]->owner, "nobody");
	assert_string_equal(m[2]->owner, "");
	assert_string_equal(m[2]->group, "web");
	assert_int_equal(m[2]->mode, 0640);
	assert_int_equal(args_exports(&f.args, TEXTS("m:::rw"), &n, &m), -EINVAL);
	assert_int_equal(args_exports(&f.args, TEXTS(":nobody"), &n, &m), -EINVAL);
	end(&f);
}

static void relative_bytecode_counts_from_the_working_directory(void **state)
{
	static const struct {
		const char *given, *want;
	} rows[] = {
		{"x.o", "/x.o"},
		{"./a/x.o", "/a/x.o"},
		{"file:x.o", "/x.o"},
		{"/abs/x.o", NULL},
		{"file:///abs/x.o", NULL},
		{"oci:/layout:tag", NULL},
		{"image://quay.io/x/y:latest", NULL},
	};
	struct fixture f;
	char cwd[4096], want[8192], *got;

	(void)state;
	begin(&f);
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	for (size_t i = 0; i < array_size(rows); i++) {
		snprintf(want, sizeof(want), "%s%s", rows[i].want ? cwd : "",
			 rows[i].want ? rows[i].want : rows[i].given);
		assert_int_equal(args_bytecode(&f.args, rows[i].given, &got), 0);
		assert_string_equal(got, want);
	}
	assert_int_equal(args_bytecode(&f.args, "oci:./dir:tag", &got), 0);
	snprintf(want, sizeof(want), "oci:%s/dir:tag", cwd);
	assert_string_equal(got, want);
	assert_int_equal(args_bytecode(&f.args, "", &got), -EINVAL);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_caller_gets_defaults_for_what_it_lacks),
		cmocka_unit_test(a_newer_caller_may_not_set_what_we_do_not_know),
		cmocka_unit_test(no_options_are_all_defaults),
		cmocka_unit_test(a_pair_is_cut_at_its_first_equals_sign),
		cmocka_unit_test(a_program_has_entry_type_and_name),
		cmocka_unit_test(an_export_has_an_octal_mode),
		cmocka_unit_test(relative_bytecode_counts_from_the_working_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
