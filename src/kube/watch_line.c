/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the lines of a watch mean. */
#include "kube/watch_line.h"

#include <errno.h>
#include <string.h>

#include "kube/json.h"

static const struct {
	const char *type;
	enum watch_line_kind kind;
} kinds[] = {{"ADDED", WATCH_CHANGED},
	     {"MODIFIED", WATCH_CHANGED},
	     {"DELETED", WATCH_DELETED},
	     {"BOOKMARK", WATCH_NOTHING},
	     {"ERROR", WATCH_ERROR}};

static enum watch_line_kind kind_of(const json_t *event, const json_t *object)
{
	const char *type = kube_text(event, "type");
	long long code = kube_number(object, "code");
	enum watch_line_kind kind = WATCH_NOTHING;

	for (size_t i = 0; i < array_size(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			kind = kinds[i].kind;
	return kind == WATCH_ERROR && (code == 410 || code == 504) ? WATCH_EXPIRED : kind;
}

/* Names become parts of paths and of keys. */
static bool is_name(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n > max)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || strchr("/?%#", *s))
			return false;
	return true;
}

bool watch_line_is_object(const json_t *object)
{
	const char *name = kube_name(object);

	return *name && is_name(name, KUBE_NAME_SIZE - 1) &&
	       is_name(kube_namespace(object), KUBE_NAME_SIZE - 1) &&
	       *kube_text(object, "metadata.resourceVersion");
}

void watch_line_done(struct watch_line *line)
{
	json_decref(line->document);
	*line = (struct watch_line){0};
}

int watch_line_decode(const char *line, size_t len, struct watch_line *ret)
{
	_json_ json_t *document = json_loadb(line, len, 0, NULL);
	json_t *object = json_object_get(document, "object");
	enum watch_line_kind kind = kind_of(document, object);
	bool is_told = kind == WATCH_CHANGED || kind == WATCH_DELETED;

	if (!json_is_object(object) || !*kube_text(document, "type") ||
	    (is_told && !watch_line_is_object(object)))
		return -EPROTO;
	*ret = (struct watch_line){.kind = kind,
				   .object = is_told ? object : NULL,
				   .version = kube_text(object, "metadata.resourceVersion"),
				   .document = json_incref(document)};
	return 0;
}
