/* SPDX-License-Identifier: Apache-2.0 */
/* What libbpf said: its print callback has no context, so in a child its default output, stderr, is
 * a memfd, and this reads it. */
#pragma once

#include <stddef.h>

/* Make stderr a memory file. Return: 0 or -errno. */
int said_open(void);

/**
 * said_last() - libbpf's last telling line, without "libbpf: "; "" when stderr is no memory file or
 * nothing was said.
 */
void said_last(char *ret, size_t size);
