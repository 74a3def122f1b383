/* SPDX-License-Identifier: Apache-2.0 */
/* From a verifier log of a thousand lines to the few that help. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct reason;

/**
 * explain_verifier() - say why the kernel refused a program.
 * @subject: what begins the text: "program NAME".
 * @code:    negative errno of BPF_PROG_LOAD.
 * @log:     NUL-terminated; "" when there is none.
 * @kernel:  the running kernel, KERNEL_VERSION().
 *
 * reason.text: "SUBJECT: CAUSE (FILE:LINE: SOURCE; INSTRUCTIONS)"; reason.hint: a cure for the
 * causes known; reason.detail: the end of the log, at most 1 MiB.
 *
 * Return: @code, or -EOPNOTSUPP when the cause is a helper or a type that this kernel lacks.
 */
int explain_verifier(const char *subject, int code, const char *log, uint32_t kernel,
		     struct reason *why);

/* The instruction that the verifier complains of, by its number in the log. -ENOENT: none. */
int explain_insn(const char *log, uint32_t *ret);

/* Before 6.9 a log has source lines without their places: add the file of @path, and the line. */
void explain_add_place(struct reason *why, const char *path, uint32_t line);
