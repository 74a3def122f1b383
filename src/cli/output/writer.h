/* SPDX-License-Identifier: Apache-2.0 */
/* JSON and YAML from the same calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define WRITER_DEPTH_MAX 16

/**
 * struct writer - zeroed but for .f and .is_yaml.
 * @is_after_dash: YAML: "-" was written and its value is to follow on this line.
 */
struct writer {
	FILE *f;
	bool is_yaml;
	bool is_started;
	bool is_after_dash;
	unsigned int depth;
	struct writer_level {
		bool is_list;
		bool has_elements;
	} levels[WRITER_DEPTH_MAX];
};

/* @key: NULL inside lists and for the outermost value. */
void writer_object(struct writer *w, const char *key);
void writer_list(struct writer *w, const char *key);

/* End the innermost object or list; a line feed follows the outermost. */
void writer_end(struct writer *w);

void writer_text(struct writer *w, const char *key, const char *value);
void writer_number(struct writer *w, const char *key, uint64_t value);
void writer_bool(struct writer *w, const char *key, bool value);
