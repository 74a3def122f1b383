/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a child's end becomes an error: crash, hang and hunger in words. */
#include "forkserver/job.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/reason.h"

/* @seconds: a little above the alarm that the child sets itself. */
static const struct {
	const char *task;
	const char *cause;
	unsigned int seconds;
} kinds[] = {
	[JOB_KIND_OPEN] = {"opens files", "the path may be on a dead file system", 6},
	[JOB_KIND_LOOK] = {"reads objects", "the object is damaged", 12},
	[JOB_KIND_LOAD] = {"loads objects", "the object is damaged", 33},
	[JOB_KIND_OPENER] = {"opens image files", "the path may be on a dead file system", 12},
	[JOB_KIND_IMAGE] = {"reads images", "the image is damaged", 33},
	[JOB_KIND_FETCH] = {"fetches images", "the registry is too slow", 150},
	[JOB_KIND_CONTAINER] = {"opens files of containers",
				"the path may be on a dead file system", 6},
};
_Static_assert(array_size(kinds) == _JOB_KIND_MAX, "a row for each kind");

int job_start(struct forkserver *fs, enum job_kind kind, struct job *ret, struct reason *why)
{
	struct timeval patience = {.tv_sec = kinds[kind].seconds};
	int r = forkserver_take(fs, kind, ret, why);

	if (r < 0)
		return r;
	setsockopt(ret->sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return 0;
}

void job_done(struct job *job)
{
	fd_close(&job->sock);
}

static int too_slow(const struct job *job, struct reason *why)
{
	return fail(why, -ETIMEDOUT, "the process that %s took too long and was ended: %s",
		    kinds[job->kind].task, kinds[job->kind].cause);
}

static int explain_signal(const struct job *job, int signal, struct reason *why)
{
	const char *task = kinds[job->kind].task, *cause = kinds[job->kind].cause;

	if (signal == SIGALRM || signal == SIGXCPU)
		return too_slow(job, why);
	if (signal == SIGSYS)
		return fail(why, -EBADMSG,
			    "the process that %s did what it may not do (signal %d): %s", task,
			    signal, cause);
	if (signal == SIGKILL)
		return fail(why, -ENOMEM,
			    "the process that %s was killed (out of memory or time): %s", task,
			    cause);
	return fail(why, -EBADMSG, "the process that %s crashed (signal %d): %s", task, signal,
		    cause);
}

/* The child closed its socket or is late: learn how it ended, by force if need be. */
static int explain_end(struct job *job, bool is_late, struct reason *why)
{
	struct control_answer answer;
	/* A hang-up comes a moment before the child has ended. */
	int r = forkserver_end(job, is_late ? 0 : 200, &answer, why);

	if (r < 0)
		return r;
	if (is_late)
		return too_slow(job, why);
	if (answer.code == 0 && !answer.was_killed && WIFSIGNALED(answer.status))
		return explain_signal(job, WTERMSIG(answer.status), why);
	return fail(why, -EBADMSG, "the process that %s ended without an answer: %s",
		    kinds[job->kind].task, kinds[job->kind].cause);
}

int job_receive(struct job *job, struct message *ret, struct reason *why)
{
	int r = message_recv(job->sock, ret, why);

	if (r == -EPIPE && !(why && why->text[0]))
		return explain_end(job, false, why);
	if (r == -ETIMEDOUT && !(why && why->text[0]))
		return explain_end(job, true, why);
	if (r == -EBADMSG)
		return fail(why, r, "the process that %s sent a malformed answer",
			    kinds[job->kind].task);
	if (r == -EFBIG || r == -ENOMEM)
		return fail(why, r, "the answer of the process that %s is too large",
			    kinds[job->kind].task);
	return r;
}

int job_call(struct job *job, const struct message_out *out, struct message *ret,
	     struct reason *why)
{
	int r = message_send(job->sock, out);

	/* A child that has ended may have left its reason. */
	if (r < 0 && r != -EPIPE)
		return fail(why, r, "cannot reach the process that %s: %s", kinds[job->kind].task,
			    strerror(-r));
	return job_receive(job, ret, why);
}
