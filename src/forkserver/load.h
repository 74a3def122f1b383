/* SPDX-License-Identifier: Apache-2.0 */
/* Loading programs in a short-lived child that may call bpf(2) and little else. */
#pragma once

#include "load/request.h"

struct forkserver;
struct reason;

/**
 * job_load() - load the chosen programs with libbpf in a short-lived child.
 *
 * All maps of the object are created (or reused); none is pinned, whatever the object says.
 * The kernel shows a program under its function's name.
 *
 * Return: 0; -EACCES/-EINVAL/-E2BIG… from the verifier (reason.text is one line with program and
 * cause, reason.hint a cure, reason.detail the whole log); -ENOEXEC, -EOPNOTSUPP (helper, map type
 * or program type that this kernel lacks), -EBADMSG (child crashed), -ETIMEDOUT, -ENOMEM, -EPERM,
 * -EPIPE (the fork server is gone).
 */
int job_load(struct forkserver *fs, const struct load_request *request, struct load_result *ret,
	     struct reason *why);
