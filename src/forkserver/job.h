/* SPDX-License-Identifier: Apache-2.0 */
/* One child, from the caller's side: start it, exchange messages, learn how it ended. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "forkserver/message.h"

struct forkserver;
struct reason;

/* What a child is for; its sandbox follows from it (forkserver/child/child.c has the table). */
enum job_kind {
	JOB_KIND_OPEN,	 /* becomes the client named by its first message */
	JOB_KIND_LOOK,	 /* no privilege at all; bytes come as descriptors */
	JOB_KIND_LOAD,	 /* bpf(2) and memory */
	JOB_KIND_OPENER, /* becomes the client, then serves opens below one directory (opener.c) */
	JOB_KIND_IMAGE,	 /* no privilege; executes bpfd-image with its socket as descriptor 3 */
	JOB_KIND_FETCH,	 /* no privilege but the network; executes bpfd-fetch likewise */
	JOB_KIND_CONTAINER, /* stays root, and may look into processes */
	_JOB_KIND_MAX
};

/* Operations of bpfd-look, the code of its first message. */
enum job_look_op { JOB_LOOK_DESCRIBE, JOB_LOOK_RESOLVE };

/*
 * What the fork server is asked on its descriptor 3: one struct control_request, answered by one
 * struct control_answer. The answer to CONTROL_START brings the child's socket; the one to
 * CONTROL_END comes when the child is gone, and the fork server has killed it if need be.
 */
enum control_op { CONTROL_START, CONTROL_END };

struct control_request {
	uint32_t op;
	uint32_t kind;	   /* CONTROL_START: enum job_kind */
	int32_t pid;	   /* CONTROL_END */
	uint32_t grace_ms; /* CONTROL_END: time to end by itself before it is killed */
};

/* @op, @kind: of the request; @status: of waitpid(2); @was_killed: it did not end by itself. */
struct control_answer {
	int32_t code;
	uint32_t op;
	uint32_t kind;
	int32_t pid;
	int32_t status;
	uint32_t was_killed;
};

/* @sock: SOCK_SEQPACKET to the child; owned. */
struct job {
	struct forkserver *fs;
	enum job_kind kind;
	int sock;
	pid_t pid;
};

/* Return: 0, -EPIPE (the fork server is gone: text says what to do), -EAGAIN (cannot fork). */
int job_start(struct forkserver *fs, enum job_kind kind, struct job *ret, struct reason *why);

/* Closes the socket: a child that still works ends. */
void job_done(struct job *job);
#define _job_ _cleanup_(job_done)

/**
 * job_receive() - the next message of the child, within the time of its kind.
 *
 * Return: 0; the child's own failure with its reason; -EBADMSG (crashed, or a malformed message),
 * -ETIMEDOUT, -ENOMEM (it ate too much), -EPIPE.
 */
int job_receive(struct job *job, struct message *ret, struct reason *why);

/* Send, then receive. @fds borrowed. */
int job_call(struct job *job, const struct message_out *out, struct message *ret,
	     struct reason *why);

/* For job.c only: the child that was asked for, or one asked for now. Return: 0, -EPIPE, -EAGAIN
 * (cannot fork). */
int forkserver_take(struct forkserver *fs, enum job_kind kind, struct job *ret, struct reason *why);

/* Make sure that @job's child is gone, after @grace_ms by force. Return: 0 or -EPIPE. */
int forkserver_end(const struct job *job, uint32_t grace_ms, struct control_answer *ret,
		   struct reason *why);
