/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what a client names, with the client's own rights. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/digest.h"

struct buf_reader;
struct forkserver;
struct reason;
struct text;

#define JOB_GROUPS_MAX 256

/* Who asks; paths are opened with exactly these. */
struct job_identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[JOB_GROUPS_MAX];
	size_t n_groups;
};

/* The identity in a message. Decoding: check @rd at the end. */
void job_identity_encode(const struct job_identity *as, struct text *w);
void job_identity_decode(struct buf_reader *rd, struct job_identity *ret);

/* What may be opened for a client. */
enum job_open_what {
	JOB_OPEN_OBJECT, /* regular file: a sealed copy in memory, made by the child */
	JOB_OPEN_BINARY, /* regular file to attach uprobes to */
	JOB_OPEN_NETNS,	 /* a network namespace: nsfs of type CLONE_NEWNET only */
	_JOB_OPEN_MAX
};

/**
 * job_open() - open a path with the client's uid, gid and groups, no capabilities.
 * @path: absolute.
 *
 * Never blocks on a FIFO; devices, directories, sockets are refused. Errors name the path and never
 * its content. Root without capabilities is an owner like any other: it does not read what only
 * another user may read.
 *
 * Return: descriptor (O_CLOEXEC) or -ENOENT, -EACCES, -EINVAL (not a regular file, not absolute),
 * -ETIMEDOUT, ….
 */
int job_open(struct forkserver *fs, const struct job_identity *as, enum job_open_what what,
	     const char *path, struct reason *why);

/**
 * job_copy() - the digest and a sealed memfd of a file (so that nobody can change it between look
 * and load).
 * @fd: from job_open(); borrowed. One that is sealed already is not copied again; any other file
 *      must not be a client's: reading it may take forever.
 *
 * Return: descriptor of the memfd, or -EFBIG (above OBJECT_SIZE_MAX), -EINVAL (empty), -errno.
 * Runs in the caller, no child needed.
 */
int job_copy(int fd, char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why);
