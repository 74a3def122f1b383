/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of BTF, array and program of one segment. */
#include "chain/load/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "chain/load/load.h"
#include "chain/load/modules.h"
#include "chain/load/words.h"
#include "kernel/bpf.h"
#include "verifier/verified.h"

/* Each instruction with what the verifier knows there. */
#define LOG_LEVEL_WORDS 1

static uint32_t passed_us(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((now.tv_sec - since->tv_sec) * 1000000 +
			  (now.tv_nsec - since->tv_nsec) / 1000);
}

int segment_init(struct segment *s, const struct chain_load *wish, const struct chain_plan *plan,
		 struct reason *why)
{
	void *log = mmap(NULL, SEGMENT_LOG, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (log == MAP_FAILED)
		return fail(why, -ENOMEM, "out of memory");
	*s = (struct segment){.wish = wish, .plan = plan, .log = log};
	return 0;
}

void segment_done(struct segment *s)
{
	chain_code_done(&s->code);
	maps_done(&s->maps);
	if (s->log)
		munmap(s->log, SEGMENT_LOG);
	s->log = NULL;
}

/* @ret: stays -1 when the segment has no BTF. */
static int load_btf(struct segment *s, int *ret, struct reason *why)
{
	int fd;

	if (s->code.btf_len == 0)
		return 0;
	fd = bpf_btf_load(s->code.btf, s->code.btf_len, NULL, 0);
	if (fd >= 0) {
		*ret = fd;
		return 0;
	}
	bpf_btf_load(s->code.btf, s->code.btf_len, s->log, SEGMENT_LOG);
	reason_detail_adopt(why, strndup(s->log, SEGMENT_LOG >> 4));
	return fail(why, fd, "chain of %zu programs: the kernel refuses its types: %s", s->plan->n,
		    strerror(-fd));
}

/*
 * First with the counts alone, which cost next to nothing and still name the cause; then once more
 * for all the words, unless the cause is the size: that would take seconds again, and an old kernel
 * would lose the end of so long a log.
 */
static int load_program(struct segment *s, struct bpf_program_spec *spec)
{
	_free_ char *cause = NULL;
	int fd, again;

	spec->log = s->log;
	spec->log_size = SEGMENT_LOG;
	spec->log_level = VERIFIED_LOG_LEVEL;
	*s->log = '\0';
	fd = bpf_program_load(spec);
	if (fd >= 0 || words_are_of_the_whole(s->log))
		return fd;
	cause = strndup(s->log, SEGMENT_LOG >> 4);
	spec->log_level |= LOG_LEVEL_WORDS;
	*s->log = '\0';
	again = bpf_program_load(spec);
	if (again == -ENOSPC && cause)
		snprintf(s->log, SEGMENT_LOG, "%s", cause);
	return again == -ENOSPC ? fd : again;
}

static int enter_program(struct segment *s, int btf_fd, struct chain_loaded *ret, uint32_t i,
			 struct reason *why)
{
	_cleanup_(modules_done) struct modules modules = {0};
	int r = modules_enter(&modules, &s->code, why);
	struct bpf_program_spec spec = {
		.type = s->wish->rules->program_type,
		.expected_attach_type = s->wish->rules->attach_type,
		.insns = s->code.insns,
		.n_insns = s->code.n_insns,
		.license = s->code.license ? s->code.license : "",
		.name = s->wish->name,
		.flags = s->code.prog_flags,
		.btf_fd = btf_fd >= 0 ? btf_fd : 0,
		.func_info = s->code.func_info,
		.n_func_info = s->code.n_func_info,
		.line_info = s->code.line_info,
		.n_line_info = s->code.n_line_info,
		.fd_array = modules.n > 0 ? modules.fds : NULL,
	};
	struct verified v;

	if (r < 0)
		return r;
	r = load_program(s, &spec);
	if (r < 0)
		return s->refused = r;
	verified_parse(s->log, &v);
	ret->program_fds[i] = r;
	ret->n_insns += s->code.n_insns;
	ret->verified += v.n_insns;
	return 0;
}

static int make_array(int *ret, struct reason *why)
{
	const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_PROG_ARRAY,
					  .key_size = sizeof(uint32_t),
					  .value_size = sizeof(uint32_t),
					  .max_entries = 1,
					  .name = "chain_next"};
	int fd = bpf_map_make(&spec);

	if (fd < 0)
		return fail(why, fd, "cannot make the array between two segments of a chain: %s",
			    strerror(-fd));
	*ret = fd;
	return 0;
}

/* Not before both programs exist: the first that uses an array or enters it decides who else may.
 */
static int put_next(struct segment *s, struct chain_loaded *ret, uint32_t i, struct reason *why)
{
	uint32_t key = 0, fd = (uint32_t)ret->program_fds[i + 1];
	int r = bpf_map_put(ret->array_fds[i], &key, &fd, 0);

	if (r == 0)
		return 0;
	return fail(why, r,
		    "chain of %zu programs: segment %u cannot be called by the one before: %s",
		    s->plan->n, i + 2, strerror(-r));
}

static bool is_alone(const struct segment *s, uint32_t i)
{
	return i + 1 == s->plan->n_segments && s->plan->members[s->plan->n - 1].is_alone;
}

static int take_alone(struct segment *s, struct chain_loaded *ret, uint32_t i, struct reason *why)
{
	const struct instructions *code = s->plan->list[s->plan->n - 1].code;

	if (s->wish->alone_fd < 0) {
		s->refused = -EOPNOTSUPP;
		return fail(why, -EOPNOTSUPP, "member %s can only run as a program of its own",
			    s->plan->list[s->plan->n - 1].name);
	}
	ret->program_fds[i] = fcntl(s->wish->alone_fd, F_DUPFD_CLOEXEC, 3);
	if (ret->program_fds[i] < 0)
		return fail(why, -errno, "member %s: its descriptor cannot be copied: %s",
			    s->plan->list[s->plan->n - 1].name, strerror(errno));
	ret->n_insns += code->n_insns;
	ret->verified += code->verified;
	return 0;
}

static int link_segment(struct segment *s, uint32_t i, struct chain_loaded *ret, struct reason *why)
{
	struct timespec start;
	int r;

	chain_code_done(&s->code);
	clock_gettime(CLOCK_MONOTONIC, &start);
	r = chain_link(s->plan, i, &s->code, why);
	ret->link_us += passed_us(&start);
	if (r < 0 && r != -ENOMEM)
		s->refused = r;
	return r;
}

/* In bpf(2), but for what is copied between. */
static int load_linked(struct segment *s, uint32_t i, struct chain_loaded *ret, struct reason *why)
{
	bool has_next = i + 1 < s->plan->n_segments;
	_close_ int btf_fd = -1;
	int r = has_next ? make_array(&ret->array_fds[i], why) : 0;

	if (r == 0)
		r = maps_enter(&s->maps, s->wish, &s->code, ret->array_fds[i], why);
	if (r == 0)
		r = load_btf(s, &btf_fd, why);
	if (r == 0)
		r = enter_program(s, btf_fd, ret, i, why);
	if (r == 0 && has_next)
		r = put_next(s, ret, i, why);
	return r;
}

int segment_load(struct segment *s, uint32_t i, struct chain_loaded *ret, struct reason *why)
{
	struct timespec start;
	int r;

	s->refused = 0;
	*s->log = '\0';
	if (is_alone(s, i))
		return take_alone(s, ret, i, why);
	r = link_segment(s, i, ret, why);
	if (r < 0)
		return r;
	clock_gettime(CLOCK_MONOTONIC, &start);
	r = load_linked(s, i, ret, why);
	ret->load_us += passed_us(&start);
	return r;
}
