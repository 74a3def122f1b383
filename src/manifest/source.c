/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a manifest names bytecode; opens nothing. */
#include "manifest/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/cluster/rollout.h"
#include "manifest/schema.h"
#include "model/bytecode.h"
#include "model/config.h"

struct source_image {
	char *url;
	char *pull_policy;
	struct config_secret secret;
};

/* The object form; exactly one of url and path. */
struct source {
	struct source_image image;
	struct config_secret secret;
	char *image_url;
	char *path;
};

static void source_done(struct source *source)
{
	free(source->image.url);
	free(source->image.pull_policy);
	config_secret_done(&source->image.secret);
	config_secret_done(&source->secret);
	free(source->image_url);
	free(source->path);
}

int source_policy(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object)
{
	static const char *const policies[] = {"Always", "IfNotPresent", "Never"};
	char **ret = (char **)(void *)((char *)object + field->offset);
	int r = schema_get_string(d, node, field->name, ret);

	for (size_t i = 0; i < array_size(policies) && r == 0; i++)
		if (strcmp(*ret, policies[i]) == 0)
			return 0;
	return r < 0 ? r
		     : documents_fail(d->documents, node, d->why,
				      "imagePullPolicy is one of Always, IfNotPresent, Never");
}

static int decode_image_text(const struct decoder *d, const struct doc_node *node, void *object)
{
	return schema_get_string(d, node, "image", &((struct source_image *)object)->url);
}

static const struct field image_fields[] = {
	{"url", schema_string, offsetof(struct source_image, url), .is_required = true},
	{"imagePullPolicy", source_policy, offsetof(struct source_image, pull_policy)},
	{"imagePullSecret", rollout_secret, offsetof(struct source_image, secret)},
	{NULL},
};

static const struct schema image_schema = {
	.where = "bytecode.image",
	.fields = image_fields,
	.decode = decode_image_text,
};

static const struct field source_fields[] = {
	{"image", schema_object, offsetof(struct source, image), .of = &image_schema},
	{"imageUrl", schema_string, offsetof(struct source, image_url)},
	{"url", schema_string, offsetof(struct source, image_url)},
	{"path", schema_string, offsetof(struct source, path)},
	{"imagePullSecret", rollout_secret, offsetof(struct source, secret)},
	{NULL},
};

static int check_source(const void *object, struct reason *why)
{
	const struct source *source = object;
	int n = !!source->image.url + !!source->image_url + !!source->path;

	if (n == 1)
		return 0;
	return fail(why, -EINVAL, "bytecode wants exactly one of image and path");
}

static const struct schema source_schema = {
	.where = "bytecode",
	.fields = source_fields,
	.check = check_source,
};

/* The directory from which relative paths count; heap, NULL: out of memory or none. */
static char *base_directory(const char *file_name)
{
	const char *slash = strrchr(file_name, '/');
	_text_ struct text t = {.data = NULL};

	if (file_name[0] != '/') {
		_free_ char *cwd = getcwd(NULL, 0);

		if (!cwd)
			return NULL;
		text_add(&t, "%s/", strcmp(cwd, "/") == 0 ? "" : cwd);
	}
	if (slash)
		text_add(&t, "%.*s/", (int)(slash - file_name), file_name);
	return text_take(&t);
}

/* What stands before the path: "", "file:" or "oci:"; NULL when there is no path in @s. */
static const char *path_scheme(const char *s)
{
	static const char *const schemes[] = {"file:", "oci:"};

	if (strstr(s, "://") || strncmp(s, "image:", 6) == 0)
		return NULL;
	for (size_t i = 0; i < array_size(schemes); i++)
		if (strncmp(s, schemes[i], strlen(schemes[i])) == 0)
			return schemes[i];
	return "";
}

static bool is_relative(const char *s)
{
	const char *scheme = path_scheme(s);
	const char *path = scheme ? s + strlen(scheme) : "/";

	return path[0] != '/' && path[0] != '\0';
}

/* "file:x.o" → "file:///dir/x.o", "oci:./l:tag" → "oci:/dir/l:tag", the rest as it is. Heap. */
static char *make_absolute(const char *s, const char *file_name)
{
	const char *scheme = path_scheme(s);
	_text_ struct text t = {.data = NULL};
	_free_ char *base = NULL;
	const char *path;

	if (!scheme)
		return strdup(s);
	path = s + strlen(scheme);
	text_add(&t, "%s%s", scheme, strcmp(scheme, "file:") == 0 ? "//" : "");
	if (path[0] != '/' && path[0] != '\0') {
		while (strncmp(path, "./", 2) == 0)
			path += 2;
		base = base_directory(file_name);
		if (!base)
			return NULL;
		text_add(&t, "%s", base);
	}
	text_add(&t, "%s", path);
	return text_take(&t);
}

static void take_secret(struct config_secret *secret, struct config_program *program)
{
	if (!secret->name || program->pull_secret.name)
		return;
	program->pull_secret = *secret;
	memset(secret, 0, sizeof(*secret));
}

/* The text of either form, not yet checked. */
static int get_text(const struct decoder *d, const struct doc_node *node, char **ret,
		    struct config_program *program)
{
	_cleanup_(source_done) struct source source = {.path = NULL};
	_text_ struct text t = {.data = NULL};
	const char *url;
	int r;

	if (node->kind == DOC_SCALAR)
		return schema_get_string(d, node, "bytecode", ret);
	r = schema_decode(d, &source_schema, node, &source);
	if (r < 0)
		return r;
	url = source.image.url ? source.image.url : source.image_url;
	if (url)
		text_add(&t, "%s%s", strncmp(url, "image://", 8) == 0 ? "" : "image://", url);
	else
		text_add(&t, "%s", source.path);
	if (source.image.pull_policy && !program->pull_policy)
		program->pull_policy = take_ptr(source.image.pull_policy);
	take_secret(&source.image.secret, program);
	take_secret(&source.secret, program);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

int source_decode(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object)
{
	_cleanup_(bytecode_done) struct bytecode bytecode = {.url = NULL};
	struct config_program *program =
		(struct config_program *)(void *)((char *)object + field->offset);
	_free_ char *text = NULL;
	_free_ char *absolute = NULL;
	_reason_ struct reason inner = {.code = 0};
	int r = get_text(d, node, &text, program);

	if (r < 0)
		return r;
	if (d->documents->is_object && is_relative(text))
		return documents_fail(d->documents, node, d->why,
				      "\"%.64s\" is a relative path, and an object has no "
				      "directory that it counts from: write it from the root",
				      text);
	absolute = make_absolute(text, d->documents->file_name);
	if (!absolute)
		return -ENOMEM;
	r = bytecode_parse(absolute, &bytecode, &inner);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return documents_fail(d->documents, node, d->why, "%s", inner.text);
	program->bytecode = take_ptr(bytecode.url);
	return 0;
}
