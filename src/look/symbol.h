/* SPDX-License-Identifier: Apache-2.0 */
/* Where a function of a user-space binary is. Runs in bpfd-look: symbol tables are foreign input.
 */
#pragma once

#include <stdint.h>

struct reason;

/**
 * symbol_offset() - file offset of the function @name.
 * @fd: the binary or library; borrowed.
 *
 * Looks in .symtab and .dynsym; "f" finds "f@@VERSION" too; a global function wins over local ones.
 *
 * Return: 0; -ENOENT (hint: the nearest name, or that the binary is stripped), -EINVAL (several
 * local functions of this name), -ENOEXEC (not an ELF of this machine's word size, damaged).
 */
int symbol_offset(int fd, const char *name, uint64_t *ret_offset, struct reason *why);
