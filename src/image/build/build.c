/* SPDX-License-Identifier: Apache-2.0 */
/* Owns config and manifest of an image that we write; labels, packing and files are next door. */
#include "image/build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/build/layout.h"
#include "image/manifest.h"
#include "image/build/object.h"
#include "image/build/pack.h"
#include "model/object.h"

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar+gzip"
#define EPOCH	      "1970-01-01T00:00:00Z"

#define LABEL_KEY_MAX	317
#define LABEL_VALUE_MAX 65536
#define TAG_MAX		255

/* A blob that was stored. */
struct blob {
	char digest[DIGEST_TEXT_SIZE];
	size_t size;
};

static int check_tag(const char *tag, struct reason *why)
{
	size_t len = strlen(tag);

	if (len == 0 || len > TAG_MAX ||
	    strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@+-") !=
		    len)
		return fail(why, -EINVAL, "\"%s\" is not a tag", tag);
	return 0;
}

static int set_label(json_t *labels, const char *text, struct reason *why)
{
	const char *equals = strchr(text, '=');
	_free_ char *key = equals ? strndup(text, (size_t)(equals - text)) : NULL;

	if (!key || key[0] == '\0' || !text_is_clean(key, LABEL_KEY_MAX) ||
	    !text_is_clean_multiline(equals + 1, LABEL_VALUE_MAX))
		return fail(why, -EINVAL, "\"%s\" is not a label, write KEY=VALUE", text);
	if (json_object_set_new(labels, key, json_string(equals + 1)) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

/* The type that the caller gives for programs whose section does not tell. */
static const char *given_type(const struct image_build *what)
{
	static const char key[] = "io.ebpf.program_type=";

	for (size_t i = 0; i < what->n_labels; i++)
		if (strncmp(what->labels[i], key, sizeof(key) - 1) == 0)
			return what->labels[i] + sizeof(key) - 1;
	return NULL;
}

static int make_labels(const struct image_build *what, const char *name,
		       const struct image_bytes *elf, json_t **ret, struct reason *why)
{
	_json_ json_t *labels = NULL;
	int r = image_object_labels(elf, name, given_type(what), &labels, why);

	for (size_t i = 0; r == 0 && i < what->n_labels; i++)
		r = set_label(labels, what->labels[i], why);
	if (r < 0)
		return r;
	*ret = take_ptr(labels);
	return 0;
}

static int read_object(const char *path, struct image_bytes *ret, struct reason *why)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	r = fd_read_all(fd, OBJECT_SIZE_MAX, &ret->data, &ret->len);
	if (r == -EFBIG)
		return fail(why, r, "%s is larger than %u bytes", path, OBJECT_SIZE_MAX);
	return r < 0 ? fail(why, r, "cannot read %s: %s", path, strerror(-r)) : 0;
}

static int put_blob(int layout, const struct image_bytes *bytes, struct blob *ret,
		    struct reason *why)
{
	ret->size = bytes->len;
	return image_layout_put(layout, bytes, ret->digest, why);
}

/* Sorted and compact, so that the same content has the same digest. */
static int put_json(int layout, const json_t *json, struct blob *ret, struct reason *why)
{
	_bytes_ struct image_bytes b = {
		.data = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL};

	if (!b.data)
		return fail(why, -ENOMEM, "out of memory");
	b.len = strlen(b.data);
	return put_blob(layout, &b, ret, why);
}

static int put_manifest(int layout, const struct blob *config, const struct blob *layer,
			struct blob *ret, struct reason *why)
{
	_json_ json_t *manifest =
		json_pack("{s:i, s:s, s:{s:s, s:s, s:I}, s:[{s:s, s:s, s:I}]}", "schemaVersion", 2,
			  "mediaType", MANIFEST_TYPE, "config", "mediaType", CONFIG_TYPE, "digest",
			  config->digest, "size", (json_int_t)config->size, "layers", "mediaType",
			  LAYER_TYPE, "digest", layer->digest, "size", (json_int_t)layer->size);

	return put_json(layout, manifest, ret, why);
}

static int put_layer(int layout, const struct image_bytes *tar, struct blob *ret,
		     struct reason *why)
{
	_bytes_ struct image_bytes gzip = {0};
	int r = image_pack_gzip(tar, &gzip, why);

	return r < 0 ? r : put_blob(layout, &gzip, ret, why);
}

/* What an image is made of, before anything is written. */
struct parts {
	const char *architecture;
	char diff_id[DIGEST_TEXT_SIZE];
	json_t *labels;
	struct image_bytes tar;
};

static void parts_done(struct parts *parts)
{
	json_decref(parts->labels);
	image_bytes_done(&parts->tar);
}

static int make_parts(const struct image_build *what, struct parts *ret, struct reason *why)
{
	const char *slash = strrchr(what->object, '/');
	const char *name = slash ? slash + 1 : what->object;
	_bytes_ struct image_bytes elf = {0};
	int r = read_object(what->object, &elf, why);

	if (r < 0)
		return r;
	r = make_labels(what, name, &elf, &ret->labels, why);
	if (r == 0)
		r = image_pack_tar(name, &elf, &ret->tar, why);
	if (r < 0) {
		reason_prefix(why, "%s", what->object);
		return r;
	}
	ret->architecture = what->architecture ? what->architecture : image_host_architecture();
	digest_text(ret->tar.data, ret->tar.len, ret->diff_id);
	return 0;
}

static int put_config(int layout, const struct parts *parts, struct blob *ret, struct reason *why)
{
	_json_ json_t *config = json_pack(
		"{s:s, s:s, s:s, s:{s:O}, s:{s:s, s:[s]}, s:[{s:s, s:s}]}", "architecture",
		parts->architecture, "os", "linux", "created", EPOCH, "config", "Labels",
		parts->labels, "rootfs", "type", "layers", "diff_ids", parts->diff_id, "history",
		"created", EPOCH, "created_by", "bpfctl image build");

	return put_json(layout, config, ret, why);
}

static int write_parts(int layout, const struct parts *parts, struct blob *ret, struct reason *why)
{
	struct blob layer, config;
	int r = put_layer(layout, &parts->tar, &layer, why);

	if (r == 0)
		r = put_config(layout, parts, &config, why);
	return r < 0 ? r : put_manifest(layout, &config, &layer, ret, why);
}

int image_build(const struct image_build *what, char ret_digest[static DIGEST_TEXT_SIZE],
		struct reason *why)
{
	_cleanup_(parts_done) struct parts parts = {0};
	_close_ int layout = -1;
	struct image_descriptor d = {.media_type = MANIFEST_TYPE,
				     .tag = what->tag ? what->tag : "latest"};
	struct blob manifest;
	int r = check_tag(d.tag, why);

	if (r == 0)
		r = make_parts(what, &parts, why);
	if (r < 0)
		return r;
	layout = image_layout_open(what->layout, why);
	if (layout < 0)
		return layout;
	r = write_parts(layout, &parts, &manifest, why);
	if (r < 0)
		return r;
	d.digest = manifest.digest;
	d.size = manifest.size;
	r = image_layout_tag(layout, &d, why);
	if (r == 0)
		memcpy(ret_digest, manifest.digest, DIGEST_TEXT_SIZE);
	return r;
}
