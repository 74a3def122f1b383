/* SPDX-License-Identifier: Apache-2.0 */
/* What an object wants to know of the kernel it runs on: the types of its CO-RE relocations. */
#pragma once

#include <stddef.h>

struct btf;
struct reason;

/* Names of types, sorted, each once ("struct task_struct"); owned. */
struct relocations {
	char **types;
	size_t n_types;
	size_t n; /* of relocations */
};

void relocations_done(struct relocations *relocations);

/* @ext: the section .BTF.ext. Return: 0 (also without any), -ENOEXEC (malformed), -ENOMEM. */
int relocations_read(const struct btf *btf, const void *ext, size_t len, struct relocations *ret,
		     struct reason *why);
