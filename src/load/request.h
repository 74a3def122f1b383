/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be loaded and what came of it; the flat forms that travel between bpfd and bpfd-load.
 * No libbpf here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/instructions.h"

struct text;

/* One program to load; strings borrowed. Types are linux/bpf.h's. */
struct load_program {
	const char *function;
	const char *section;	 /* from the description; NULL costs a second reading */
	const char *kernel_name; /* NULL or @function: libbpf 1.1 gives no other */
	uint32_t program_type;
	uint32_t attach_type;
	bool has_frags;
	bool is_sleepable;
};

/* Bytes for a part of an internal map; from object_global_value(). */
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

void load_result_done(struct load_result *result);

/* What came from the other side: bytes and descriptors. */
struct load_parcel {
	const void *data;
	size_t len;
	int *fds;
	size_t n_fds;
};

/* Descriptors travel beside: the object's, then those to reuse in their order. */
void load_request_encode(const struct load_request *request, struct text *w);

/* A decoded request and what its pointers point to. */
struct load_order {
	struct load_request request;
	struct load_program *programs;
	struct load_global *globals;
	struct load_reuse *reuse;
};

/* The descriptors stay borrowed. Return: 0, -EBADMSG, -ENOMEM. */
int load_order_decode(const struct load_parcel *parcel, struct load_order *ret);
void load_order_done(struct load_order *order);

/* Descriptors travel beside: programs, maps, then that of BTF when there is one. */
void load_result_encode(const struct load_result *result, struct text *w);

/* The descriptors become the result's and are set to -1. Return: 0, -EBADMSG, -ENOMEM. */
int load_result_decode(struct load_parcel *parcel, struct load_result *ret);
