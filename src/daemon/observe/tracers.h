/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds on to a program of ours by a trampoline: fentry, fexit or freplace of others. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define TRACER_TEXT 96

/* @text: "program 61 \"trace_on_entry\" (fentry, link 7)". */
struct tracer {
	uint32_t link_id;
	char text[TRACER_TEXT];
};

/* The first that is attached to one of the programs. Return: 1, 0 (none; always below 5.13, where
 * the kernel does not tell), -errno. */
int observe_tracer(const uint32_t *program_ids, size_t n, struct tracer *ret);
