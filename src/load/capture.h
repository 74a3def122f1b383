/* SPDX-License-Identifier: Apache-2.0 */
/* Taking what libbpf gives to the kernel for a program: instructions, func_info, line_info, flags.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "load/request.h"

struct bpf_object;
struct reason;

/**
 * struct capture - what is known while bpf_object__load() runs.
 * @programs: parallel to @request's; filled by libbpf's callback.
 * @current:  the program that libbpf loads or loaded last, −1 before the first.
 * @log:      what @log_buf held for the programs before @current.
 */
struct capture {
	const struct load_request *request;
	const char *license;
	struct bpf_object *object;
	struct {
		struct instructions instructions;
		bool is_taken;
	} programs[128];
	int current;
	int r;
	char *log_buf;
	struct text log;
};

/**
 * capture_register() - have libbpf tell us before each load of a program from these sections.
 * @sections: of the request's programs, in their order.
 * @capture:  must stay where it is until the process ends.
 *
 * To be called before bpf_object__open(). Works with libbpf ≥ 1.0: a handler for the very section
 * is found before the library's own. Return: 0 or -errno.
 */
int capture_register(struct capture *capture, const char *const *sections);

/* Read the counts in the log of the program that was loaded last, and add it to @log; called again
 * for each program. Return: 0, -ENOMEM. */
int capture_finish(struct capture *capture);

/* Forget what was captured, before another bpf_object__load(). */
void capture_reset(struct capture *capture);

void capture_done(struct capture *capture);
