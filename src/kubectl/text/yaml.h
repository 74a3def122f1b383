/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as block YAML, for "-o yaml" and comparing. Pure. */
#pragma once

#include <jansson.h>

struct text;

/* Deeper than this, values are written as JSON on one line, which is YAML too. */
#define YAML_BLOCK_DEPTH 32

/* Append @value; a mapping or list as lines that each end in a line feed. Keys are sorted. */
void yaml_of_json(const json_t *value, struct text *t);
