/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs for short-lived children, seen from bpfd. One call, one child; its crash, hang or hunger is
 * an error reply. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/instructions.h"
#include "model/object.h"

struct reason;

#define JOB_GROUPS_MAX 256

/* Who asks; paths are opened with exactly these. */
struct job_identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[JOB_GROUPS_MAX];
	size_t n_groups;
};

/* The connection to the fork server. Not thread-safe: one thread uses it. */
struct forkserver;

/**
 * forkserver_start() - start the fork server; call it before privileges are dropped.
 * @path: the executable bpfd-forkserver.
 *
 * Keeps one spare child ready, so that a job does not wait for fork(2).
 */
int forkserver_start(const char *path, struct forkserver **ret, struct reason *why);

/* Ends the fork server and its children. */
void forkserver_free(struct forkserver *fs);

/* What may be opened for a client. */
enum job_open_what {
	JOB_OPEN_OBJECT, /* regular file, read only, no O_PATH */
	JOB_OPEN_BINARY, /* regular file to attach uprobes to */
	JOB_OPEN_NETNS,	 /* a network namespace: nsfs of type CLONE_NEWNET only */
};

/**
 * job_open() - open a path with the client's uid, gid and groups, no capabilities.
 *
 * Never blocks on a FIFO; devices, directories, sockets are refused. Errors name the path and never
 * its content. Return: descriptor (O_CLOEXEC) or -ENOENT, -EACCES, -EINVAL (not a regular file),
 * -ETIMEDOUT, ….
 */
int job_open(struct forkserver *fs, const struct job_identity *as, enum job_open_what what,
	     const char *path, struct reason *why);

/**
 * job_copy() - read a client's file into a sealed memfd (so that nobody can change it between look
 * and load).
 * @fd: from job_open(); borrowed.
 *
 * Return: descriptor of the memfd, or -EFBIG (above OBJECT_SIZE_MAX), -EINVAL (empty), -errno.
 * Runs in the caller, no child needed.
 */
int job_copy(int fd, char ret_digest[static 72], struct reason *why);

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
 * input). Return: 0, -ENOENT (no such function; nearest name), -ENOEXEC, ….
 */
int job_resolve(struct forkserver *fs, int binary_fd, const char *symbol, uint64_t *ret_offset,
		struct reason *why);

/* One program to load; strings borrowed. Types are linux/bpf.h's. */
struct load_program {
	const char *function;
	const char *kernel_name; /* at most 15 characters are kept by the kernel */
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

/* @programs in the order of the request; @maps: all maps created or reused. @btf_fd −1 without BTF.
 */
struct load_result {
	struct loaded_program *programs;
	size_t n_programs;
	struct loaded_map *maps;
	size_t n_maps;
	int btf_fd;
	void *btf; /* raw BTF bytes of the object */
	size_t btf_len;
	char *log; /* verifier log when wanted, else NULL */
};

/**
 * job_load() - load the chosen programs with libbpf in a short-lived child.
 *
 * Return: 0; -EACCES/-EINVAL/-E2BIG… from the verifier (reason.text is one line with program and
 * cause, reason.hint a cure, reason.detail the whole log); -ENOEXEC, -EOPNOTSUPP (helper, map type
 * or program type that this kernel lacks), -EBADMSG (child crashed), -ETIMEDOUT, -ENOMEM, -EPERM.
 */
int job_load(struct forkserver *fs, const struct load_request *request, struct load_result *ret,
	     struct reason *why);
void load_result_done(struct load_result *result);

/* What bpfd-image found in a local OCI layout. @fd: sealed memfd with the ELF. Labels: see
 * model/image_labels.h. */
struct image_labels;

/**
 * job_image() - read one object out of an OCI layout: an opener with the client's identity serves a
 * parser without privileges.
 * @layout: absolute directory; @tag: NULL for the only or newest manifest.
 *
 * Return: 0; -ENOENT (no layout, no such tag: lists the tags), -EBADMSG (a digest does not match),
 * -EFBIG, -ENOEXEC (no object for this machine in it), -EACCES, -ETIMEDOUT.
 */
int job_image(struct forkserver *fs, const struct job_identity *as, const char *layout,
	      const char *tag, int *ret_fd, char ret_digest[static 72],
	      struct image_labels *ret_labels, struct reason *why);
