/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is said of an object. libbpf reads it here, with the caller's rights: nothing is
 * loaded.
 */
#include "inspect/object.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "cli/output/output.h"
#include "image/bpf_elf.h"
#include "image/source.h"
#include "inspect/relocations.h"
#include "look/describe.h"
#include "look/variable.h"
#include "model/image_labels.h"
#include "sandbox/sandbox.h"

#define VALUE_BYTES_MAX 32

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

/* What the label says, where the section says nothing. */
static const char *kind_of(const struct object_program *p, const struct image_labels *labels)
{
	if (p->kind != HOOK_KIND_UNKNOWN)
		return hook_kind_info(p->kind)->name;
	for (size_t i = 0; i < labels->n_programs; i++)
		if (strcmp(labels->programs[i].entry, p->function) == 0 ||
		    strcmp(labels->programs[i].entry, p->section) == 0)
			return labels->programs[i].type;
	return "";
}

static void show_programs(struct output *out, const struct object *o,
			  const struct image_labels *labels)
{
	output_list(out, "programs");
	for (size_t i = 0; i < o->n_programs; i++) {
		const struct object_program *p = &o->programs[i];

		output_record(out, "program", p->function);
		output_text(out, "function", "FUNCTION", p->function);
		output_text(out, "kind", "KIND", kind_of(p, labels));
		output_text(out, "target", "TARGET", p->target);
		output_text(out, "section", "SECTION", p->section);
		output_number(out, "instructions", "INSTRUCTIONS", p->n_insns);
		output_record_end(out);
	}
	output_list_end(out);
}

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static bool is_percpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* What it will take when it is full, as the kernel lays it out: about. */
static uint64_t memory_of(const struct object_map *m, uint64_t cpus)
{
	uint64_t value = round_up(m->value_size, 8) * (is_percpu(m->type) ? cpus : 1);

	switch (m->type) {
	case BPF_MAP_TYPE_RINGBUF:
		return m->max_entries;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		/* An element has a head of 48 bytes; buckets are a power of two. */
		return m->max_entries * (48 + round_up(m->key_size, 8) + value + 16);
	default:
		return m->max_entries * value;
	}
}

static void show_maps(struct output *out, const struct object *o, uint64_t cpus)
{
	output_list(out, "maps");
	for (size_t i = 0; i < o->n_maps; i++) {
		const struct object_map *m = &o->maps[i];
		const char *type = libbpf_bpf_map_type_str(m->type);

		output_record(out, "map", m->name);
		output_text(out, "name", "MAP", m->name);
		output_text(out, "type", "TYPE", type ? type : "unknown");
		output_number(out, "key_size", "KEY", m->key_size);
		output_number(out, "value_size", "VALUE", m->value_size);
		output_number(out, "max_entries", "ENTRIES", m->max_entries);
		output_number(out, "memory", "MEMORY", memory_of(m, cpus));
		output_bool(out, "is_internal", NULL, m->is_internal);
		output_record_end(out);
	}
	output_list_end(out);
}

static void add_hex(const unsigned char *data, size_t n, struct text *ret)
{
	text_add(ret, "hex:");
	for (size_t i = 0; i < n && i < VALUE_BYTES_MAX; i++)
		text_add(ret, "%02x", data[i]);
	if (n > VALUE_BYTES_MAX)
		text_add(ret, "...");
}

static uint64_t read_number(const void *data, size_t size, bool is_signed)
{
	uint64_t v = 0;

	memcpy(&v, data, size < sizeof(v) ? size : sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v >>= 8 * (sizeof(v) - size);
#endif
	if (is_signed && size < sizeof(v) && v >> (8 * size - 1))
		v |= ~0ull << (8 * size);
	return v;
}

/* As --global takes it. */
static void add_value(const struct object_global *g, const unsigned char *data, struct text *ret)
{
	bool is_number = g->size == 1 || g->size == 2 || g->size == 4 || g->size == 8;
	char text[256];

	if (g->type == GLOBAL_BOOL)
		text_add(ret, "%s", data[0] ? "true" : "false");
	else if (g->type == GLOBAL_SIGNED && is_number)
		text_add(ret, "%" PRId64, (int64_t)read_number(data, g->size, true));
	else if (g->type == GLOBAL_UNSIGNED && is_number)
		text_add(ret, "%" PRIu64, read_number(data, g->size, false));
	else if (g->type == GLOBAL_STRING && g->size < sizeof(text) &&
		 snprintf(text, sizeof(text), "%.*s", (int)g->size, (const char *)data) >= 0 &&
		 text_is_clean(text, sizeof(text)))
		text_add(ret, "%s", text);
	else
		add_hex(data, g->size, ret);
}

static const unsigned char *initial_value(struct bpf_object *object, const struct object_global *g)
{
	struct bpf_map *map;
	size_t size = 0;

	bpf_object__for_each_map(map, object)
	{
		const char *data;

		if (strcmp(variable_map_name(map), g->map) != 0)
			continue;
		data = bpf_map__initial_value(map, &size);
		return data && g->offset + g->size <= size ? (const unsigned char *)data + g->offset
							   : NULL;
	}
	return NULL;
}

static void show_globals(struct output *out, const struct object *o, struct bpf_object *object)
{
	static const char *const types[_GLOBAL_TYPE_MAX] = {"signed", "unsigned", "bool", "string",
							    "bytes"};

	output_list(out, "globals");
	for (size_t i = 0; i < o->n_globals; i++) {
		const struct object_global *g = &o->globals[i];
		const unsigned char *data = initial_value(object, g);
		_text_ struct text value = {0};

		if (data)
			add_value(g, data, &value);
		output_record(out, "global", g->name);
		output_text(out, "name", "GLOBAL", g->name);
		output_text(out, "type", "TYPE", types[g->type]);
		output_number(out, "size", "SIZE", g->size);
		output_text(out, "default", "DEFAULT", value.data ? value.data : "");
		output_text(out, "map", "+SECTION", g->map);
		output_record_end(out);
	}
	output_list_end(out);
}

static int show_relocations(struct output *out, const struct image_bytes *elf,
			    struct bpf_object *object, struct reason *why)
{
	_cleanup_(relocations_done) struct relocations r = {.n = 0};
	const struct btf *btf = bpf_object__btf(object);
	struct image_section s = {.size = 0};
	int e = 0;

	for (size_t i = 0; image_elf_section(elf->data, elf->len, i, &s); i++)
		if (strcmp(s.name, ".BTF.ext") == 0)
			break;
	if (btf && s.name && strcmp(s.name, ".BTF.ext") == 0)
		e = relocations_read(btf, elf->data + s.offset, s.size, &r, why);

	if (e < 0)
		return e;
	output_number(out, "core_relocations", "CO-RE", r.n);
	output_words(out, "core_types", "KERNEL TYPES");
	for (size_t i = 0; i < r.n_types; i++)
		output_word(out, r.types[i]);
	output_words_end(out);
	return 0;
}

static uint64_t all_memory(const struct object *o, uint64_t cpus)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < o->n_maps; i++)
		sum += memory_of(&o->maps[i], cpus);
	return sum;
}

/* libbpf's own words go nowhere: describe_object() has said what is wrong. */
static int be_quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
	(void)level;
	(void)format;
	(void)ap;
	return 0;
}

/* What describing and printing takes. Nothing that the object makes libbpf do reaches further. */
static const char *const allowed[] = {
	"brk",	       "mmap",		"munmap",	  "mremap",
	"mprotect",    "madvise",	"read",		  "pread64",
	"write",       "writev",	"lseek",	  "fstat",
	"newfstatat",  "close",		"fcntl",	  "ioctl",
	"uname",       "sysinfo",	"getrandom",	  "futex",
	"rseq",	       "rt_sigreturn",	"rt_sigprocmask", "exit",
	"exit_group",  "getpid",	"gettid",	  "getuid",
	"geteuid",     "clock_gettime", "gettimeofday",	  "sched_getaffinity",
	"openat!",     "open!",		"access!",	  "faccessat!",
	"faccessat2!", "readlink!",	"bpf!",		  NULL,
};

static int enter_sandbox(struct reason *why)
{
	struct sock_fprog *filter = NULL;
	int r = sandbox_filter_new(allowed, &filter, why);

	if (r < 0)
		return r;
	sandbox_no_files();
	r = sandbox_filter_install(filter);
	sandbox_filter_free(filter);
	return r < 0 ? fail(why, r, "cannot enter a sandbox: %s", strerror(-r)) : 0;
}

int object_show(const struct image_bytes *elf, const struct image_labels *labels,
		struct output *out, struct reason *why)
{
	const struct bpf_object_open_opts opts = {.sz = sizeof(opts),
						  .object_name = VARIABLE_OBJECT_NAME};
	_cleanup_(close_object) struct bpf_object *object = NULL;
	_cleanup_(object_done) struct object o = {.license = NULL};
	/* It asks /sys, which is closed from here on. */
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
	int r = enter_sandbox(why);

	if (r == 0)
		r = describe_object(elf->data, elf->len, &o, why);
	if (r < 0)
		return r;
	libbpf_set_print(be_quiet);
	object = bpf_object__open_mem(elf->data, elf->len, &opts);
	if (!object)
		return fail(why, -ENOEXEC, "libbpf cannot open the object");
	output_text(out, "license", "LICENSE", o.license ? o.license : "");
	output_bool(out, "has_btf", "BTF", o.has_btf);
	output_number(out, "map_memory", "MAP MEMORY", all_memory(&o, cpus));
	r = show_relocations(out, elf, object, why);
	if (r < 0)
		return r;
	show_programs(out, &o, labels);
	show_maps(out, &o, cpus);
	show_globals(out, &o, object);
	return 0;
}
