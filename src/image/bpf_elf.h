/* SPDX-License-Identifier: Apache-2.0 */
/* As much of ELF as finding an object takes. Every offset is checked; nothing is believed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Do the bytes begin like an object for BPF? One of the other byte order is one too: who loads it
 * says that it does not fit. */
bool image_elf_is_bpf(const void *data, size_t len);

/* How many of the @len bytes belong to the object that they begin with; 0: it is not whole, or not
 * a 64-bit object of this machine's byte order. */
size_t image_elf_extent(const void *data, size_t len);

/* A section; @name is within the file, @offset and @size too. */
struct image_section {
	char *name;
	size_t offset;
	size_t size;
};

/* The section @i. Return: false behind the last, and for one that does not lie within the file. */
bool image_elf_section(char *data, size_t len, size_t i, struct image_section *ret);
