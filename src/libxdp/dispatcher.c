/* SPDX-License-Identifier: Apache-2.0 */
/* Owns our own dispatcher. What libxdp and others look at is its name, its single map and the names
 * of its functions; all else is ours. */
#include "libxdp/dispatcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/map.h"
#include "libxdp/btf.h"

#define NAME	 "xdp_dispatcher"
#define LICENSE	 "Dual BSD/GPL"
#define LOG_SIZE (1u << 20)

/* What the slots' functions return until they are replaced. */
#define RETURNED 31

#define MAIN_INSNS 5 /* without its calls */
#define CALL_INSNS 7
#define SLOT_INSNS 4

_Static_assert(MAIN_INSNS + (CALL_INSNS + SLOT_INSNS) * CONFIG_SLOTS == DISPATCHER_INSNS_MAX,
	       "room for all");

void dispatcher_code_done(struct dispatcher_code *code)
{
	text_done(&code->btf);
}

static void add(struct dispatcher_code *code, struct bpf_insn insn)
{
	code->insns[code->n_insns++] = insn;
}

#define INSN(...)      ((struct bpf_insn){__VA_ARGS__})
#define MOVE(dst, src) INSN(.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (dst), .src_reg = (src))
#define NUMBER(dst, n) INSN(.code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = (dst), .imm = (n))

/* How far main's end is from instruction @offset of the call of @slot. */
static int16_t until_end(const struct libxdp_config *config, size_t slot, size_t offset)
{
	return (int16_t)((config->n - slot) * CALL_INSNS - offset);
}

/* Call function @slot; go on when its verdict is in the mask, else return it. */
static void add_call(struct dispatcher_code *code, const struct libxdp_config *config, size_t slot)
{
	int32_t mask = (int32_t)(config->slots[slot].actions | CONFIG_RETURNED);
	int32_t target = (int32_t)(MAIN_INSNS + CALL_INSNS * config->n + SLOT_INSNS * slot);

	add(code, MOVE(BPF_REG_1, BPF_REG_6));
	add(code, INSN(.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL,
		       .imm = target - (int32_t)code->n_insns - 1));
	add(code, INSN(.code = BPF_JMP32 | BPF_JGT | BPF_K, .dst_reg = BPF_REG_0,
		       .off = until_end(config, slot, 2), .imm = RETURNED));
	add(code, NUMBER(BPF_REG_1, 1));
	add(code,
	    INSN(.code = BPF_ALU | BPF_LSH | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0));
	add(code, INSN(.code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = BPF_REG_1, .imm = mask));
	add(code, INSN(.code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_1,
		       .off = until_end(config, slot, 6)));
}

/* The map is named only so that the program has it. */
static void add_main(struct dispatcher_code *code, const struct libxdp_config *config)
{
	add(code, MOVE(BPF_REG_6, BPF_REG_1));
	add(code, INSN(.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		       .src_reg = BPF_PSEUDO_MAP_FD));
	add(code, INSN(0));
	for (size_t i = 0; i < config->n; i++)
		add_call(code, config, i);
	add(code, NUMBER(BPF_REG_0, XDP_PASS));
	add(code, INSN(.code = BPF_JMP | BPF_EXIT));
}

/* From 6.13 (and in stable kernels) only a function that may change the packet can be replaced by a
 * program that does. The call changes nothing and never runs. */
static void add_slot(struct dispatcher_code *code)
{
	add(code, NUMBER(BPF_REG_2, 0));
	add(code, INSN(.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_xdp_adjust_tail));
	add(code, NUMBER(BPF_REG_0, RETURNED));
	add(code, INSN(.code = BPF_JMP | BPF_EXIT));
}

static int write_btf(struct dispatcher_code *code, size_t n)
{
	_cleanup_(btf_done) struct btf_writer w;
	uint32_t prototype;

	btf_begin(&w);
	prototype = btf_add_prototype(&w);
	code->functions[0].type_id = btf_add_function(&w, NAME, prototype, true);
	for (size_t i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "prog%zu", i);
		code->slots[i] = btf_add_function(&w, name, prototype, true);
		code->functions[1 + i].type_id = code->slots[i];
	}
	return btf_finish(&w, &code->btf);
}

int dispatcher_write(const struct libxdp_config *config, struct dispatcher_code *ret)
{
	_cleanup_(dispatcher_code_done) struct dispatcher_code code = {0};
	int r;

	add_main(&code, config);
	for (size_t i = 0; i < config->n; i++) {
		code.functions[1 + i].insn_off = code.n_insns;
		add_slot(&code);
	}
	r = write_btf(&code, config->n);
	if (r < 0)
		return r;
	*ret = code;
	code.btf = (struct text){0};
	return 0;
}

static int make_map(const struct libxdp_config *config, struct reason *why)
{
	const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_ARRAY,
					  .key_size = 4,
					  .value_size = CONFIG_SIZE,
					  .max_entries = 1,
					  .flags = BPF_F_RDONLY_PROG,
					  .name = "xdp_disp.rodata"};
	unsigned char value[CONFIG_SIZE];
	int fd _close_ = bpf_map_make(&spec);
	uint32_t key = 0;
	int r = fd;

	config_encode(config, value);
	if (r >= 0)
		r = bpf_map_put(fd, &key, value, 0);
	if (r >= 0)
		r = map_freeze(fd);
	if (r < 0)
		return fail(why, r, "cannot make the dispatcher's map: %s", strerror(-r));
	return take_fd(&fd);
}

/* The line of the verifier's log that says why; cut into it. NULL: there is none. */
static const char *find_cause(char *log)
{
	char *end = strstr(log, "processed ");
	char *line;

	if (end)
		*end = '\0';
	for (end = log + strlen(log); end > log && end[-1] == '\n'; end--)
		end[-1] = '\0';
	line = strrchr(log, '\n');
	line = line ? line + 1 : log;
	return *line ? line : NULL;
}

static int refuse_program(int code, const char *log, const char *what, struct reason *why)
{
	char *copy _free_ = log ? strdup(log) : NULL;
	const char *cause = copy ? find_cause(copy) : NULL;

	return fail(why, code, "the kernel refuses %s: %s", what, cause ? cause : strerror(-code));
}

int dispatcher_program_load(struct bpf_program_spec *spec, const char *what, struct reason *why)
{
	int fd = bpf_program_load(spec);
	char *log _free_ = fd < 0 ? calloc(1, LOG_SIZE) : NULL;

	if (log) {
		spec->log = log;
		spec->log_size = LOG_SIZE;
		fd = bpf_program_load(spec);
		spec->log = NULL;
		spec->log_size = 0;
	}
	if (fd >= 0)
		return fd;
	refuse_program(fd, log, what, why);
	if (why && log && *log)
		reason_detail_adopt(why, take_ptr(log));
	return fd;
}

/* Everything but the map's descriptor is written. */
static int load_code(struct dispatcher_code *code, bool has_frags, struct reason *why)
{
	struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_XDP,
					.expected_attach_type = BPF_XDP,
					.insns = code->insns,
					.n_insns = code->n_insns,
					.license = LICENSE,
					.name = NAME,
					.flags = has_frags ? CONFIG_FRAGS : 0,
					.func_info = code->functions};
	int btf _close_ = bpf_btf_load(code->btf.data, code->btf.len, NULL, 0);

	if (btf < 0)
		return fail(why, btf, "the kernel refuses the dispatcher's BTF: %s",
			    strerror(-btf));
	spec.btf_fd = btf;
	while (spec.n_func_info < array_size(code->functions) &&
	       code->functions[spec.n_func_info].type_id)
		spec.n_func_info++;
	return dispatcher_program_load(&spec, "the dispatcher", why);
}

int dispatcher_load(const struct libxdp_config *config, struct dispatcher *ret, struct reason *why)
{
	_cleanup_(dispatcher_code_done) struct dispatcher_code code = {0};
	int map _close_ = make_map(config, why);
	struct bpf_prog_info info;
	int fd _close_ = -1;
	int r;

	if (map < 0)
		return map;
	r = dispatcher_write(config, &code);
	if (r < 0)
		return r;
	code.insns[DISPATCHER_MAP_INSN].imm = map;
	fd = load_code(&code, config->has_frags, why);
	r = fd < 0 ? fd : bpf_program_info(fd, &info);
	if (r < 0)
		return r;
	memcpy(ret->slots, code.slots, sizeof(ret->slots));
	ret->id = info.id;
	ret->fd = take_fd(&fd);
	return 0;
}
