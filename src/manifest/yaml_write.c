/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how values are written as YAML; quotes whatever could be read as something else. */
#include "manifest/yaml_write.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/config/strings.h"
#include "model/labels.h"

/* Could the text stand without quotes and be read as the same string by every reader of YAML? */
static bool is_safe_plain(const char *s)
{
	static const char *const words[] = {"true", "false", "yes", "no",  "on",  "off",
					    "null", "y",     "n",   "inf", "nan", NULL};
	size_t len = strlen(s);

	if (!isalpha((unsigned char)s[0]) && !(s[0] == '/' && s[1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_./:@+-", s[i]))
			return false;
	for (size_t i = 0; words[i]; i++)
		if (strcasecmp(s, words[i]) == 0)
			return false;
	return s[len - 1] != ':';
}

void yaml_add_string(struct text *t, const char *s)
{
	if (is_safe_plain(s)) {
		text_add(t, "%s", s);
		return;
	}
	text_add(t, "\"");
	for (; *s; s++) {
		if (*s == '\n')
			text_add(t, "\\n");
		else if (*s == '\t')
			text_add(t, "\\t");
		else if (*s == '"' || *s == '\\')
			text_add(t, "\\%c", *s);
		else
			text_add(t, "%c", *s);
	}
	text_add(t, "\"");
}

/* "<indent>key: value\n"; nothing for NULL. */
void yaml_add_field(struct text *t, const char *indent, const char *key, const char *value)
{
	if (!value)
		return;
	text_add(t, "%s%s: ", indent, key);
	yaml_add_string(t, value);
	text_add(t, "\n");
}

void yaml_add_labels(struct text *t, const char *indent, const struct labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		text_add(t, "%s", indent);
		yaml_add_string(t, labels->items[i].key);
		yaml_add_field(t, "", "", labels->items[i].value);
	}
}

void yaml_add_list(struct text *t, const char *indent, const char *key,
		   const struct strings *strings)
{
	if (strings->n == 0)
		return;
	text_add(t, "%s%s: [", indent, key);
	for (size_t i = 0; i < strings->n; i++) {
		text_add(t, "%s", i ? ", " : "");
		yaml_add_string(t, strings->items[i]);
	}
	text_add(t, "]\n");
}
