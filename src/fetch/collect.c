/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is downloaded when: documents one by one, config and layers all at once. */
#include "fetch/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "image/manifest.h"
#include "registry/client.h"

#define BLOBS "blobs/sha256/"

void collection_done(struct collection *c)
{
	for (size_t i = 0; i < c->n; i++)
		fd_close(&c->items[i].fd);
	c->n = 0;
}

/* Owns @fd from here on. */
static int add(struct collection *c, const struct fetch_blob *blob, int fd, struct reason *why)
{
	if (c->n == FETCH_BLOBS_MAX) {
		close(fd);
		return fail(why, -E2BIG, "the image has more than %d parts", FETCH_BLOBS_MAX);
	}
	c->items[c->n++] = (struct collected){.blob = *blob, .fd = fd};
	return 0;
}

static struct collected *find(struct collection *c, const char *digest)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->items[i].blob.digest, digest) == 0)
			return &c->items[i];
	return NULL;
}

/* The file of the store, if its content is still right. */
static int find_stored(const struct collection *c, const char *digest, uint64_t size)
{
	_close_ int fd = -1;
	char is[DIGEST_TEXT_SIZE];
	struct stat st;

	if (c->store < 0)
		return -1;
	fd = openat(c->store, digest + strlen("sha256:"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || (uint64_t)st.st_size != size ||
	    digest_fd(fd, size, is) < 0 || strcmp(is, digest) != 0)
		return -1;
	return take_fd(&fd);
}

int collection_add(struct collection *c, const struct registry_document *d, struct reason *why)
{
	struct fetch_blob blob = {.size = d->len};
	int fd;

	memcpy(blob.digest, d->digest, DIGEST_TEXT_SIZE);
	if (find(c, d->digest))
		return 0;
	fd = fd_memfd_sealed("blob", d->data, d->len);
	return fd < 0 ? fail(why, fd, "cannot hold a manifest in memory: %s", strerror(-fd))
		      : add(c, &blob, fd, why);
}

/* What is missing of @wanted becomes a download. */
static int plan(struct collection *c, const struct image_descriptor *wanted,
		struct registry_blob *downloads, size_t *n, struct reason *why)
{
	struct fetch_blob blob = {.size = wanted->size};
	int fd;

	if (!digest_is_valid(wanted->digest))
		return fail(why, -EBADMSG,
			    "the image refers to a blob by something else than sha256");
	if (wanted->size > IMAGE_LAYER_MAX)
		return fail(why, -EFBIG, "blob %.19s has %llu bytes, at most %u are read",
			    wanted->digest, (unsigned long long)wanted->size, IMAGE_LAYER_MAX);
	if (find(c, wanted->digest))
		return 0;
	memcpy(blob.digest, wanted->digest, DIGEST_TEXT_SIZE);
	fd = find_stored(c, wanted->digest, wanted->size);
	blob.is_stored = fd >= 0;
	if (fd < 0) {
		fd = memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (fd < 0)
			return fail(why, -errno, "cannot hold a download: %s", strerror(errno));
		downloads[(*n)++] = (struct registry_blob){wanted->digest, wanted->size, fd};
	}
	return add(c, &blob, fd, why);
}

/* Blobs of a layout; sizes and digests are checked. */
static int copy_blobs(const struct collection *c, const struct registry_blob *blobs, size_t n,
		      struct reason *why)
{
	for (size_t i = 0; i < n; i++) {
		const struct image_descriptor d = {.digest = blobs[i].digest,
						   .size = blobs[i].size};
		_bytes_ struct image_bytes bytes = {0};
		int r = image_source_blob(c->layout, &d, IMAGE_LAYER_MAX, &bytes, why);

		if (r == 0)
			r = fd_write_all(blobs[i].file, bytes.data, bytes.len);
		if (r < 0)
			return fail(why, r, "cannot hold a blob in memory: %s", strerror(-r));
	}
	return 0;
}

static int get_blobs(struct collection *c, const struct registry_blob *blobs, size_t n,
		     struct reason *why)
{
	return c->registry ? registry_blobs(c->registry, blobs, n, why)
			   : copy_blobs(c, blobs, n, why);
}

static int expand(struct collection *c, const struct image_manifest *m, struct reason *why)
{
	struct registry_blob downloads[IMAGE_LAYERS_MAX + 1];
	size_t n = 0;
	int r = plan(c, &m->config, downloads, &n, why);

	for (size_t i = 0; i < m->n_layers && r == 0; i++)
		r = plan(c, &m->layers[i], downloads, &n, why);
	for (size_t at = 0; at < n && r == 0; at += REGISTRY_PARALLEL_MAX)
		r = get_blobs(c, downloads + at,
			      n - at < REGISTRY_PARALLEL_MAX ? n - at : REGISTRY_PARALLEL_MAX, why);
	for (size_t i = 0; i < n && r == 0; i++)
		r = fd_seal(downloads[i].file);
	c->is_expanded = true;
	return r < 0 ? fail(why, r, "cannot download the image: %s", strerror(-r)) : 0;
}

/* Below an index: its manifest; and when it is one, all that belongs to it. */
static int copy_document(const struct collection *c, const char *digest,
			 struct registry_document *ret, struct reason *why)
{
	struct image_bytes bytes = {0};
	char name[128];
	int r;

	snprintf(name, sizeof(name), BLOBS "%.64s", digest + strlen("sha256:"));
	r = image_source_read(c->layout, name, IMAGE_JSON_MAX, &bytes, why);
	if (r < 0)
		return r;
	*ret = (struct registry_document){.data = bytes.data, .len = bytes.len};
	digest_text(bytes.data, bytes.len, ret->digest);
	return strcmp(ret->digest, digest) == 0
		       ? 0
		       : fail(why, -EBADMSG, "blob %.19s does not match its digest", digest);
}

static int fetch_document(struct collection *c, const char *digest, struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r = c->registry ? registry_manifest(c->registry, digest, &d, why)
			    : copy_document(c, digest, &d, why);

	return r < 0 ? r : collection_add(c, &d, why);
}

static int expand_last(struct collection *c, struct reason *why)
{
	const struct collected *last = &c->items[c->n - 1];
	_bytes_ struct image_bytes bytes = {0};
	_json_ json_t *json = NULL;
	struct image_manifest manifest;
	int r = fd_read_all(last->fd, IMAGE_JSON_MAX, &bytes.data, &bytes.len);

	if (r == 0)
		r = image_json_parse(bytes.data, bytes.len, "the manifest", &json, why);
	if (r < 0 || !json_is_array(json_object_get(json, "layers")))
		return r;
	r = image_manifest_parse(json, &manifest, why);
	return r < 0 ? r : expand(c, &manifest, why);
}

static int open_collected(const struct image_source *source, const char *name, struct reason *why)
{
	struct collection *c = source->data;
	char digest[DIGEST_TEXT_SIZE];
	struct collected *item;
	int fd, r = 0;

	if (strncmp(name, BLOBS, strlen(BLOBS)) != 0 && c->layout)
		return c->layout->open(c->layout, name, why);
	if (strncmp(name, BLOBS, strlen(BLOBS)) != 0)
		return fail(why, -ENOENT, "an image of a registry has no %s", name);
	snprintf(digest, sizeof(digest), "sha256:%s", name + strlen(BLOBS));
	if (!find(c, digest) && !c->is_expanded)
		r = fetch_document(c, digest, why);
	item = r == 0 ? find(c, digest) : NULL;
	if (r == 0 && item && !c->is_expanded && item == &c->items[c->n - 1])
		r = expand_last(c, why);
	if (r < 0)
		return r;
	item = find(c, digest);
	if (!item)
		return fail(why, -ENOENT, "blob %.19s does not belong to the image", digest);
	fd = fcntl(item->fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? fail(why, -errno, "cannot read a download: %s", strerror(errno)) : fd;
}

struct image_source collection_source(struct collection *collection)
{
	return (struct image_source){.fd = -1, .data = collection, .open = open_collected};
}
