/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf(2) without libbpf: objects by pin, id and descriptor. All descriptors are O_CLOEXEC.
 * Functions return a descriptor or 0, or -errno of bpf(2) unless a contract says more.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

enum bpf_object_type {
	BPF_OBJECT_PROGRAM,
	BPF_OBJECT_MAP,
	BPF_OBJECT_LINK,
	BPF_OBJECT_BTF,
	_BPF_OBJECT_TYPE_MAX
};

/* The system call. @attr is zeroed by the caller behind what it uses. */
int bpf_command(unsigned int command, const void *attr, size_t size);

/* Pin at an absolute path. -EEXIST: the path is taken; -EPERM: not on a bpffs, or a '.' in the
 * name. */
int bpf_pin(int fd, const char *path, struct reason *why);

/* Open a pin. @is_read_only: the descriptor can only read (maps). Return: descriptor, -ENOENT, … */
int bpf_pin_open(const char *path, bool is_read_only, struct reason *why);

/* Open by id; needs CAP_SYS_ADMIN. -ENOENT: gone. Close soon: it keeps the object alive. */
int bpf_id_open(enum bpf_object_type type, uint32_t id);

/* Open a map by id for reading only. */
int bpf_map_id_open_read_only(uint32_t id);

/* The next id above @id (0: the first). Return: 0, -ENOENT behind the last. */
int bpf_id_next(enum bpf_object_type type, uint32_t id, uint32_t *ret);

/* BPF_OBJ_GET_INFO_BY_FD into a structure that may carry pointers of the caller. */
int bpf_info(int fd, void *info, size_t size);

/* What the kernel says of a program; arrays behind pointers are not asked for. */
int bpf_program_info(int fd, struct bpf_prog_info *ret);

/* The same by id, without leaving a descriptor open. -ENOENT: gone. */
int bpf_program_info_by_id(uint32_t id, struct bpf_prog_info *ret);

/* Ids of the maps that a program uses; at most @max. Return: how many, or -errno. */
int bpf_program_map_ids(int fd, uint32_t *ids, size_t max);

int bpf_map_info(int fd, struct bpf_map_info *ret);

/* Bytes of kernel memory that a program or map takes, from /proc/self/fdinfo; 0: unknown. */
uint64_t bpf_memlock(int fd);

/* Let the program hold a map that its instructions do not use (5.10; -EINVAL below). */
int bpf_program_bind_map(int program_fd, int map_fd);

/**
 * struct bpf_program_spec - a program that we load ourselves; 0 and NULL: not used.
 * @name: at most 15 characters. @log, @log_size: where the verifier writes; @log_level: 0 is 1 with
 * a log, BPF_LOG_STATS is 4.
 * @btf_fd, @func_info (8 bytes each), @line_info (16 bytes each): @btf_fd 0 is none.
 * @fd_array: BTF descriptors of modules by .off of their calls (5.14).
 * @attach_program_fd, @attach_btf_id: what a program of type EXT replaces (5.6).
 */
struct bpf_program_spec {
	uint32_t type;
	uint32_t expected_attach_type;
	const struct bpf_insn *insns;
	uint32_t n_insns;
	const char *license;
	const char *name;
	char *log;
	uint32_t log_size, log_level;
	uint32_t flags;
	int btf_fd;
	const void *func_info, *line_info;
	uint32_t n_func_info, n_line_info;
	const int *fd_array;
	int attach_program_fd;
	uint32_t attach_btf_id;
};

int bpf_program_load(const struct bpf_program_spec *spec);
int bpf_btf_load(const void *data, size_t len, char *log, size_t log_size);

/* Run a program once on a packet (BPF_PROG_TEST_RUN). */
struct bpf_test {
	const void *in;
	uint32_t in_len;
	void *out; /* room for .out_len bytes; filled and set */
	uint32_t out_len;
	uint32_t repeat;
	uint32_t verdict, duration_ns; /* of one run, filled */
};
int bpf_program_test(int fd, struct bpf_test *test);

struct bpf_map_spec {
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
	const char *name;
};

int bpf_map_make(const struct bpf_map_spec *spec);

/* One entry; the sizes are the map's (per-CPU: see kernel/map.h). -ENOENT: no such key. */
int bpf_map_lookup(int fd, const void *key, void *value);
int bpf_map_put(int fd, const void *key, const void *value, uint64_t flags);
int bpf_map_delete(int fd, const void *key);

/* The key behind @key; NULL: the first. -ENOENT behind the last. */
int bpf_map_next_key(int fd, const void *key, void *ret_key);
