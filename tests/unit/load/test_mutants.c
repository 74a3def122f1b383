/* SPDX-License-Identifier: Apache-2.0 */
/* A thousand damaged objects through look and load: a child may crash, the caller may not. Needs
 * root; the seed is printed and may be given as MUTANTS_SEED. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "jobs.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MUTANTS	   1000
#define BOUND_MS   50000
#define CORPUS_MAX 24
/* Larger ones cost the verifier too long for a thousand turns. */
#define SIZE_MAX_BYTES 16384

struct corpus {
	struct {
		char *data;
		size_t len;
	} objects[CORPUS_MAX];
	size_t n;
};

struct tally {
	unsigned int looked, refused, crashed_look, loaded, load_refused, crashed_load;
};

static void add_matching(struct corpus *c, const char *pattern)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && c->n < CORPUS_MAX; i++) {
		_close_ int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0 && fd_read_all(fd, SIZE_MAX_BYTES, &c->objects[c->n].data,
					   &c->objects[c->n].len) == 0)
			c->n++;
	}
	globfree(&found);
}

static void free_corpus(struct corpus *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->objects[i].data);
}

/* Bits, bytes of the section table, a cut: what damage looks like. */
static size_t damage(char *data, size_t len, unsigned int *seed)
{
	unsigned int changes = 1 + (unsigned int)rand_r(seed) % 8;

	for (unsigned int i = 0; i < changes; i++) {
		size_t at = (size_t)rand_r(seed) % len;

		/* Half of the damage goes to the headers at the end: the rest is mostly debug data.
		 */
		if (rand_r(seed) % 2 && len > 2048)
			at = len - 1 - at % 2048;
		if (rand_r(seed) % 3)
			data[at] ^= (char)(1 << rand_r(seed) % 8);
		else
			data[at] = (char)rand_r(seed);
	}
	return rand_r(seed) % 10 ? len : 1 + (size_t)rand_r(seed) % len;
}

/* Every failure must have words; a crash is told by them. */
static bool is_crash(int r, const struct reason *why)
{
	assert_true(r < 0);
	assert_true(why->text[0] != '\0');
	return strstr(why->text, "crashed (signal") || strstr(why->text, "may not do") ||
	       strstr(why->text, "was killed");
}

static void load_mutant(struct forkserver *fs, int fd, const struct object *o, struct tally *t)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	struct load_program programs[OBJECT_PROGRAMS_MAX];
	struct load_request request = {.object_fd = fd, .programs = programs};
	_reason_ struct reason why = {0};
	int r;

	request.n_programs = jobs_all_programs(o, programs);
	r = job_load(fs, &request, &result, &why);
	if (r == 0)
		t->loaded++;
	else if (is_crash(r, &why))
		t->crashed_load++;
	else
		t->load_refused++;
}

static void try_mutant(struct forkserver *fs, const char *data, size_t len, struct tally *t)
{
	_close_ int fd = fd_memfd_sealed("mutant", data, len);
	_cleanup_(object_done) struct object o = {0};
	_reason_ struct reason why = {0};
	int r = job_look(fs, fd, &o, &why);

	if (r == 0) {
		t->looked++;
		load_mutant(fs, fd, &o, t);
	} else if (is_crash(r, &why)) {
		t->crashed_look++;
	} else {
		t->refused++;
	}
}

static void a_thousand_mutants_harm_nobody(void **state)
{
	struct forkserver *fs = *state;
	_cleanup_(free_corpus) struct corpus c = {.n = 0};
	const char *given = getenv("MUTANTS_SEED");
	unsigned int seed = given ? (unsigned int)atoi(given) : (unsigned int)time(NULL);
	double begin = jobs_now_ms();
	struct tally t = {0};
	unsigned int n = 0;
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "%s/*.bpf.o", getenv("FIXTURES"));
	add_matching(&c, pattern);
	add_matching(&c, "/usr/lib/*-linux-gnu/bpf/*.o");
	assert_true(c.n >= 4);
	printf("# seed %u, %zu objects\n", seed, c.n);
	for (; n < MUTANTS && jobs_now_ms() - begin < BOUND_MS; n++) {
		size_t i = n % c.n, len = c.objects[i].len;
		_free_ char *data = malloc(len);

		memcpy(data, c.objects[i].data, len);
		len = damage(data, len, &seed);
		try_mutant(fs, data, len, &t);
	}
	printf("# %u mutants in %.1f s: look refused %u, crashed %u; load did %u, refused %u, "
	       "crashed %u\n",
	       n, (jobs_now_ms() - begin) / 1e3, t.refused, t.crashed_look, t.loaded,
	       t.load_refused, t.crashed_load);
	assert_int_equal(n, MUTANTS);
	assert_true(t.looked > 0 && t.refused > 0);
}

static void the_fork_server_still_works_after_them(void **state)
{
	_close_ int fd = jobs_fixture("tracepoint.bpf.o");
	_cleanup_(object_done) struct object o = {0};

	assert_int_equal(job_look(*state, fd, &o, NULL), 0);
	assert_int_equal(o.n_programs, 1);
}

static int start(void **state)
{
	*state = jobs_start();
	return 0;
}

static int stop(void **state)
{
	forkserver_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_mutants_harm_nobody),
		cmocka_unit_test(the_fork_server_still_works_after_them),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP jobs need root: children change their identity\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, start, stop);
}
