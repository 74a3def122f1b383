/* SPDX-License-Identifier: Apache-2.0 */
/* What an object wants to know of the kernel it runs on: the types of its CO-RE relocations. */
#pragma once

#include <stddef.h>

struct bpf_object;
struct image_bytes;
struct reason;

/* Names of types, sorted, each once ("struct task_struct"); owned. */
struct relocations {
	char **types;
	size_t n_types;
	size_t n; /* of relocations */
};

void relocations_done(struct relocations *relocations);

/* Return: 0 (also without any), -ENOEXEC (.BTF.ext is malformed), -ENOMEM. */
int relocations_read(const struct image_bytes *elf, const struct bpf_object *object,
		     struct relocations *ret, struct reason *why);
