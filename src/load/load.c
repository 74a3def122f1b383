/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of a load. Everything it allocates belongs to a process that ends with it. */
#include "load/load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/tail.h"
#include "portability/btf_archive.h"
#include "load/capture.h"
#include "load/prepare.h"
#include "load/refuse.h"
#include "look/said.h"
#include "look/sections.h"
#include "look/variable.h"
#include "model/object.h"
#include "verifier/verified.h"

/* The kernel's own bound is larger; untouched pages cost nothing. */
#define LOG_BUF_SIZE (16u << 20)
#define LOG_KEPT     (1u << 20)

/* Each instruction with what the verifier knows there. */
#define LOG_LEVEL_WORDS 1

struct source {
	const void *data;
	size_t len;
	char license[SECTIONS_LICENSE_SIZE];
};

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static void unmap(struct source *s)
{
	if (s->data)
		munmap((void *)(uintptr_t)s->data, s->len);
}

static void *map_memory(size_t len, int prot, int flags, int fd)
{
	void *p = mmap(NULL, len, prot, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int open_source(int fd, struct source *s, struct reason *why)
{
	struct stat st;

	if (fd_is_sealed(fd) != 1 || fstat(fd, &st) < 0)
		return fail(why, -EINVAL, "the object is not in sealed memory");
	if (st.st_size <= 0 || st.st_size > OBJECT_SIZE_MAX)
		return fail(why, -EFBIG, "the object is empty or too large");
	s->len = (size_t)st.st_size;
	/* libelf may write to what it is given. */
	s->data = map_memory(s->len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	if (!s->data)
		return fail(why, -errno, "cannot map the object");
	return sections_check(s->data, s->len, why);
}

/* BTF that came along for a kernel without its own (image/dialect/gadget.c): libbpf wants a path.
 * The descriptor stays open, it is read at the load. Return: 1, or 0 when there is none to use. */
static int find_btf(const struct source *s, char ret[static 64])
{
	char name[TAIL_NAME_MAX + 1];
	struct utsname u;
	const void *btf;
	size_t len;
	int fd;

	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0 || uname(&u) < 0)
		return 0;
	snprintf(name, sizeof(name), BTF_TAIL "%s", u.release);
	btf = tail_find(s->data, s->len, name, &len);
	fd = btf ? fd_memfd_sealed("btf", btf, len) : -1;
	if (fd < 0)
		return 0;
	snprintf(ret, 64, "/proc/self/fd/%d", fd);
	return 1;
}

static int open_object(const struct source *s, struct bpf_object **ret, struct reason *why)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = VARIABLE_OBJECT_NAME);
	char said[256], btf[64];

	if (find_btf(s, btf) == 1)
		opts.btf_custom_path = btf;

	*ret = bpf_object__open_mem(s->data, s->len, &opts);
	if (*ret)
		return 0;
	said_last(said, sizeof(said));
	return fail(why, errno == ENOMEM ? -ENOMEM : -ENOEXEC, "libbpf cannot read the object: %s",
		    *said ? said : strerror(errno));
}

/* Sections that the request leaves out are read from the object. @ret: strings borrowed from *obj
 * and the request. */
static int find_sections(const struct source *s, const struct load_request *request,
			 struct bpf_object **obj, const char **ret, struct reason *why)
{
	int r;

	for (size_t i = 0; i < request->n_programs; i++) {
		const struct load_program *p = &request->programs[i];
		const struct bpf_program *prog;

		ret[i] = p->section;
		if (p->section && *p->section)
			continue;
		if (!*obj && (r = open_object(s, obj, why)) < 0)
			return r;
		prog = bpf_object__find_program_by_name(*obj, p->function);
		if (!prog)
			return fail(why, -ENOENT, "no program %s in the object", p->function);
		ret[i] = bpf_program__section_name(prog);
	}
	return 0;
}

static int register_sections(struct capture *c, const struct source *s, struct reason *why)
{
	_cleanup_(close_object) struct bpf_object *first = NULL;
	const char *sections[OBJECT_PROGRAMS_MAX];
	int r;

	if (c->request->n_programs == 0 || c->request->n_programs > OBJECT_PROGRAMS_MAX)
		return fail(why, -EINVAL, "no program to load is named");
	r = find_sections(s, c->request, &first, sections, why);
	if (r < 0)
		return r;
	r = capture_register(c, sections);
	return r < 0 ? fail(why, r, "cannot watch libbpf load: %s", strerror(-r)) : 0;
}

static int set_logs(struct capture *c, struct bpf_object *obj, uint32_t level, struct reason *why)
{
	struct bpf_program *prog;

	c->log_buf = map_memory(LOG_BUF_SIZE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (!c->log_buf)
		return fail(why, -ENOMEM, "out of memory");
	bpf_object__for_each_program(prog, obj)
	{
		bpf_program__set_log_buf(prog, c->log_buf, LOG_BUF_SIZE);
		bpf_program__set_log_level(prog, level);
	}
	return 0;
}

static int take_programs(struct bpf_object *obj, struct capture *c, struct load_result *result)
{
	const struct load_request *request = c->request;

	result->programs = calloc(request->n_programs, sizeof(*result->programs));
	if (!result->programs)
		return -ENOMEM;
	for (size_t i = 0; i < request->n_programs; i++) {
		const struct bpf_program *prog =
			bpf_object__find_program_by_name(obj, request->programs[i].function);

		if (!c->programs[i].is_taken)
			return -ENOTSUP;
		result->programs[i].fd = fcntl(bpf_program__fd(prog), F_DUPFD_CLOEXEC, 3);
		result->programs[i].instructions = c->programs[i].instructions;
		c->programs[i].instructions = (struct instructions){0};
		result->n_programs++;
		if (result->programs[i].fd < 0)
			return -errno;
	}
	return 0;
}

static int take_maps(struct bpf_object *obj, struct load_result *result)
{
	struct bpf_map *map;
	size_t n = 0;

	bpf_object__for_each_map(map, obj) n++;
	if (n > OBJECT_MAPS_MAX)
		return -E2BIG;
	result->maps = calloc(n + 1, sizeof(*result->maps));
	if (!result->maps)
		return -ENOMEM;
	bpf_object__for_each_map(map, obj)
	{
		struct loaded_map *m = &result->maps[result->n_maps++];

		m->fd = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
		m->name = strdup(variable_map_name(map));
		if (m->fd < 0 || !m->name)
			return -errno;
	}
	return 0;
}

/* The bytes that the kernel took: libbpf leaves out what an old kernel does not know. */
static int take_btf(struct bpf_object *obj, struct load_result *result)
{
	struct bpf_btf_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_object__btf_fd(obj);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	result->btf = malloc(info.btf_size);
	if (!result->btf)
		return -ENOMEM;
	info = (struct bpf_btf_info){.btf = (uintptr_t)result->btf, .btf_size = info.btf_size};
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	result->btf_len = info.btf_size;
	result->btf_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return result->btf_fd < 0 ? -errno : 0;
}

static int take_all(struct bpf_object *obj, struct capture *c, struct load_result *ret,
		    struct reason *why)
{
	_cleanup_(load_result_done) struct load_result result = {.btf_fd = -1};
	int r = capture_finish(c);

	if (r == 0)
		r = take_programs(obj, c, &result);
	if (r == 0)
		r = take_maps(obj, &result);
	if (r == 0)
		r = take_btf(obj, &result);
	if (r == 0 && c->request->want_log) {
		if (c->log.len > LOG_KEPT)
			c->log.data[LOG_KEPT] = '\0';
		result.log = c->log.data ? strdup(c->log.data) : NULL;
	}
	if (r < 0)
		return fail(why, r, "cannot take what was loaded: %s", strerror(-r));
	*ret = result;
	result = (struct load_result){.btf_fd = -1};
	return 0;
}

/* Return: what bpf_object__load() says, or the code of a failure with words. */
static int load_object(struct bpf_object *obj, struct capture *c, uint32_t level,
		       struct reason *why)
{
	int r = prepare_programs(obj, c->request, why);

	if (r == 0)
		r = prepare_maps(obj, c->request, why);
	if (r == 0)
		r = set_logs(c, obj, level, why);
	if (r < 0)
		return r;
	c->object = obj;
	return bpf_object__load(obj);
}

/* The counts alone cost next to nothing, but a refusal needs all words: the object is loaded once
 * more for them, and may even be taken then. */
static int load_twice(const struct source *source, struct capture *c, struct bpf_object **obj,
		      struct reason *why)
{
	uint32_t level = VERIFIED_LOG_LEVEL | (c->request->want_log ? LOG_LEVEL_WORDS : 0);
	int r = load_object(*obj, c, level, why);

	if (r < 0 && !why->code && c->r == 0 && c->current >= 0 && !c->request->want_log) {
		munmap(c->log_buf, LOG_BUF_SIZE);
		capture_reset(c);
		close_object(obj);
		r = open_object(source, obj, why);
		if (r == 0)
			r = load_object(*obj, c, level | LOG_LEVEL_WORDS, why);
	}
	return r < 0 && !why->code ? refuse_load(*obj, c, r, why) : r;
}

int load_run(const struct load_request *request, struct load_result *ret, struct reason *why)
{
	_cleanup_(close_object) struct bpf_object *obj = NULL;
	_cleanup_(capture_done) struct capture c = {.request = request, .current = -1};
	_cleanup_(unmap) struct source source = {0};
	int r = open_source(request->object_fd, &source, why);

	if (r < 0)
		return r;
	sections_license(source.data, source.license);
	c.license = source.license;
	r = register_sections(&c, &source, why);
	if (r == 0)
		r = open_object(&source, &obj, why);
	if (r == 0)
		r = load_twice(&source, &c, &obj, why);
	return r < 0 ? r : take_all(obj, &c, ret, why);
}
