/* SPDX-License-Identifier: Apache-2.0 */
/* A list of owned strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strings {
	char **items;
	size_t n;
};

void strings_done(struct strings *strings);

/* Deep copy; @ret is empty before, and half filled on failure. Return: 0 or -ENOMEM. */
int strings_copy(const struct strings *from, struct strings *ret);

bool strings_contain(const struct strings *strings, const char *s);
