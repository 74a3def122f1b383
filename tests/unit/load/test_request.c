/* SPDX-License-Identifier: Apache-2.0 */
/* The flat forms of a load: what a child that was taken over may send. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "load/request.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void a_request_is_written_and_read_again(void **state)
{
	struct load_program programs[] = {{.function = "count",
					   .section = "stats",
					   .program_type = 6,
					   .attach_type = 37,
					   .has_frags = true},
					  {.function = "other", .is_sleepable = true}};
	struct load_global global = {.map = ".rodata", .offset = 4, .value = "abcd", .size = 4};
	struct load_reuse reuse = {.name = "packets", .fd = 1};
	struct load_request request = {.programs = programs,
				       .n_programs = 2,
				       .globals = &global,
				       .n_globals = 1,
				       .reuse = &reuse,
				       .n_reuse = 1,
				       .ifindex = 3,
				       .want_log = true};
	_cleanup_(load_order_done) struct load_order order = {0};
	_text_ struct text w = {0};
	int fds[] = {10, 11};

	(void)state;
	load_request_encode(&request, &w);
	assert_int_equal(load_order_decode(&(struct load_parcel){w.data, w.len, fds, 2}, &order),
			 0);
	assert_int_equal(order.request.object_fd, 10);
	assert_int_equal(order.request.n_programs, 2);
	assert_string_equal(order.request.programs[0].section, "stats");
	assert_string_equal(order.request.programs[1].section, "");
	assert_true(order.request.programs[0].has_frags);
	assert_int_equal(order.request.globals[0].size, 4);
	assert_int_equal(order.request.reuse[0].fd, 11);
	assert_int_equal(order.request.ifindex, 3);
	for (size_t n = 0; n < w.len; n++) {
		struct load_order cut = {0};

		assert_int_equal(load_order_decode(&(struct load_parcel){w.data, n, fds, 2}, &cut),
				 -EBADMSG);
	}
}

static void a_request_with_another_number_of_descriptors_is_refused(void **state)
{
	struct load_program program = {.function = "f"};
	struct load_request request = {.programs = &program, .n_programs = 1};
	struct load_order order = {0};
	_text_ struct text w = {0};
	int fds[] = {10, 11};

	(void)state;
	load_request_encode(&request, &w);
	assert_int_equal(load_order_decode(&(struct load_parcel){w.data, w.len, fds, 0}, &order),
			 -EBADMSG);
	assert_int_equal(load_order_decode(&(struct load_parcel){w.data, w.len, fds, 2}, &order),
			 -EBADMSG);
}

static uint64_t insns[2] = {1, 2};
static struct map_ref ref = {0, 0};

static void encode_result(struct text *w, uint32_t map)
{
	struct loaded_program program = {
		.instructions = {.insns = insns, .n_insns = 2, .map_refs = &ref, .n_map_refs = 1}};
	struct loaded_map loaded = {.name = "packets"};
	struct load_result result = {.programs = &program,
				     .n_programs = 1,
				     .maps = &loaded,
				     .n_maps = 1,
				     .btf = "bytes",
				     .btf_len = 5};

	ref.map = map;
	load_result_encode(&result, w);
}

static void a_result_takes_its_descriptors(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	_text_ struct text w = {0};
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	encode_result(&w, 0);
	assert_int_equal(load_result_decode(&(struct load_parcel){w.data, w.len, fds, 3}, &result),
			 0);
	assert_int_equal(fds[0], -1);
	assert_int_equal(fds[2], -1);
	assert_true(result.btf_fd >= 0);
	assert_string_equal(result.maps[0].name, "packets");
}

static void a_cut_or_lying_result_is_refused(void **state)
{
	struct load_result result = {.btf_fd = -1};
	_text_ struct text w = {0}, lying = {0};
	int fds[3] = {-1, -1, -1};

	(void)state;
	encode_result(&w, 0);
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(
			load_result_decode(&(struct load_parcel){w.data, n, fds, 3}, &result),
			-EBADMSG);
	assert_int_equal(load_result_decode(&(struct load_parcel){w.data, w.len, fds, 2}, &result),
			 -EBADMSG);
	encode_result(&lying, 1);
	assert_int_equal(
		load_result_decode(&(struct load_parcel){lying.data, lying.len, fds, 3}, &result),
		-EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_written_and_read_again),
		cmocka_unit_test(a_request_with_another_number_of_descriptors_is_refused),
		cmocka_unit_test(a_result_takes_its_descriptors),
		cmocka_unit_test(a_cut_or_lying_result_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
