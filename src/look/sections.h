/* SPDX-License-Identifier: Apache-2.0 */
/* First look at foreign bytes, before libbpf sees them: the mistakes that people make, in words. */
#pragma once

#include <stddef.h>

struct reason;

/**
 * sections_check() - is it a complete relocatable BPF object of this byte order?
 *
 * Return: 0 or -ENOEXEC (empty, not ELF, another machine or byte order, linked, truncated, maps of
 * the legacy form; hint says the cure).
 */
int sections_check(const void *data, size_t len, struct reason *why);

#define SECTIONS_LICENSE_SIZE 128

/* The text of the section "license" of a checked object; "" without one, '?' for what is no
 * printable ASCII. */
void sections_license(const void *data, char ret[static SECTIONS_LICENSE_SIZE]);
