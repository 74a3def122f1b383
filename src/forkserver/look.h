/* SPDX-License-Identifier: Apache-2.0 */
/* Reading foreign ELF files in a child without any privilege. */
#pragma once

#include <stdint.h>

#include "model/object.h"

struct forkserver;
struct reason;

/**
 * job_look() - describe an object in a child without any privilege.
 * @object_fd: sealed memfd; borrowed.
 *
 * Return: 0; -ENOEXEC (not an ELF for BPF of this byte order, truncated, lying BTF, legacy maps:
 * text names the cure); -EBADMSG (child crashed: text says so), -ETIMEDOUT, -ENOMEM.
 */
int job_look(struct forkserver *fs, int object_fd, struct object *ret, struct reason *why);

/**
 * job_resolve() - file offset of a function in a user-space binary (symbol tables are foreign
 * input).
 * @binary_fd: from job_open(JOB_OPEN_BINARY); borrowed.
 *
 * Return: 0, -ENOENT (no such function; nearest name), -ENOEXEC, -EBADMSG, -ETIMEDOUT.
 */
int job_resolve(struct forkserver *fs, int binary_fd, const char *symbol, uint64_t *ret_offset,
		struct reason *why);
