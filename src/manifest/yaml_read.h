/* SPDX-License-Identifier: Apache-2.0 */
/* The one reader of YAML and JSON: libyaml's events, bounded, without what makes YAML dangerous. */
#pragma once

#include <stddef.h>

struct documents;
struct reason;

#define YAML_SIZE_MAX  (1u << 20)
#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 100000

/**
 * yaml_read() - text to trees.
 * @file_name: for errors; NULL: an object of an API server (struct documents).
 * @ret:       the caller calls documents_done(); documents without content are left out.
 *
 * Refused, with line and column: aliases, anchors, tags, merge keys, duplicate keys, keys that are
 * not scalars, tabs in the indentation, NUL and other control characters, invalid UTF-8.
 *
 * Return: 0, -EFBIG (above YAML_SIZE_MAX), -EINVAL, -ENOMEM.
 */
int yaml_read(const char *text, size_t len, const char *file_name, struct documents *ret,
	      struct reason *why);
