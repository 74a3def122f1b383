/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the system call bpf(2) for objects of any type; links and perf events are apart. */
#include "kernel/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"

/* The part of union bpf_attr that a command uses ends with @member. */
#define ATTR_SIZE(member)                                                                          \
	(offsetof(union bpf_attr, member) + sizeof(((union bpf_attr *)NULL)->member))

int bpf_command(unsigned int command, const void *attr, size_t size)
{
	long r;

	/* program loads give up with EAGAIN when a signal is pending */
	for (int i = 0; i < 5; i++) {
		r = syscall(SYS_bpf, command, attr, size);
		if (r >= 0 || errno != EAGAIN)
			break;
	}
	return r < 0 ? -errno : (int)r;
}

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

int bpf_pin(int fd, const char *path, struct reason *why)
{
	union bpf_attr attr = {.pathname = pointer(path), .bpf_fd = (uint32_t)fd};
	int r = bpf_command(BPF_OBJ_PIN, &attr, ATTR_SIZE(file_flags));

	if (r == -EPERM)
		return fail(why, r, "cannot pin at %s: not on a bpffs, or a '.' in the name", path);
	if (r < 0)
		return fail(why, r, "cannot pin at %s: %s", path, strerror(-r));
	return 0;
}

int bpf_pin_open(const char *path, bool is_read_only, struct reason *why)
{
	union bpf_attr attr = {.pathname = pointer(path),
			       .file_flags = is_read_only ? BPF_F_RDONLY : 0};
	int r = bpf_command(BPF_OBJ_GET, &attr, ATTR_SIZE(file_flags));

	return r < 0 ? fail(why, r, "cannot open pin %s: %s", path, strerror(-r)) : r;
}

static int id_open(enum bpf_object_type type, uint32_t id, uint32_t flags)
{
	static const unsigned int commands[] = {
		[BPF_OBJECT_PROGRAM] = BPF_PROG_GET_FD_BY_ID,
		[BPF_OBJECT_MAP] = BPF_MAP_GET_FD_BY_ID,
		[BPF_OBJECT_LINK] = BPF_LINK_GET_FD_BY_ID,
		[BPF_OBJECT_BTF] = BPF_BTF_GET_FD_BY_ID,
	};
	union bpf_attr attr = {.prog_id = id, .open_flags = flags};

	_Static_assert(array_size(commands) == _BPF_OBJECT_TYPE_MAX, "a command for each type");
	return bpf_command(commands[type], &attr, ATTR_SIZE(open_flags));
}

int bpf_id_open(enum bpf_object_type type, uint32_t id)
{
	return id_open(type, id, 0);
}

int bpf_map_id_open_read_only(uint32_t id)
{
	return id_open(BPF_OBJECT_MAP, id, BPF_F_RDONLY);
}

int bpf_id_next(enum bpf_object_type type, uint32_t id, uint32_t *ret)
{
	static const unsigned int commands[] = {
		[BPF_OBJECT_PROGRAM] = BPF_PROG_GET_NEXT_ID,
		[BPF_OBJECT_MAP] = BPF_MAP_GET_NEXT_ID,
		[BPF_OBJECT_LINK] = BPF_LINK_GET_NEXT_ID,
		[BPF_OBJECT_BTF] = BPF_BTF_GET_NEXT_ID,
	};
	union bpf_attr attr = {.start_id = id};
	int r;

	_Static_assert(array_size(commands) == _BPF_OBJECT_TYPE_MAX, "a command for each type");
	r = bpf_command(commands[type], &attr, ATTR_SIZE(open_flags));
	if (r < 0)
		return r;
	*ret = attr.next_id;
	return 0;
}

int bpf_info(int fd, void *info, size_t size)
{
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)fd,
					.info_len = (uint32_t)size,
					.info = pointer(info)}};

	return bpf_command(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_SIZE(info));
}

int bpf_program_info(int fd, struct bpf_prog_info *ret)
{
	struct bpf_prog_info info = {0};
	int r = bpf_info(fd, &info, sizeof(info));

	if (r < 0)
		return r;
	*ret = info;
	return 0;
}

int bpf_program_info_by_id(uint32_t id, struct bpf_prog_info *ret)
{
	int fd _close_ = bpf_id_open(BPF_OBJECT_PROGRAM, id);

	return fd < 0 ? fd : bpf_program_info(fd, ret);
}

int bpf_program_map_ids(int fd, uint32_t *ids, size_t max)
{
	struct bpf_prog_info info = {.nr_map_ids = (uint32_t)max, .map_ids = pointer(ids)};
	int r = bpf_info(fd, &info, sizeof(info));

	if (r < 0)
		return r;
	return (int)(info.nr_map_ids < max ? info.nr_map_ids : max);
}

int bpf_map_info(int fd, struct bpf_map_info *ret)
{
	struct bpf_map_info info = {0};
	int r = bpf_info(fd, &info, sizeof(info));

	if (r < 0)
		return r;
	*ret = info;
	return 0;
}

uint64_t bpf_memlock(int fd)
{
	char path[64], text[1024];
	_close_ int info = -1;
	const char *line;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	n = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
	if (n < 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, "\nmemlock:");
	return line ? strtoull(line + strlen("\nmemlock:"), NULL, 10) : 0;
}

int bpf_program_bind_map(int program_fd, int map_fd)
{
	union bpf_attr attr = {
		.prog_bind_map = {.prog_fd = (uint32_t)program_fd, .map_fd = (uint32_t)map_fd}};

	return bpf_command(BPF_PROG_BIND_MAP, &attr, ATTR_SIZE(prog_bind_map));
}

int bpf_program_load(const struct bpf_program_spec *spec)
{
	union bpf_attr attr = {
		.prog_type = spec->type,
		.insn_cnt = spec->n_insns,
		.insns = pointer(spec->insns),
		.license = pointer(spec->license),
		.log_level = spec->log_level ? spec->log_level : (spec->log ? 1 : 0),
		.log_size = spec->log_size,
		.log_buf = pointer(spec->log),
		.prog_flags = spec->flags,
		.expected_attach_type = spec->expected_attach_type,
		.prog_btf_fd = (uint32_t)spec->btf_fd,
		.func_info_rec_size = spec->n_func_info ? sizeof(struct bpf_func_info) : 0,
		.func_info = pointer(spec->func_info),
		.func_info_cnt = spec->n_func_info,
		.line_info_rec_size = spec->n_line_info ? sizeof(struct bpf_line_info) : 0,
		.line_info = pointer(spec->line_info),
		.line_info_cnt = spec->n_line_info,
		.attach_btf_id = spec->attach_btf_id,
		.attach_prog_fd = (uint32_t)spec->attach_program_fd,
		.fd_array = pointer(spec->fd_array),
	};

	if (spec->name)
		snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", spec->name);
	return bpf_command(BPF_PROG_LOAD, &attr,
			   spec->fd_array ? ATTR_SIZE(fd_array) : ATTR_SIZE(attach_prog_fd));
}

int bpf_btf_load(const void *data, size_t len, char *log, size_t log_size)
{
	union bpf_attr attr = {.btf = pointer(data),
			       .btf_size = (uint32_t)len,
			       .btf_log_buf = pointer(log),
			       .btf_log_size = (uint32_t)log_size,
			       .btf_log_level = log ? 1 : 0};

	return bpf_command(BPF_BTF_LOAD, &attr, ATTR_SIZE(btf_log_level));
}

int bpf_program_test(int fd, struct bpf_test *test)
{
	union bpf_attr attr = {.test = {.prog_fd = (uint32_t)fd,
					.data_size_in = test->in_len,
					.data_size_out = test->out_len,
					.data_in = pointer(test->in),
					.data_out = pointer(test->out),
					.repeat = test->repeat}};
	int r = bpf_command(BPF_PROG_TEST_RUN, &attr, ATTR_SIZE(test.duration));

	if (r < 0)
		return r;
	test->out_len = attr.test.data_size_out;
	test->verdict = attr.test.retval;
	test->duration_ns = attr.test.duration;
	return 0;
}

int bpf_map_make(const struct bpf_map_spec *spec)
{
	union bpf_attr attr = {
		.map_type = spec->type,
		.key_size = spec->key_size,
		.value_size = spec->value_size,
		.max_entries = spec->max_entries,
		.map_flags = spec->flags,
	};

	if (spec->name)
		snprintf(attr.map_name, sizeof(attr.map_name), "%s", spec->name);
	return bpf_command(BPF_MAP_CREATE, &attr, ATTR_SIZE(map_name));
}

int bpf_map_lookup(int fd, const void *key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd, .key = pointer(key), .value = pointer(value)};

	return bpf_command(BPF_MAP_LOOKUP_ELEM, &attr, ATTR_SIZE(flags));
}

int bpf_map_put(int fd, const void *key, const void *value, uint64_t flags)
{
	union bpf_attr attr = {.map_fd = (uint32_t)fd,
			       .key = pointer(key),
			       .value = pointer(value),
			       .flags = flags};

	return bpf_command(BPF_MAP_UPDATE_ELEM, &attr, ATTR_SIZE(flags));
}

int bpf_map_delete(int fd, const void *key)
{
	union bpf_attr attr = {.map_fd = (uint32_t)fd, .key = pointer(key)};

	return bpf_command(BPF_MAP_DELETE_ELEM, &attr, ATTR_SIZE(value));
}

int bpf_map_next_key(int fd, const void *key, void *ret_key)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd, .key = pointer(key), .next_key = pointer(ret_key)};

	return bpf_command(BPF_MAP_GET_NEXT_KEY, &attr, ATTR_SIZE(next_key));
}
