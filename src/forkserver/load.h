/* SPDX-License-Identifier: Apache-2.0 */
/* Loading programs in a short-lived child that may call bpf(2) and little else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/instructions.h"

struct forkserver;
struct reason;

/* One program to load; strings borrowed. Types are linux/bpf.h's. */
struct load_program {
	const char *function;
	const char *kernel_name; /* NULL or @function: libbpf 1.1 gives no other */
	uint32_t program_type;
	uint32_t attach_type;
	bool has_frags;
	bool is_sleepable;
};

struct load_global {
	const char *map;
	uint32_t offset;
	const void *value;
	size_t size;
};

/* Use @fd in place of the object's own map @name. */
struct load_reuse {
	const char *name;
	int fd;
};

struct load_request {
	int object_fd; /* the sealed memfd that was described */
	const struct load_program *programs;
	size_t n_programs;
	const struct load_global *globals;
	size_t n_globals;
	const struct load_reuse *reuse;
	size_t n_reuse;
	uint32_t ifindex; /* offload: the device; else 0 */
	bool want_log;
};

struct loaded_program {
	int fd;
	struct instructions instructions;
};

struct loaded_map {
	int fd;
	char *name; /* as in the object */
};

/* @programs in the order of the request; @maps: all maps created or reused. @btf_fd −1 without BTF;
 * @btf: the bytes that the kernel accepted. */
struct load_result {
	struct loaded_program *programs;
	size_t n_programs;
	struct loaded_map *maps;
	size_t n_maps;
	int btf_fd;
	void *btf;
	size_t btf_len;
	char *log; /* verifier log when wanted, else NULL */
};

/**
 * job_load() - load the chosen programs with libbpf in a short-lived child.
 *
 * Maps that no chosen program uses are not created; no map is pinned, whatever the object says.
 *
 * Return: 0; -EACCES/-EINVAL/-E2BIG… from the verifier (reason.text is one line with program and
 * cause, reason.hint a cure, reason.detail the whole log); -ENOEXEC, -EOPNOTSUPP (helper, map type
 * or program type that this kernel lacks), -EBADMSG (child crashed), -ETIMEDOUT, -ENOMEM, -EPERM,
 * -EPIPE (the fork server is gone).
 */
int job_load(struct forkserver *fs, const struct load_request *request, struct load_result *ret,
	     struct reason *why);
void load_result_done(struct load_result *result);
