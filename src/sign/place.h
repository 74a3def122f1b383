/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts and registries as places of signatures. */
#pragma once

#include "copy/place.h"
#include "trust/signatures.h"

struct reason;

/* Is the word a local file, and neither a layout nor an image? */
bool sign_is_file(const char *word);

/* The place must live as long. */
struct signature_reader sign_reader(struct place *place);

/* A whole file of at most @max bytes. Return: 0 or -errno (text names it). */
int sign_read_file(const char *path, size_t max, struct trust_bytes *ret, struct reason *why);
