/* SPDX-License-Identifier: Apache-2.0 */
/* Owns job_load(); believes a descriptor of the child only after asking the kernel what it is. */
#include "forkserver/load.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "forkserver/job.h"
#include "model/object.h"

static bool is_bpf(int fd, const char *type)
{
	char link[64], target[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target, type) == 0;
}

static bool are_bpf(const struct load_result *result)
{
	for (size_t i = 0; i < result->n_programs; i++)
		if (!is_bpf(result->programs[i].fd, "anon_inode:bpf-prog"))
			return false;
	for (size_t i = 0; i < result->n_maps; i++)
		if (!is_bpf(result->maps[i].fd, "anon_inode:bpf-map"))
			return false;
	return result->btf_fd < 0 || is_bpf(result->btf_fd, "anon_inode:btf");
}

static int take_result(struct message *m, const struct load_request *request,
		       struct load_result *ret, struct reason *why)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	struct load_parcel parcel = {m->data, m->len, m->fds, m->n_fds};
	int r = load_result_decode(&parcel, &result);

	if (r == 0 && (result.n_programs != request->n_programs || !are_bpf(&result)))
		r = -EBADMSG;
	if (r < 0)
		return fail(why, r, "the process that loads objects sent a malformed answer");
	*ret = result;
	result = (struct load_result){.btf_fd = -1};
	return 0;
}

int job_load(struct forkserver *fs, const struct load_request *request, struct load_result *ret,
	     struct reason *why)
{
	_job_ struct job job = {.sock = -1};
	_message_ struct message answer = {0};
	_text_ struct text w = {0};
	int fds[1 + OBJECT_MAPS_MAX];
	int r;

	if (request->n_programs == 0 || request->n_programs > OBJECT_PROGRAMS_MAX ||
	    request->n_reuse > OBJECT_MAPS_MAX || request->n_globals > OBJECT_GLOBALS_MAX)
		return fail(why, -EINVAL, "too many or no programs, maps or variables to load");
	fds[0] = request->object_fd;
	for (size_t i = 0; i < request->n_reuse; i++)
		fds[1 + i] = request->reuse[i].fd;
	load_request_encode(request, &w);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	r = job_start(fs, JOB_KIND_LOAD, &job, why);
	if (r == 0)
		r = job_call(&job,
			     &(struct message_out){.data = w.data,
						   .len = w.len,
						   .fds = fds,
						   .n_fds = 1 + request->n_reuse},
			     &answer, why);
	return r < 0 ? r : take_result(&answer, request, ret, why);
}
