/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the files of a layout on the writer's side, with the writer's own rights. */
#include "image/build/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "image/manifest.h"

#define TEMPORARY "blobs/sha256/.bpfctl"
#define TAG_KEY	  "org.opencontainers.image.ref.name"

static const char version_file[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

/* The lock of the layout makes one name for temporaries enough. */
static int put_file(int layout, const char *name, const struct image_bytes *bytes,
		    struct reason *why)
{
	_close_ int fd = openat(layout, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return fail(why, -errno, "cannot write into the layout: %s", strerror(errno));
	r = fd_write_all(fd, bytes->data, bytes->len);
	if (r == 0 && (fsync(fd) < 0 || renameat(layout, TEMPORARY, layout, name) < 0))
		r = -errno;
	if (r == 0)
		return 0;
	unlinkat(layout, TEMPORARY, 0);
	return fail(why, r, "cannot write %s: %s", name, strerror(-r));
}

static bool is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	bool empty = d != NULL;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return empty;
}

/* 0: there is none. */
static int read_json(int layout, const char *name, json_t **ret, struct reason *why)
{
	_close_ int fd = openat(layout, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_bytes_ struct image_bytes b = {0};
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(why, -errno, "%s: %s", name, strerror(errno));
	r = fd_read_all(fd, IMAGE_JSON_MAX, &b.data, &b.len);
	if (r < 0)
		return fail(why, r, "cannot read %s: %s", name, strerror(-r));
	r = image_json_parse(b.data, b.len, name, ret, why);
	return r < 0 ? r : 1;
}

static int start_layout(int layout, const char *path, struct reason *why)
{
	struct image_bytes version = {(char *)(uintptr_t)version_file, sizeof(version_file) - 1};

	if (!is_empty(layout))
		return fail(why, -EEXIST, "%s has files in it and is not an image layout", path);
	if (mkdirat(layout, "blobs", 0755) < 0 || mkdirat(layout, "blobs/sha256", 0755) < 0)
		return fail(why, -errno, "cannot make %s/blobs: %s", path, strerror(errno));
	return put_file(layout, "oci-layout", &version, why);
}

static int check_layout(int layout, const char *path, struct reason *why)
{
	_json_ json_t *json = NULL;
	const char *version;
	int r = read_json(layout, "oci-layout", &json, why);

	if (r == 0)
		return start_layout(layout, path, why);
	if (r < 0)
		return r;
	version = json_string_value(json_object_get(json, "imageLayoutVersion"));
	if (!version || strncmp(version, "1.", 2) != 0)
		return fail(why, -EBADMSG, "%s is not an image layout of version 1", path);
	/* A layout of others may have no blob yet. */
	if ((mkdirat(layout, "blobs", 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(layout, "blobs/sha256", 0755) < 0 && errno != EEXIST))
		return fail(why, -errno, "cannot make %s/blobs: %s", path, strerror(errno));
	return 0;
}

int image_layout_open(const char *path, struct reason *why)
{
	_close_ int fd = -1;
	int r;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return fail(why, -errno, "cannot make %s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return fail(why, -errno, "cannot open %s: %s", path, strerror(errno));
	r = check_layout(fd, path, why);
	return r < 0 ? r : take_fd(&fd);
}

int image_layout_put(int layout, const struct image_bytes *bytes,
		     char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why)
{
	char name[sizeof("blobs/sha256/") + DIGEST_TEXT_SIZE], digest[DIGEST_TEXT_SIZE];
	int r;

	digest_text(bytes->data, bytes->len, digest);
	snprintf(name, sizeof(name), "blobs/sha256/%s", digest + strlen("sha256:"));
	r = put_file(layout, name, bytes, why);
	if (r == 0)
		memcpy(ret_digest, digest, DIGEST_TEXT_SIZE);
	return r;
}

static const char *tag_of(const json_t *entry)
{
	const char *tag =
		json_string_value(json_object_get(json_object_get(entry, "annotations"), TAG_KEY));

	return tag ? tag : "";
}

static int replace_entry(json_t *manifests, const struct image_descriptor *m)
{
	json_t *entry =
		json_pack("{s:s, s:s, s:I, s:{s:s}}", "mediaType", m->media_type, "digest",
			  m->digest, "size", (json_int_t)m->size, "annotations", TAG_KEY, m->tag);

	for (size_t i = json_array_size(manifests); i-- > 0;)
		if (strcmp(tag_of(json_array_get(manifests, i)), m->tag) == 0)
			json_array_remove(manifests, i);
	return entry && json_array_append_new(manifests, entry) == 0 ? 0 : -ENOMEM;
}

int image_layout_tag(int layout, const struct image_descriptor *manifest, struct reason *why)
{
	_json_ json_t *index = NULL;
	_bytes_ struct image_bytes text = {0};
	json_t *manifests;
	int r = read_json(layout, "index.json", &index, why);

	if (r < 0)
		return r;
	if (r == 0)
		index = json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType",
				  "application/vnd.oci.image.index.v1+json", "manifests");
	manifests = json_object_get(index, "manifests");
	if (!json_is_array(manifests))
		return fail(why, -EBADMSG, "index.json of the layout has no list of manifests");
	if (replace_entry(manifests, manifest) < 0)
		return fail(why, -ENOMEM, "out of memory");
	if (json_array_size(manifests) > IMAGE_INDEX_MAX)
		return fail(why, -E2BIG, "the layout has %d images already", IMAGE_INDEX_MAX);
	text.data = json_dumps(index, JSON_COMPACT);
	if (!text.data)
		return fail(why, -ENOMEM, "out of memory");
	text.len = strlen(text.data);
	return put_file(layout, "index.json", &text, why);
}
