/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the kernel functions that relocated instructions call by number. */
#pragma once

#include "model/instructions.h"

/**
 * kfuncs_find() - fill .kfuncs from .insns.
 * @fd_array: descriptors of modules' BTF by .off of their calls; NULL: none.
 *
 * BTF of the kernel is read only when there is such a call. A name that cannot be found is "".
 * Return: 0, -E2BIG (more than INSTRUCTIONS_KFUNCS_MAX), -ENOMEM.
 */
int kfuncs_find(struct instructions *in, const int *fd_array);
