/* SPDX-License-Identifier: Apache-2.0 */
/* Files of keys and signatures, read with the caller's rights. */
#pragma once

#include "trust/rule.h"

struct reason;

/* A whole file of at most @max bytes. Return: 0 or -errno (text names it). */
int sign_read_file(const char *path, size_t max, struct trust_bytes *ret, struct reason *why);
