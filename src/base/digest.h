/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of bytecode; the text form is "sha256:" and 64 lower-case hexadecimal digits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT_SIZE (7 + 64 + 1)

/* The digest of @len bytes as text into @ret. */
void digest_text(const void *data, size_t len, char ret[static DIGEST_TEXT_SIZE]);

/* The digest of a whole file, read with pread(2). Return: 0, -EFBIG (above @max bytes) or -errno.
 */
int digest_fd(int fd, size_t max, char ret[static DIGEST_TEXT_SIZE]);

/* Is it well-formed digest text? */
bool digest_is_valid(const char *s);
