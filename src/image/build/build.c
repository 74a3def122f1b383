/* SPDX-License-Identifier: Apache-2.0 */
/* Owns config and manifest of an image that we write; labels, packing and files are next door. */
#include "image/build/build.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/build/layout.h"
#include "image/build/object.h"
#include "image/build/pack.h"
#include "image/manifest.h"
#include "model/object.h"

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
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
	const char *name; /* of the object's file */
	char diff_id[DIGEST_TEXT_SIZE];
	json_t *labels;
	struct image_bytes tar;
};

static void parts_done(struct parts *parts)
{
	json_decref(parts->labels);
	image_bytes_done(&parts->tar);
}

/* Those whose objects have the most significant byte first. */
static bool is_big_endian(const char *architecture)
{
	static const char *const names[] = {"mips", "mips64", "ppc64", "s390x"};

	for (size_t i = 0; i < array_size(names); i++)
		if (strcmp(names[i], architecture) == 0)
			return true;
	return false;
}

static int check_order(const struct image_bytes *elf, const char *architecture, struct reason *why)
{
	bool is_big = elf->len > EI_DATA && elf->data[EI_DATA] == ELFDATA2MSB;

	if (is_big == is_big_endian(architecture))
		return 0;
	reason_hint(why, "clang -target %s makes the other one", is_big ? "bpfel" : "bpfeb");
	return fail(why, -ENOEXEC, "the object is %s-endian, and %s is not",
		    is_big ? "big" : "little", architecture);
}

static int make_parts(const struct image_build *what, const struct image_machine *machine,
		      struct parts *ret, struct reason *why)
{
	const char *slash = strrchr(machine->object, '/');
	const char *name = slash ? slash + 1 : machine->object;
	_bytes_ struct image_bytes elf = {0};
	int r = read_object(machine->object, &elf, why);

	if (r < 0)
		return r;
	ret->architecture =
		machine->architecture ? machine->architecture : image_host_architecture();
	r = check_order(&elf, ret->architecture, why);
	if (r == 0 && image_object_is_readable(&elf))
		r = make_labels(what, name, &elf, &ret->labels, why);
	if (r == 0)
		r = image_pack_tar(name, &elf, &ret->tar, why);
	if (r < 0) {
		reason_prefix(why, "%s", machine->object);
		return r;
	}
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

/* What is written, after everything was read: a wrong object leaves the layout as it was. */
struct plan {
	struct parts parts[IMAGE_MACHINES_MAX];
	size_t n;
};

static void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		parts_done(&plan->parts[i]);
}

static int by_architecture(const void *a, const void *b)
{
	return strcmp(((const struct parts *)a)->architecture,
		      ((const struct parts *)b)->architecture);
}

/* libbpf does not read objects of the other byte order: what they hold is what the same source
 * gave for another machine, else only the name of the file is known. */
static int borrow_labels(const struct image_build *what, struct plan *plan, struct reason *why)
{
	const json_t *from = NULL;

	for (size_t i = 0; i < plan->n && !from; i++)
		from = plan->parts[i].labels;
	for (size_t i = 0; i < plan->n; i++) {
		struct parts *p = &plan->parts[i];
		int r = 0;

		if (p->labels)
			continue;
		p->labels = from ? json_copy((json_t *)(uintptr_t)from) : json_object();
		json_object_set_new(p->labels, "io.ebpf.filename", json_string(p->name));
		for (size_t k = 0; k < what->n_labels && r == 0; k++)
			r = set_label(p->labels, what->labels[k], why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_plan(const struct image_build *what, struct plan *ret, struct reason *why)
{
	for (size_t i = 0; i < what->n_machines; i++) {
		int r;

		ret->n++;
		r = make_parts(what, &what->machines[i], &ret->parts[i], why);
		if (r < 0)
			return r;
	}
	qsort(ret->parts, ret->n, sizeof(*ret->parts), by_architecture);
	for (size_t i = 1; i < ret->n; i++)
		if (by_architecture(&ret->parts[i - 1], &ret->parts[i]) == 0)
			return fail(why, -EINVAL, "two objects for %s", ret->parts[i].architecture);
	return borrow_labels(what, ret, why);
}

static int write_index(int layout, const struct plan *plan, struct blob *ret, struct reason *why)
{
	_json_ json_t *manifests = json_array();
	_json_ json_t *index = NULL;

	for (size_t i = 0; i < plan->n; i++) {
		struct blob m;
		int r = write_parts(layout, &plan->parts[i], &m, why);

		if (r < 0)
			return r;
		json_array_append_new(manifests,
				      json_pack("{s:s,s:s,s:I,s:{s:s,s:s}}", "mediaType",
						MANIFEST_TYPE, "digest", m.digest, "size",
						(json_int_t)m.size, "platform", "architecture",
						plan->parts[i].architecture, "os", "linux"));
	}
	index = json_pack("{s:i,s:s,s:O}", "schemaVersion", 2, "mediaType", INDEX_TYPE, "manifests",
			  manifests);
	return put_json(layout, index, ret, why);
}

int image_build(const struct image_build *what, char ret_digest[static DIGEST_TEXT_SIZE],
		struct reason *why)
{
	struct image_descriptor d = {.tag = what->tag ? what->tag : "latest"};
	_cleanup_(plan_done) struct plan plan = {.n = 0};
	_close_ int layout = -1;
	struct blob top;
	int r = check_tag(d.tag, why);

	if (r == 0)
		r = make_plan(what, &plan, why);
	if (r < 0)
		return r;
	layout = image_layout_open(what->layout, why);
	if (layout < 0)
		return layout;
	r = plan.n > 1 ? write_index(layout, &plan, &top, why)
		       : write_parts(layout, &plan.parts[0], &top, why);
	if (r < 0)
		return r;
	d.media_type = plan.n > 1 ? INDEX_TYPE : MANIFEST_TYPE;
	d.digest = top.digest;
	d.size = top.size;
	r = image_layout_tag(layout, &d, why);
	if (r == 0)
		memcpy(ret_digest, top.digest, DIGEST_TEXT_SIZE);
	return r;
}
