/* SPDX-License-Identifier: Apache-2.0 */
/* What a BPF object contains, read with libbpf. Runs in bpfd-look: it may crash on foreign bytes.
 */
#pragma once

#include <stddef.h>

#include "model/object.h"

struct reason;

/**
 * describe_object() - programs, maps and global variables of an object.
 * @data: writable by nobody else; borrowed.
 *
 * Makes no system call that a sandbox without files and bpf(2) forbids.
 *
 * Return: 0; -ENOEXEC (sections_check() refuses it, libbpf cannot open it, no program, BTF that
 * contradicts the maps, names with control characters, above a bound of model/object.h); -ENOMEM.
 */
int describe_object(const void *data, size_t len, struct object *ret, struct reason *why);
