/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the JSON of an image's config and the dialects of labels. */
#include "image/labels.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/manifest.h"

#define VALUE_MAX 255
#define TYPE_MAX  63

void image_config_done(struct image_config *config)
{
	image_labels_done(&config->labels);
}

/* A label left empty is a label not given: a Containerfile cannot leave one out. */
static const char *label(const json_t *labels, const char *key)
{
	const char *s = json_string_value(json_object_get(labels, key));

	return s && s[0] != '\0' ? s : NULL;
}

static int get_clean(const json_t *labels, const char *key, const char **ret, struct reason *why)
{
	const char *s = label(labels, key);

	if (s && !text_is_clean(s, VALUE_MAX))
		return fail(why, -EBADMSG,
			    "label %s is longer than %d bytes or has control characters", key,
			    VALUE_MAX);
	*ret = s;
	return 0;
}

static int add_program(struct image_labels *ret, const char *entry, const char *type,
		       struct reason *why)
{
	struct image_program *p = &ret->programs[ret->n_programs];

	if (entry[0] == '\0' || !text_is_clean(entry, VALUE_MAX) || !text_is_clean(type, TYPE_MAX))
		return fail(why, -EBADMSG,
			    "the image's labels name a program or type that is not clean "
			    "text");
	p->entry = strdup(entry);
	p->type = strdup(type);
	ret->n_programs++;
	return p->entry && p->type ? 0 : fail(why, -ENOMEM, "out of memory");
}

static int reserve(struct image_labels *ret, size_t n, struct reason *why)
{
	if (n > IMAGE_LABELS_PROGRAMS_MAX)
		return fail(why, -E2BIG,
			    "label io.ebpf.programs names %zu programs, at most %d are read", n,
			    IMAGE_LABELS_PROGRAMS_MAX);
	ret->programs = calloc(n > 0 ? n : 1, sizeof(*ret->programs));
	return ret->programs ? 0 : fail(why, -ENOMEM, "out of memory");
}

/* {"name": "type", ...} inside a label; @ret is NULL when the label is not there. */
static int get_table(const json_t *labels, const char *key, json_t **ret, struct reason *why)
{
	const char *s = label(labels, key);
	const char *name;
	json_t *value, *table;
	int r;

	if (!s)
		return 0;
	r = image_json_parse(s, strlen(s), key, &table, why);
	if (r < 0)
		return r;
	json_object_foreach(table, name, value)
	{
		if (json_is_string(value))
			continue;
		json_decref(table);
		return fail(why, -EBADMSG, "label %s is not a JSON object of names and types", key);
	}
	*ret = table;
	return 0;
}

/* io.ebpf.programs, as bpfman writes it since 0.5. */
static int read_programs(const json_t *table, struct image_labels *ret, struct reason *why)
{
	const char *name;
	json_t *value;
	int r = reserve(ret, json_object_size(table), why);

	if (r < 0)
		return r;
	json_object_foreach((json_t *)(uintptr_t)table, name, value)
	{
		r = add_program(ret, name, json_string_value(value), why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The dialects of 2023: one program, by function, or by section in the talk's. */
static int read_single(const json_t *labels, struct image_labels *ret, struct reason *why)
{
	const char *function, *section, *type;
	int r = get_clean(labels, "io.ebpf.bpf_function_name", &function, why);

	if (r == 0)
		r = get_clean(labels, "io.ebpf.section_name", &section, why);
	if (r == 0)
		r = get_clean(labels, "io.ebpf.program_type", &type, why);
	if (r < 0 || (!function && !section))
		return r;
	r = reserve(ret, 1, why);
	return r < 0 ? r : add_program(ret, function ? function : section, type ? type : "", why);
}

static int read_labels(const json_t *labels, struct image_config *ret, struct reason *why)
{
	_json_ json_t *programs = NULL;
	_json_ json_t *maps = NULL;
	const char *name, *version;
	int r = get_clean(labels, "io.ebpf.program_name", &name, why);

	if (r == 0)
		r = get_clean(labels, "io.ebpf.kernel_version", &version, why);
	if (r == 0)
		r = get_clean(labels, "io.ebpf.filename", &ret->filename, why);
	if (r == 0)
		r = get_table(labels, "io.ebpf.programs", &programs, why);
	if (r == 0)
		r = get_table(labels, "io.ebpf.maps", &maps, why);
	if (r == 0)
		r = programs ? read_programs(programs, &ret->labels, why)
			     : read_single(labels, &ret->labels, why);
	if (r < 0)
		return r;
	if (text_set(&ret->labels.program_name, name) < 0 ||
	    text_set(&ret->labels.kernel_version, version) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

int image_config_parse(const json_t *json, size_t n_layers, struct image_config *ret,
		       struct reason *why)
{
	_cleanup_(image_config_done) struct image_config config = {0};
	const json_t *labels = json_object_get(json_object_get(json, "config"), "Labels");
	int r;

	config.diff_ids = json_object_get(json_object_get(json, "rootfs"), "diff_ids");
	if (!json_is_array(config.diff_ids) || json_array_size(config.diff_ids) != n_layers)
		return fail(why, -EBADMSG,
			    "the config of the image does not name the digests of its %zu layers",
			    n_layers);
	r = read_labels(labels, &config, why);
	if (r < 0)
		return r;
	*ret = config;
	config = (struct image_config){0};
	return 0;
}
