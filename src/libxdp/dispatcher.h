/* SPDX-License-Identifier: Apache-2.0 */
/* The program that calls the others: its instructions, BTF and configuration map. */
#pragma once

#include <linux/bpf.h>

#include "base/text.h"
#include "libxdp/config.h"

struct bpf_program_spec;
struct reason;

#define DISPATCHER_INSNS_MAX (5 + 11 * CONFIG_SLOTS)
#define DISPATCHER_MAP_INSN  1 /* its immediate becomes the map's descriptor */

/**
 * struct dispatcher_code - a dispatcher before it is loaded.
 * @functions: func_info of main and the slots. @slots: BTF ids of the functions to be replaced.
 */
struct dispatcher_code {
	struct bpf_insn insns[DISPATCHER_INSNS_MAX];
	uint32_t n_insns;
	struct bpf_func_info functions[1 + CONFIG_SLOTS];
	uint32_t slots[CONFIG_SLOTS];
	struct text btf;
};

void dispatcher_code_done(struct dispatcher_code *code);

/* Pure. @config: 1 to CONFIG_SLOTS programs. Return: 0 or -ENOMEM. */
int dispatcher_write(const struct libxdp_config *config, struct dispatcher_code *ret);

/* A loaded dispatcher, attached to nothing. */
struct dispatcher {
	int fd;
	uint32_t id;
	uint32_t slots[CONFIG_SLOTS];
};

/* Return: 0 or -errno of bpf(2). */
int dispatcher_load(const struct libxdp_config *config, struct dispatcher *ret, struct reason *why);

/* Load any program; once more with a log when refused, for the detail of @why. @what: "member x".
 */
int dispatcher_program_load(struct bpf_program_spec *spec, const char *what, struct reason *why);
