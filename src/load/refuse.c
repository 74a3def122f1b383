/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the sorting of failed loads; the verifier's words are verifier/explain.c's. */
#include "load/refuse.h"

#include <bpf/libbpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "load/capture.h"
#include "verifier/explain.h"
#include "verifier/minimum.h"
#include "load/prepare.h"
#include "look/said.h"
#include "look/variable.h"
#include "model/object.h"

/* The record of the source line an instruction comes from: the last one that begins before it. */
static const struct bpf_line_info *find_line(const struct instructions *in, uint32_t insn)
{
	const struct bpf_line_info *found = NULL;

	for (uint32_t i = 0; i < in->n_line_info; i++) {
		const struct bpf_line_info *line =
			(const void *)((const char *)in->line_info +
				       (size_t)i * in->line_info_rec_size);

		if (line->insn_off <= insn)
			found = line;
	}
	return found;
}

static void add_place(const struct bpf_object *obj, const struct capture *c, struct reason *why)
{
	const struct instructions *in = &c->programs[c->current].instructions;
	const struct bpf_line_info *line;
	const char *path;
	uint32_t insn;

	if (!bpf_object__btf(obj) || explain_insn(c->log_buf, &insn) < 0 ||
	    !(line = find_line(in, insn)))
		return;
	path = btf__str_by_offset(bpf_object__btf(obj), line->file_name_off);
	if (path)
		explain_add_place(why, path, BPF_LINE_INFO_LINE_NUM(line->line_col));
}

/* A kernel without callbacks stumbles over them before it sees the helper that wants one. */
static const struct minimum *find_missing_helper(const struct capture *c, uint32_t kernel)
{
	const struct instructions *in = &c->programs[c->current].instructions;
	const struct bpf_insn *insns = in->insns;

	if (!strstr(c->log_buf, "number of funcs in func_info"))
		return NULL;
	for (uint32_t i = 0; i < in->n_insns; i++) {
		const struct minimum *helper = NULL;

		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == 0)
			helper = minimum_helper((uint32_t)insns[i].imm);
		if (minimum_is_missing(helper, kernel))
			return helper;
	}
	return NULL;
}

static int refuse_program(const struct bpf_object *obj, const struct capture *c, int code,
			  struct reason *why)
{
	const struct load_program *p = &c->request->programs[c->current];
	const struct minimum *type = minimum_program(p->program_type);
	uint32_t kernel = minimum_running();
	const struct minimum *missing;
	char subject[OBJECT_NAME_MAX + 16];

	if (!*c->log_buf && minimum_is_missing(type, kernel))
		return fail(why, -EOPNOTSUPP,
			    "program %s: type %s needs kernel %u.%u (this is %u.%u)", p->function,
			    type->name, type->major, type->minor, kernel >> 16, kernel >> 8 & 0xff);
	missing = find_missing_helper(c, kernel);
	if (missing)
		return fail(why, -EOPNOTSUPP,
			    "program %s: helper %s needs kernel %u.%u (this is %u.%u)", p->function,
			    missing->name, missing->major, missing->minor, kernel >> 16,
			    kernel >> 8 & 0xff);
	snprintf(subject, sizeof(subject), "program %s", p->function);
	code = explain_verifier(subject, code, c->log_buf, kernel, why);
	add_place(obj, c, why);
	return code;
}

static void hint_map(const struct bpf_map *map, int code, struct reason *why)
{
	if (code == -ENOMEM)
		reason_hint(why, "fewer entries; or the memory limit of the service is too low");
	else if (code == -EPERM)
		reason_hint(why,
			    "the kernel denies it: capabilities, RLIMIT_MEMLOCK before 5.11, LSM");
	else if (code == -EINVAL)
		reason_hint(why,
			    "does the type take keys of %u and values of %u bytes? Ring buffers "
			    "need a power of two that is a multiple of the page size",
			    bpf_map__key_size(map), bpf_map__value_size(map));
}

static int refuse_map(const struct bpf_map *map, int code, struct reason *why)
{
	const struct minimum *type = minimum_map(bpf_map__type(map));
	const char *name = variable_map_name(map);
	uint32_t kernel = minimum_running();

	if (minimum_is_missing(type, kernel))
		return fail(why, -EOPNOTSUPP, "map %s: type %s needs kernel %u.%u (this is %u.%u)",
			    name, type->name, type->major, type->minor, kernel >> 16,
			    kernel >> 8 & 0xff);
	hint_map(map, code, why);
	return fail(why, code, "map %s (type %s, %u entries) cannot be created: %s", name,
		    type ? type->name : "unknown", bpf_map__max_entries(map), strerror(-code));
}

/* libbpf closes everything when it fails; what it said last still names the map. */
static const struct bpf_map *find_failed_map(const struct bpf_object *obj, const char *said)
{
	_free_ char *name = NULL;
	const char *end;

	if (strncmp(said, "map '", 5) != 0 || !(end = strchr(said + 5, '\'')) ||
	    !strstr(end, "failed to create"))
		return NULL;
	name = strndup(said + 5, (size_t)(end - said - 5));
	if (!name)
		return NULL;
	return bpf_object__find_map_by_name(obj, name);
}

/* A map on a device needs CAP_SYS_ADMIN, which bpfd-load does not have. */
static int refuse_offload(int code, struct reason *why)
{
	reason_hint(why,
		    "attach in mode native or skb; only few devices take programs, and objects "
		    "with maps are not offloaded here");
	return fail(why, -EOPNOTSUPP, "the device does not take the object: %s", strerror(-code));
}

int refuse_load(const struct bpf_object *obj, const struct capture *c, int code, struct reason *why)
{
	const struct bpf_map *map;
	char said[256];

	if (c->r < 0)
		return fail(why, c->r, "cannot take the instructions of a program: %s",
			    strerror(-c->r));
	if (c->request->ifindex > 0 && !(c->log_buf && *c->log_buf))
		return refuse_offload(code, why);
	if (c->current >= 0)
		return refuse_program(obj, c, code, why);
	said_last(said, sizeof(said));
	map = find_failed_map(obj, said);
	if (map)
		return refuse_map(map, code, why);
	if (strstr(said, "BTF") && strstr(said, "kernel"))
		reason_hint(why, "the object needs a kernel with CONFIG_DEBUG_INFO_BTF");
	return fail(why, code == -ENOMEM || code == -EPERM ? code : -ENOEXEC,
		    "libbpf cannot load the object: %s", *said ? said : strerror(-code));
}
