/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs for real: fork server, sandboxes, libbpf and this kernel. Needs root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

#define NOBODY 65534

/* cmocka's way to hand the fork server to each test. */
#define FS(state) ((struct forkserver *)*(state))

static const struct job_identity nobody = {.uid = NOBODY, .gid = NOBODY};

static char *scratch(void)
{
	char *dir = strdup("/tmp/bpfd-jobs-XXXXXX");

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	return dir;
}

static void make_file(const char *dir, const char *name, mode_t mode, char *ret_path)
{
	_close_ int fd = -1;

	snprintf(ret_path, 256, "%s/%s", dir, name);
	fd = open(ret_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "bytes", 5), 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void a_path_is_opened_with_the_rights_of_the_client(void **state)
{
	_free_ char *dir = scratch();
	_reason_ struct reason why = {0};
	char ours[256], all[256];
	int fd;

	make_file(dir, "ours", 0600, ours);
	make_file(dir, "all", 0644, all);
	assert_int_equal(job_open(FS(state), &nobody, JOB_OPEN_OBJECT, ours, &why), -EACCES);
	assert_non_null(strstr(why.text, ours));
	fd = job_open(FS(state), &nobody, JOB_OPEN_OBJECT, all, NULL);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	/* What the daemon reads is memory: a file system of the client could stop it for good. */
	assert_true(fd_is_sealed(fd));
	close(fd);
	unlink(ours);
	unlink(all);
	rmdir(dir);
}

static void only_regular_files_are_opened(void **state)
{
	_free_ char *dir = scratch();
	char fifo[256];
	double t;

	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0666), 0);
	t = jobs_now_ms();
	assert_int_equal(job_open(FS(state), &nobody, JOB_OPEN_OBJECT, fifo, NULL), -EINVAL);
	assert_int_equal(job_open(FS(state), &nobody, JOB_OPEN_OBJECT, "/dev/null", NULL), -EINVAL);
	assert_int_equal(job_open(FS(state), &nobody, JOB_OPEN_OBJECT, "/tmp", NULL), -EINVAL);
	assert_int_equal(job_open(FS(state), &nobody, JOB_OPEN_BINARY, "/nowhere", NULL), -ENOENT);
	assert_int_equal(job_open(FS(state), &nobody, JOB_OPEN_OBJECT, "tmp/x", NULL), -EINVAL);
	assert_true(jobs_now_ms() - t < 2000);
	unlink(fifo);
	rmdir(dir);
}

static void a_netns_is_told_from_other_files(void **state)
{
	struct job_identity root = {.uid = 0, .gid = 0};
	int fd = job_open(FS(state), &root, JOB_OPEN_NETNS, "/proc/self/ns/net", NULL);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(job_open(FS(state), &root, JOB_OPEN_NETNS, "/proc/self/ns/mnt", NULL),
			 -EINVAL);
	assert_int_equal(job_open(FS(state), &root, JOB_OPEN_NETNS, "/etc/passwd", NULL), -EINVAL);
}

static void a_copy_cannot_be_changed(void **state)
{
	_close_ int fd = jobs_fixture("tracepoint.bpf.o");

	(void)state;
	assert_int_equal(fd_is_sealed(fd), 1);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
}

static void load_all(struct forkserver *fs, const char *name, struct load_result *ret)
{
	_cleanup_(object_done) struct object o = {0};
	_close_ int fd = jobs_fixture(name);
	_reason_ struct reason why = {0};
	struct load_program programs[OBJECT_PROGRAMS_MAX];
	struct load_request request = {.object_fd = fd, .programs = programs};

	assert_int_equal(job_look(fs, fd, &o, &why), 0);
	request.n_programs = jobs_all_programs(&o, programs);
	if (job_load(fs, &request, ret, &why) < 0)
		printf("# %s\n", why.text);
	assert_int_equal(why.code, 0);
}

static void a_tiny_program_is_loaded_and_captured(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};

	load_all(FS(state), "tracepoint.bpf.o", &result);
	assert_int_equal(result.n_programs, 1);
	assert_int_equal(result.programs[0].instructions.n_insns, 2);
	assert_int_equal(result.programs[0].instructions.n_func_info, 1);
	assert_true(result.programs[0].instructions.n_line_info > 0);
	assert_string_equal(result.programs[0].instructions.license, "GPL");
	assert_true(result.btf_len > 24);
	assert_int_equal(*(uint16_t *)result.btf, 0xeb9f);
}

static void every_kind_of_probe_is_loaded(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};

	load_all(FS(state), "probes.bpf.o", &result);
	assert_int_equal(result.n_programs, 4);
	assert_int_equal(result.n_maps, 1);
}

static void an_object_is_relocated_to_this_kernel(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};

	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		skip();
	load_all(FS(state), "core.bpf.o", &result);
	assert_int_equal(result.n_programs, 1);
	assert_int_equal(result.n_maps, 2);
}

static int find_map(const struct load_result *result, const char *name)
{
	for (size_t i = 0; i < result->n_maps; i++)
		if (strcmp(result->maps[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int look_up(int fd, uint32_t key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd, .key = (uintptr_t)&key, .value = (uintptr_t)value};

	return (int)syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)fd,
					.info_len = sizeof(info),
					.info = (uintptr_t)&info}};

	assert_int_equal(syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return info.id;
}

/* The programs of the counter; the first section names no hook. */
static const struct load_program counter[] = {
	{.function = "count", .program_type = BPF_PROG_TYPE_XDP, .attach_type = BPF_XDP},
	{.function = "other",
	 .section = "xdp.frags/other",
	 .program_type = BPF_PROG_TYPE_XDP,
	 .attach_type = BPF_XDP,
	 .has_frags = true},
};

static void globals_have_their_values_and_references_their_maps(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	_close_ int fd = jobs_fixture("counter.bpf.o");
	uint32_t sampling = 100, rodata[8] = {0};
	struct load_global global = {
		.map = ".rodata", .offset = 0, .value = &sampling, .size = sizeof(sampling)};
	struct load_request request = {.object_fd = fd,
				       .programs = counter,
				       .n_programs = 2,
				       .globals = &global,
				       .n_globals = 1};
	const struct instructions *in;
	bool is_referred = false;

	assert_int_equal(job_load(FS(state), &request, &result, NULL), 0);
	assert_int_equal(result.n_maps, 5);
	assert_int_equal(look_up(result.maps[find_map(&result, ".rodata")].fd, 0, rodata), 0);
	assert_int_equal(rodata[0], 100);
	in = &result.programs[0].instructions;
	assert_true(in->n_map_refs > 0);
	for (uint32_t i = 0; i < in->n_map_refs; i++) {
		const struct bpf_insn *insn =
			(const struct bpf_insn *)in->insns + in->map_refs[i].insn;

		assert_int_equal(insn->code, BPF_LD | BPF_IMM | BPF_DW);
		assert_int_equal(insn->imm, (int)in->map_refs[i].map);
		is_referred |= (int)in->map_refs[i].map == find_map(&result, "packets");
	}
	assert_true(is_referred);
	assert_int_equal(result.programs[1].instructions.prog_flags, 1u << 5);
	assert_int_equal(access("/sys/fs/bpf/shared", F_OK), -1);
}

static void a_global_outside_of_its_map_is_refused(void **state)
{
	_close_ int fd = jobs_fixture("counter.bpf.o");
	struct load_global global = {.map = ".rodata", .offset = 30, .value = "1234", .size = 4};
	struct load_request request = {.object_fd = fd,
				       .programs = counter,
				       .n_programs = 1,
				       .globals = &global,
				       .n_globals = 1};
	struct load_result result;

	assert_int_equal(job_load(FS(state), &request, &result, NULL), -EINVAL);
}

static void a_map_is_shared_when_its_shape_is_equal(void **state)
{
	_cleanup_(load_result_done) struct load_result first = {.btf_fd = -1};
	_cleanup_(load_result_done) struct load_result second = {.btf_fd = -1};
	_close_ int fd = jobs_fixture("counter.bpf.o");
	_reason_ struct reason why = {0};
	struct load_reuse reuse = {.name = "shared"};
	struct load_request request = {
		.object_fd = fd, .programs = counter, .n_programs = 1, .reuse = &reuse};
	int shared;

	assert_int_equal(job_load(FS(state), &request, &first, NULL), 0);
	shared = find_map(&first, "shared");
	reuse.fd = first.maps[shared].fd;
	request.n_reuse = 1;
	assert_int_equal(job_load(FS(state), &request, &second, &why), 0);
	assert_int_equal(map_id(second.maps[shared].fd), map_id(reuse.fd));
	load_result_done(&second);
	reuse.name = "packets";
	assert_int_equal(job_load(FS(state), &request, &second, &why), -EINVAL);
	assert_string_equal(why.text, "map packets: the shared map has type 1, the object wants 6");
}

static void the_verifier_is_explained(void **state)
{
	_close_ int fd = jobs_fixture("refused.bpf.o");
	_reason_ struct reason why = {0};
	struct load_program program = {.function = "unchecked",
				       .section = "xdp",
				       .program_type = BPF_PROG_TYPE_XDP,
				       .attach_type = BPF_XDP};
	struct load_request request = {.object_fd = fd, .programs = &program, .n_programs = 1};
	struct load_result result;

	assert_int_equal(job_load(FS(state), &request, &result, &why), -EACCES);
	assert_non_null(strstr(why.text, "program unchecked"));
	assert_non_null(strstr(why.text, "map_value_or_null"));
	assert_non_null(strstr(why.text, "*value > 3"));
	assert_non_null(strstr(why.hint, "NULL"));
	assert_non_null(why.detail);
}

static void a_log_is_given_when_wanted(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	_close_ int fd = jobs_fixture("counter.bpf.o");
	struct load_request request = {
		.object_fd = fd, .programs = counter, .n_programs = 2, .want_log = true};

	assert_int_equal(job_load(FS(state), &request, &result, NULL), 0);
	assert_non_null(strstr(result.log, "count:\n"));
	assert_non_null(strstr(result.log, "other:\n"));
	assert_non_null(strstr(result.log, "processed "));
}

static void what_the_verifier_counted_is_captured(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	_close_ int fd = jobs_fixture("counter.bpf.o");
	/* without frags, for kernels below 5.18 */
	struct load_program programs[] = {counter[0], counter[1]};
	struct load_request request = {.object_fd = fd, .programs = programs, .n_programs = 2};
	const struct instructions *first, *last;

	programs[1].has_frags = false;
	assert_int_equal(job_load(FS(state), &request, &result, NULL), 0);
	first = &result.programs[0].instructions;
	last = &result.programs[1].instructions;
	/* count() has a key on the stack, and weigh() another */
	assert_int_equal(first->n_stacks, 2);
	assert_in_range(first->stacks[0], 4, 64);
	assert_in_range(first->stacks[1], 4, 64);
	assert_true(first->verified >= first->n_insns / 2);
	assert_int_equal(last->n_stacks, 1);
	assert_int_equal(last->stacks[0], 0);
	assert_in_range(last->verified, 1, 20);
	assert_string_equal(result.log, "");
}

static void called_functions_of_the_kernel_have_their_names(void **state)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	_close_ int fd = jobs_fixture("kfunc.bpf.o");
	struct load_program program = {.function = "measure",
				       .section = "xdp",
				       .program_type = BPF_PROG_TYPE_XDP,
				       .attach_type = BPF_XDP};
	struct load_request request = {.object_fd = fd, .programs = &program, .n_programs = 1};
	const struct instructions *in;

	if (job_load(FS(state), &request, &result, NULL) < 0)
		skip(); /* below 6.4 */
	in = &result.programs[0].instructions;
	assert_int_equal(in->n_kfuncs, 2);
	assert_true(in->kfuncs[0].insn < in->kfuncs[1].insn);
	assert_string_equal(in->kfuncs[0].name, "bpf_dynptr_from_xdp");
	assert_string_equal(in->kfuncs[1].name, "bpf_dynptr_size");
	assert_string_equal(in->kfuncs[0].module, "");
}

static void a_map_that_the_kernel_refuses_is_named(void **state)
{
	_close_ int fd = jobs_fixture("future.bpf.o");
	_reason_ struct reason why = {0};
	struct load_program program = {.function = "wait",
				       .section = "xdp",
				       .program_type = BPF_PROG_TYPE_XDP,
				       .attach_type = BPF_XDP};
	struct load_request request = {.object_fd = fd, .programs = &program, .n_programs = 1};
	struct load_result result;

	assert_int_equal(job_load(FS(state), &request, &result, &why), -EINVAL);
	assert_non_null(strstr(why.text, "map tomorrow"));
}

static void offload_to_a_device_without_it_is_refused(void **state)
{
	_close_ int fd = jobs_fixture("counter.bpf.o");
	_reason_ struct reason why = {0};
	struct load_request request = {
		.object_fd = fd, .programs = counter + 1, .n_programs = 1, .ifindex = 1};
	struct load_result result;

	assert_int_equal(job_load(FS(state), &request, &result, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "the device does not take"));
}

static void an_unknown_program_is_named(void **state)
{
	_close_ int fd = jobs_fixture("tracepoint.bpf.o");
	_reason_ struct reason why = {0};
	struct load_program program = {.function = "nothing", .program_type = BPF_PROG_TYPE_XDP};
	struct load_request request = {.object_fd = fd, .programs = &program, .n_programs = 1};
	struct load_result result;

	assert_int_equal(job_load(FS(state), &request, &result, &why), -ENOENT);
	assert_non_null(strstr(why.text, "nothing"));
}

static void a_function_is_resolved_in_a_child(void **state)
{
	_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t offset = 0;

	assert_int_equal(job_resolve(FS(state), fd, "main", &offset, NULL), 0);
	assert_true(offset > 0);
	assert_int_equal(job_resolve(FS(state), fd, "no_such_function", &offset, NULL), -ENOENT);
}

static size_t count_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void jobs_leave_no_descriptor_behind(void **state)
{
	size_t before = 0;

	for (int i = 0; i < 20; i++) {
		_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};

		load_all(FS(state), "counter.bpf.o", &result);
		load_result_done(&result);
		if (i == 0)
			before = count_open();
	}
	/* A child made ahead may be in hand or not. */
	assert_true(count_open() <= before + 3);
}

static void latencies_are_printed(void **state)
{
	enum { RUNS = 31 };
	static const struct load_program program = {
		.function = "on_getpid",
		.section = "tracepoint/syscalls/sys_enter_getpid",
		.program_type = BPF_PROG_TYPE_TRACEPOINT,
	};
	_close_ int fd = jobs_fixture("tracepoint.bpf.o");
	struct load_request request = {.object_fd = fd, .programs = &program, .n_programs = 1};
	double look[RUNS], load[RUNS];

	for (size_t i = 0; i < RUNS; i++) {
		_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
		_cleanup_(object_done) struct object o = {0};
		double t = jobs_now_ms();

		assert_int_equal(job_look(FS(state), fd, &o, NULL), 0);
		look[i] = jobs_now_ms() - t;
		t = jobs_now_ms();
		assert_int_equal(job_load(FS(state), &request, &result, NULL), 0);
		load[i] = jobs_now_ms() - t;
		usleep(2000);
	}
	printf("# median of %d: look %.3f ms, load %.3f ms\n", RUNS, jobs_median(look, RUNS),
	       jobs_median(load, RUNS));
}

static int start(void **state)
{
	*state = jobs_start();
	return 0;
}

static int stop(void **state)
{
	forkserver_free(FS(state));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_opened_with_the_rights_of_the_client),
		cmocka_unit_test(only_regular_files_are_opened),
		cmocka_unit_test(a_netns_is_told_from_other_files),
		cmocka_unit_test(a_copy_cannot_be_changed),
		cmocka_unit_test(a_tiny_program_is_loaded_and_captured),
		cmocka_unit_test(every_kind_of_probe_is_loaded),
		cmocka_unit_test(an_object_is_relocated_to_this_kernel),
		cmocka_unit_test(globals_have_their_values_and_references_their_maps),
		cmocka_unit_test(a_global_outside_of_its_map_is_refused),
		cmocka_unit_test(a_map_is_shared_when_its_shape_is_equal),
		cmocka_unit_test(the_verifier_is_explained),
		cmocka_unit_test(a_log_is_given_when_wanted),
		cmocka_unit_test(what_the_verifier_counted_is_captured),
		cmocka_unit_test(called_functions_of_the_kernel_have_their_names),
		cmocka_unit_test(a_map_that_the_kernel_refuses_is_named),
		cmocka_unit_test(offload_to_a_device_without_it_is_refused),
		cmocka_unit_test(an_unknown_program_is_named),
		cmocka_unit_test(a_function_is_resolved_in_a_child),
		cmocka_unit_test(jobs_leave_no_descriptor_behind),
		cmocka_unit_test(latencies_are_printed),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP jobs need root: children change their identity\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, start, stop);
}
