/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the two kinds of places. */
#include "copy/place.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "fetch/endpoint.h"
#include "image/build/layout.h"
#include "image/manifest.h"
#include "registry/auth/login.h"

#define TAG_KEY "org.opencontainers.image.ref.name"

void place_done(struct place *place)
{
	bpfd_close(place->store);
	place->store = NULL;
	registry_free(place->registry);
	place->registry = NULL;
	credentials_done(&place->credentials);
	fetch_order_done(&place->order);
	bytecode_done(&place->name);
	fd_close(&place->dir);
}

/* Relative layouts count from here; a name without scheme is an image. */
static int parse(const char *text, struct bytecode *ret, struct reason *why)
{
	_text_ struct text full = {0};
	char here[PATH_MAX];

	if (strncmp(text, "oci:", 4) == 0 && text[4] != '/') {
		if (!getcwd(here, sizeof(here)))
			return fail(why, -errno, "no working directory: %s", strerror(errno));
		text_add(&full, "oci:%s/%s", here,
			 strncmp(text + 4, "./", 2) == 0 ? text + 6 : text + 4);
	} else if (strncmp(text, "oci:", 4) == 0 || strstr(text, "://")) {
		text_add(&full, "%s", text);
	} else {
		text_add(&full, "image://%s", text);
	}
	if (full.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	return bytecode_parse(full.data, ret, why);
}

bool place_is_file(const char *word)
{
	struct stat st;

	return strncmp(word, "oci:", 4) != 0 && !strstr(word, "://") && stat(word, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

static int open_layout(struct place *place, bool is_target, struct reason *why)
{
	const char *path = place->name.path;

	place->dir = is_target ? image_layout_open(path, why)
			       : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->dir < 0 && !is_target)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	return place->dir < 0 ? place->dir : 0;
}

static int find_login(const struct place_options *o, struct place *place, struct reason *why)
{
	if (!o->password)
		return login_find(place->name.path, &place->credentials, why);
	if (text_set(&place->credentials.username, o->username ? o->username : "") < 0 ||
	    text_set(&place->credentials.password, o->password) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 1;
}

static int open_registry(const struct place_options *o, bool is_target, struct place *place,
			 struct reason *why)
{
	struct registry_options options = {.wants_push = is_target};
	struct fetch_endpoint *e;
	int r = fetch_origin(o->settings, &place->name, &place->order, why);

	if (r == 0)
		r = find_login(o, place, why);
	if (r < 0)
		return r;
	options.credentials = r == 1 ? &place->credentials : NULL;
	e = &place->order.endpoints[0];
	if (o->insecure && strncmp(e->url, "https:", 6) == 0) {
		memmove(e->url + 4, e->url + 5, strlen(e->url + 5) + 1);
		e->may_be_plain = true;
	}
	options.url = e->url;
	options.repository = e->repository;
	options.http = (struct http_options){
		.ca = {e->ca.data, e->ca.len},
		.cert = {e->cert.data, e->cert.len},
		.key = {e->key.data, e->key.len},
		.may_be_plain = e->may_be_plain,
		.skips_verify = e->skips_verify,
		.proxy = place->order.proxy,
		.no_proxy = place->order.no_proxy,
		.deadline_ms = 600000,
	};
	return registry_new(&options, &place->registry, why);
}

int place_open(const struct place_options *options, const char *text, bool is_target,
	       struct place *ret, struct reason *why)
{
	int r;

	*ret = (struct place){.dir = -1};
	r = parse(text, &ret->name, why);
	if (r < 0)
		return r;
	if (ret->name.scheme == BYTECODE_OCI)
		return open_layout(ret, is_target, why);
	if (ret->name.scheme == BYTECODE_IMAGE)
		return open_registry(options, is_target, ret, why);
	return fail(why, -EINVAL,
		    "%s is neither a layout (oci:DIR[:TAG]) nor an image of a registry", text);
}

/* Another name of the same image is as good. */
static int find_stored(struct place *place, struct reason *why)
{
	const struct bpfd_list_opts opts = {.size = sizeof(opts), .ref = place->name.path};
	struct bpfd_images *images = NULL;
	const struct bpfd_image *image;
	int r = bpfd_image_list(place->store, &opts, &images);

	if (r < 0)
		return 0;
	image = bpfd_images_get(images, 0);
	r = image && text_set(&place->name.digest, bpfd_image_manifest(image)) < 0
		    ? fail(why, -ENOMEM, "out of memory")
		    : image != NULL;
	bpfd_images_free(images);
	return r;
}

int place_open_store(const char *socket, const char *text, struct place *ret, struct reason *why)
{
	const struct bpfd_open_opts opts = {.size = sizeof(opts), .socket = socket};
	int r;

	*ret = (struct place){.dir = -1};
	r = parse(text, &ret->name, why);
	if (r < 0 || ret->name.scheme != BYTECODE_IMAGE)
		return r;
	if (bpfd_open(&opts, &ret->store) < 0) {
		bpfd_close(ret->store);
		ret->store = NULL;
		return 0;
	}
	return find_stored(ret, why);
}

static int read_stored(struct place *place, const char *digest, struct image_bytes *ret,
		       struct reason *why)
{
	struct bpfd_blob blob;
	char is[DIGEST_TEXT_SIZE];
	int r = bpfd_image_read(place->store, place->name.path, digest, &blob);

	if (r < 0)
		return fail(why, r, "%s", bpfd_error_text(place->store));
	*ret = (struct image_bytes){blob.data, blob.len};
	digest_text(blob.data, blob.len, is);
	return strcmp(is, digest) == 0
		       ? 0
		       : fail(why, -EBADMSG, "blob %.19s does not match its digest", digest);
}

static int take_bytes(struct image_bytes *bytes, const struct image_descriptor *d,
		      struct registry_document *ret)
{
	memcpy(ret->digest, d->digest, DIGEST_TEXT_SIZE);
	ret->media_type = strdup(d->media_type);
	ret->len = bytes->len;
	ret->data = take_ptr(bytes->data);
	return ret->media_type ? 0 : -ENOMEM;
}

/* The entry of index.json; every machine's, so the tag alone counts. */
static int layout_tagged(struct place *place, const char *tag, struct registry_document *ret,
			 struct reason *why)
{
	const struct image_wish wish = {.tag = tag};
	const struct image_source source = image_source_directory(place->dir);
	_bytes_ struct image_bytes text = {0};
	_bytes_ struct image_bytes bytes = {0};
	_json_ json_t *index = NULL;
	struct image_descriptor d;
	int r = image_source_read(&source, "index.json", IMAGE_JSON_MAX, &text, why);

	if (r == 0)
		r = image_json_parse(text.data, text.len, "index.json", &index, why);
	if (r == 0)
		r = image_index_pick(index, &wish, &d, why);
	if (r == 0)
		r = image_source_blob(&source, &d, IMAGE_JSON_MAX, &bytes, why);
	if (r == 0)
		r = take_bytes(&bytes, &d, ret);
	return r;
}

/* A document below an index; what it is, its own words or its place there say. */
static int layout_document(struct place *place, const char *digest, struct registry_document *ret,
			   struct reason *why)
{
	const struct image_source source = image_source_directory(place->dir);
	_text_ struct text name = {0};
	_bytes_ struct image_bytes bytes = {0};
	struct image_descriptor d = {.media_type = "application/vnd.oci.image.manifest.v1+json"};
	_json_ json_t *json = NULL;
	char is[DIGEST_TEXT_SIZE];
	int r;

	text_add(&name, "blobs/sha256/%s", digest + strlen("sha256:"));
	if (place->store)
		r = read_stored(place, digest, &bytes, why);
	else
		r = name.r < 0 ? -ENOMEM
			       : image_source_read(&source, name.data, IMAGE_JSON_MAX, &bytes, why);
	if (r == 0)
		r = image_json_parse(bytes.data, bytes.len, "a manifest", &json, why);
	if (r < 0)
		return r;
	digest_text(bytes.data, bytes.len, is);
	if (strcmp(is, digest) != 0)
		return fail(why, -EBADMSG, "blob %.19s does not match its digest", digest);
	d.digest = digest;
	if (json_is_array(json_object_get(json, "manifests")))
		d.media_type = "application/vnd.oci.image.index.v1+json";
	if (json_is_string(json_object_get(json, "mediaType")))
		d.media_type = json_string_value(json_object_get(json, "mediaType"));
	return take_bytes(&bytes, &d, ret);
}

int place_document(struct place *place, const char *version, struct registry_document *ret,
		   struct reason *why)
{
	if (place->registry)
		return registry_manifest(place->registry,
					 version ? version : bytecode_version(&place->name), ret,
					 why);
	if (place->store && !version)
		version = place->name.digest;
	if (version && digest_is_valid(version))
		return layout_document(place, version, ret, why);
	return layout_tagged(place, version ? version : place->name.tag, ret, why);
}

int place_blob(struct place *place, const struct image_descriptor *blob, struct image_bytes *ret,
	       struct reason *why)
{
	_close_ int fd = -1;
	int r;

	if (place->store)
		return read_stored(place, blob->digest, ret, why);
	if (!place->registry) {
		const struct image_source source = image_source_directory(place->dir);

		return image_source_blob(&source, blob, IMAGE_LAYER_MAX, ret, why);
	}
	if (blob->size > IMAGE_LAYER_MAX)
		return fail(why, -EFBIG, "blob %.19s has %llu bytes, at most %u are copied",
			    blob->digest, (unsigned long long)blob->size, IMAGE_LAYER_MAX);
	fd = memfd_create("blob", MFD_CLOEXEC);
	if (fd < 0)
		return fail(why, -errno, "cannot hold a blob: %s", strerror(errno));
	r = registry_blobs(place->registry, &(struct registry_blob){blob->digest, blob->size, fd},
			   1, why);
	return r < 0 ? r : fd_read_all(fd, IMAGE_LAYER_MAX, &ret->data, &ret->len);
}

int place_put_blob(struct place *place, const char *digest, const struct image_bytes *bytes,
		   struct reason *why)
{
	char is[DIGEST_TEXT_SIZE];

	if (!place->registry)
		return image_layout_put(place->dir, bytes, is, why);
	return registry_push_blob(place->registry, digest,
				  &(struct http_bytes){bytes->data, bytes->len}, why);
}

int place_put_document(struct place *place, const char *version,
		       const struct registry_document *document, struct reason *why)
{
	const struct image_bytes bytes = {document->data, document->len};
	struct image_descriptor d = {.media_type = document->media_type,
				     .digest = document->digest,
				     .size = document->len};
	char is[DIGEST_TEXT_SIZE];
	int r;

	if (place->registry)
		return registry_push_manifest(place->registry,
					      version ? version : bytecode_version(&place->name),
					      document, why);
	r = image_layout_put(place->dir, &bytes, is, why);
	/* Below an index a digest is enough. */
	if (r < 0 || (version && strncmp(version, "sha256:", 7) == 0))
		return r;
	d.tag = version ? version : place->name.tag ? place->name.tag : "latest";
	return image_layout_tag(place->dir, &d, why);
}
