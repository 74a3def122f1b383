/* SPDX-License-Identifier: Apache-2.0 */
/* Reading back what the kernel has of a program. */
#pragma once

#include <stdint.h>

#define DUMP_INSNS_MAX 1000000

/**
 * dump_translated() - the instructions as the kernel translated them, whoever loaded them.
 * @ret: heap, 8 bytes each.
 *
 * Return: 0, -ENOENT (gone), -EPERM (the kernel does not show them), -E2BIG, -ENOMEM.
 */
int dump_translated(uint32_t program_id, void **ret, uint32_t *ret_n);
