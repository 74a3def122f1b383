/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of YAML. */
#pragma once

struct labels;
struct strings;
struct text;

/* The text, in quotes when it needs them. */
void yaml_add_string(struct text *t, const char *s);

/* "<indent>key: value"; nothing for NULL. */
void yaml_add_field(struct text *t, const char *indent, const char *key, const char *value);

/* "<indent>key: value" for each. */
void yaml_add_labels(struct text *t, const char *indent, const struct labels *labels);

/* "<indent>key: [a, b]"; nothing for none. */
void yaml_add_list(struct text *t, const char *indent, const char *key,
		   const struct strings *strings);
