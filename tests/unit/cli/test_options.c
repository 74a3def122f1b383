/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: options by tables, verbs by name. */
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
#include "cli/verb.h"

struct values {
	bool force;
	const char *name;
	struct option_number priority;
	const char **labels;
	const char **verdicts;
};

static const struct option table[] = {
	{'f', "force", NULL, OPTION_FLAG, offsetof(struct values, force), "help"},
	{'n', "name", "NAME", OPTION_TEXT, offsetof(struct values, name), "help"},
	{'p', "priority", "N", OPTION_NUMBER, offsetof(struct values, priority), "help"},
	{'l', "label", "K=V", OPTION_LIST, offsetof(struct values, labels), "help"},
	{0, "proceed-on", "V", OPTION_COMMAS, offsetof(struct values, verdicts), "help"},
	{0},
};

#define ARGS_MAX 16

struct parsed {
	struct values values;
	struct reason why;
	const char *args[ARGS_MAX];
	size_t n_args;
	size_t at;
	char *copy;
	int r;
};

/* Read blank-separated words. */
static void read_words(struct parsed *p, const char *text, bool stops)
{
	const struct options sets[] = {{table, &p->values}, {0}};
	struct command_line line = {.args = p->args, .stops = stops};
	char *words[ARGS_MAX], *rest;

	memset(p, 0, sizeof(*p));
	p->copy = rest = strdup(text);
	assert_non_null(p->copy);
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		words[line.end++] = word;
	line.argv = words;
	p->r = options_read(&line, sets, &p->why);
	p->n_args = line.n_args;
	p->at = line.at;
}

static void done(struct parsed *p)
{
	options_done(&(struct options){table, &p->values});
	reason_done(&p->why);
	free(p->copy);
}

static void each_form_of_an_option_is_read(void **state)
{
	struct parsed p;

	(void)state;
	read_words(&p, "a --name=x -p 5 b --force --label k=1 -lk=2 -n y -", false);
	assert_int_equal(p.r, 0);
	assert_string_equal(p.values.name, "y");
	assert_true(p.values.force);
	assert_true(p.values.priority.is_given);
	assert_int_equal(p.values.priority.value, 5);
	assert_string_equal(p.values.labels[0], "k=1");
	assert_string_equal(p.values.labels[1], "k=2");
	assert_null(p.values.labels[2]);
	assert_null(p.values.verdicts);
	assert_int_equal(p.n_args, 3);
	assert_string_equal(p.args[1], "b");
	assert_string_equal(p.args[2], "-");
	done(&p);
}

static void values_are_cut_at_commas(void **state)
{
	struct parsed p;

	(void)state;
	read_words(&p, "--proceed-on pass,,dispatcher_return --proceed-on=drop", false);
	assert_int_equal(p.r, 0);
	assert_string_equal(p.values.verdicts[0], "pass");
	assert_string_equal(p.values.verdicts[1], "dispatcher_return");
	assert_string_equal(p.values.verdicts[2], "drop");
	assert_null(p.values.verdicts[3]);
	done(&p);
}

static void two_dashes_end_the_options(void **state)
{
	struct parsed p;

	(void)state;
	read_words(&p, "-f -- --name -x", false);
	assert_int_equal(p.r, 0);
	assert_int_equal(p.n_args, 2);
	assert_string_equal(p.args[0], "--name");
	done(&p);
}

static void reading_stops_at_the_verb_when_asked(void **state)
{
	struct parsed p;

	(void)state;
	read_words(&p, "--force load --what", true);
	assert_int_equal(p.r, 0);
	assert_int_equal(p.at, 1);
	assert_int_equal(p.n_args, 0);
	done(&p);
}

static void a_misspelt_option_gets_the_nearest_name(void **state)
{
	struct parsed p;

	(void)state;
	read_words(&p, "--priorty 5", false);
	assert_int_equal(p.r, -EINVAL);
	assert_string_equal(p.why.text, "unknown option --priorty");
	assert_string_equal(p.why.hint, "did you mean --priority?");
	done(&p);
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[] = {"-p x",	 "-p -1", "-p 4294967296", "-p", "--name",
					  "--force=yes", "-x",	  "--=x"};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		read_words(&p, bad[i], false);
		assert_int_equal(p.r, -EINVAL);
		assert_true(strlen(p.why.text) > 0);
		done(&p);
	}
}

static void a_verb_of_two_words_is_found(void **state)
{
	const char *const words[] = {"image", "build", "x"}, *const cut[] = {"image"};
	size_t n = 0;

	(void)state;
	assert_ptr_equal(verb_find(words, 3, &n), &verb_image_build);
	assert_int_equal(n, 2);
	assert_null(verb_find(cut, 1, &n));
	assert_string_equal(verb_nearest("image"), "image pull");
	assert_string_equal(verb_nearest("aply"), "apply");
	assert_null(verb_nearest("completely-else"));
}

static void every_verb_has_its_row_complete(void **state)
{
	const struct verb *v;
	size_t n_words;

	(void)state;
	for (size_t i = 0; (v = verb_at(i)); i++) {
		const char *const words[] = {v->name};

		assert_non_null(v->run);
		assert_non_null(v->args);
		assert_true(strlen(v->help) > 0 && strlen(v->help) < 60);
		assert_true(v->min_args <= v->max_args || v->max_args == 0);
		if (!strchr(v->name, ' '))
			assert_ptr_equal(verb_find(words, 1, &n_words), v);
		for (const struct option *o = v->options; o && o->name; o++) {
			assert_true(o->offset < v->options_size);
			assert_true((o->type == OPTION_FLAG) == !o->value);
			for (const struct option *g = verb_global_options; g->name; g++)
				assert_true(strcmp(o->name, g->name) != 0 &&
					    (!o->letter || o->letter != g->letter));
			for (const struct option *other = o + 1; other->name; other++)
				assert_true(!o->letter || o->letter != other->letter);
		}
	}
}

static void help_names_every_option(void **state)
{
	const struct verb *v;

	(void)state;
	for (size_t i = 0; (v = verb_at(i)); i++) {
		_free_ char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		verb_print_help(v, f);
		fclose(f);
		for (const struct option *o = v->options; o && o->name; o++)
			assert_non_null(strstr(text, o->name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_an_option_is_read),
		cmocka_unit_test(values_are_cut_at_commas),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(reading_stops_at_the_verb_when_asked),
		cmocka_unit_test(a_misspelt_option_gets_the_nearest_name),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(a_verb_of_two_words_is_found),
		cmocka_unit_test(every_verb_has_its_row_complete),
		cmocka_unit_test(help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
