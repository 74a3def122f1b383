/* SPDX-License-Identifier: Apache-2.0 */
/* From compiled objects to a chain: what the loading child captures is enough to link and load it
 * without libbpf. Needs root. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "jobs.h"
#include "kernel/bpf.h"
#include "members.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define OBJECTS_MAX 3

/* A chain of programs of objects. */
struct stage {
	struct forkserver *fs;
	struct load_result results[OBJECTS_MAX];
	struct chain_map maps[OBJECTS_MAX][OBJECT_MAPS_MAX];
	size_t n_results;
	struct members m;
};

#define S(state) ((struct stage *)*(state))

static const int32_t pass[] = {XDP_PASS, 31};

static void key_maps(struct stage *s, size_t at)
{
	const struct load_result *result = &s->results[at];

	for (size_t i = 0; i < result->n_maps; i++) {
		struct bpf_map_info info;

		assert_int_equal(bpf_map_info(result->maps[i].fd, &info), 0);
		s->maps[at][i] = (struct chain_map){.key = info.id, .type = info.type};
	}
}

/* Return: 0, or what the load of the object alone says. */
static int add_program(struct stage *s, const char *object, const char *function)
{
	struct load_program program = {
		.function = function, .program_type = BPF_PROG_TYPE_XDP, .attach_type = BPF_XDP};
	_close_ int fd = jobs_fixture(object);
	struct load_request request = {.object_fd = fd, .programs = &program, .n_programs = 1};
	struct load_result *result = &s->results[s->n_results];
	int r = job_load(s->fs, &request, result, NULL);

	if (r < 0)
		return r;
	key_maps(s, s->n_results);
	s->m.list[s->m.wish.n_members++] =
		(struct chain_member){.name = function,
				      .code = &result->programs[0].instructions,
				      .btf = result->btf,
				      .btf_len = result->btf_len,
				      .maps = s->maps[s->n_results],
				      .n_maps = result->n_maps,
				      .proceed_on = pass,
				      .n_proceed_on = array_size(pass),
				      .slot = -1};
	s->n_results++;
	return 0;
}

static int open_map(void *arg, uint32_t key, struct reason *why)
{
	(void)arg;
	(void)why;
	return bpf_id_open(BPF_OBJECT_MAP, key);
}

static void load(struct stage *s, struct chain_loaded *ret)
{
	_reason_ struct reason why = {0};
	int r = members_load(&s->m, ret, &why);

	if (r < 0)
		printf("# %s\n%s\n", why.text, why.detail ? why.detail : "");
	assert_int_equal(r, 0);
}

/* The value of lost, which each run of count() counts up. */
static uint32_t lost(const struct load_result *result)
{
	uint32_t key = 0, value[4] = {0};

	for (size_t i = 0; i < result->n_maps; i++)
		if (strcmp(result->maps[i].name, ".bss") == 0)
			assert_int_equal(bpf_map_lookup(result->maps[i].fd, &key, value), 0);
	return value[0];
}

static void one_object_twice_keeps_its_maps_apart(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct stage *s = S(state);

	assert_int_equal(add_program(s, "counter.bpf.o", "count"), 0);
	assert_int_equal(add_program(s, "counter.bpf.o", "count"), 0);
	load(s, &loaded);
	assert_int_equal(members_run(&loaded, 3), XDP_PASS);
	assert_int_equal(lost(&s->results[0]), 3);
	assert_int_equal(lost(&s->results[1]), 3);
	printf("# two of counter.bpf.o: %u instructions, %u verified, linked in %u us, loaded in "
	       "%u us\n",
	       loaded.n_insns, loaded.verified, loaded.link_us, loaded.load_us);
}

static void functions_of_the_kernel_are_called_in_a_chain(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct stage *s = S(state);

	assert_int_equal(add_program(s, "counter.bpf.o", "count"), 0);
	if (add_program(s, "kfunc.bpf.o", "measure") < 0)
		skip(); /* below 6.4 */
	load(s, &loaded);
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_int_equal(lost(&s->results[0]), 1);
}

static void objects_run_as_functions_and_in_segments(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct stage *s = S(state);

	for (int i = 0; i < 3; i++)
		assert_int_equal(add_program(s, "counter.bpf.o", "count"), 0);
	s->m.list[1].must_call = true;
	/* each object has five maps and uses four in count() */
	s->m.limits.maps_max = 10;
	load(s, &loaded);
	assert_int_equal(loaded.mode, CHAIN_SEGMENT);
	assert_true(loaded.is_called[1]);
	assert_int_equal(members_run(&loaded, 2), XDP_PASS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(lost(&s->results[i]), 2);
}

static int start(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	*state = s;
	s->fs = jobs_start();
	if (members_init(&s->m) != 0)
		return -1;
	s->m.wish.map_fd = open_map;
	return 0;
}

static int stop(void **state)
{
	struct stage *s = S(state);

	for (size_t i = 0; i < s->n_results; i++)
		load_result_done(&s->results[i]);
	members_done(&s->m);
	forkserver_free(s->fs);
	free(s);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_object_twice_keeps_its_maps_apart),
		TEST(functions_of_the_kernel_are_called_in_a_chain),
		TEST(objects_run_as_functions_and_in_segments),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
