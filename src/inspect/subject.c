/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where a subject comes from. */
#include "inspect/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/manifest.h"
#include "model/object.h"

void subject_done(struct subject *s)
{
	json_decref(s->top);
	json_decref(s->manifest);
	json_decref(s->config);
	image_object_done(&s->object);
	fd_close(&s->dir);
	free(s->origin);
	scratch_done(&s->scratch);
}

json_t *subject_document(const struct subject *s, const char *digest)
{
	_bytes_ struct image_bytes bytes = {0};
	const struct image_source source = image_source_directory(s->dir);
	char name[128];
	json_t *json = NULL;

	if (!digest_is_valid(digest))
		return NULL;
	snprintf(name, sizeof(name), "blobs/sha256/%.64s", digest + strlen("sha256:"));
	if (image_source_read(&source, name, IMAGE_JSON_MAX, &bytes, NULL) < 0 ||
	    image_json_parse(bytes.data, bytes.len, name, &json, NULL) < 0)
		return NULL;
	return json;
}

static void add_size(const json_t *descriptor, uint64_t *size)
{
	*size += (uint64_t)json_integer_value(json_object_get(descriptor, "size"));
}

static uint64_t size_of(const struct subject *s, const char *digest)
{
	char name[128];
	struct stat st;

	snprintf(name, sizeof(name), "blobs/sha256/%.64s", digest + strlen("sha256:"));
	return fstatat(s->dir, name, &st, 0) < 0 ? 0 : (uint64_t)st.st_size;
}

static void read_documents(struct subject *s)
{
	const json_t *config, *layers;

	s->top = subject_document(s, s->object.top);
	s->manifest = subject_document(s, s->object.digest);
	s->top_size = size_of(s, s->object.top);
	config = json_object_get(s->manifest, "config");
	layers = json_object_get(s->manifest, "layers");
	add_size(config, &s->size);
	for (size_t i = 0; i < json_array_size(layers); i++)
		add_size(json_array_get(layers, i), &s->size);
	if (json_is_string(json_object_get(config, "digest")))
		s->config =
			subject_document(s, json_string_value(json_object_get(config, "digest")));
}

static int read_layout(const char *tag, struct subject *s, struct reason *why)
{
	const struct image_source source = image_source_directory(s->dir);
	const struct image_request request = {
		.source = &source, .tag = tag, .architecture = image_host_architecture()};
	int r = image_read(&request, &s->object, why);

	if (r == 0)
		read_documents(s);
	return r;
}

/* What cannot be read counts as none: nothing is decided by it. */
static void count_signatures(struct place *place, struct subject *s)
{
	const struct signature_reader reader = place_signatures(place);
	_evidence_ struct evidence evidence = {.n = 0};

	if (!place->store)
		signatures_collect(&reader, s->object.top, &evidence, NULL);
	s->n_signatures = evidence.n;
}

/* --- where it is --- */

static int copy_here(struct place *from, struct subject *s, struct reason *why)
{
	const struct place_options options = {.insecure = false};
	_place_ struct place to = {.dir = -1};
	char digest[DIGEST_TEXT_SIZE];
	_text_ struct text target = {0};
	int r = scratch_make(&s->scratch, why);

	text_add(&target, "oci:%s/layout:latest", s->scratch.path);
	if (r == 0 && target.r < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = place_open(&options, target.data, true, &to, why);
	if (r == 0)
		r = copy_image(from, &to, digest, why);
	if (r == 0)
		s->dir = take_fd(&to.dir);
	return r;
}

static int open_place(const struct subject_ask *ask, struct place *ret, struct reason *why)
{
	int r = place_open_store(ask->socket, ask->name, ret, why);

	if (r != 0)
		return r < 0 ? r : 0;
	place_done(ret);
	return place_open(&ask->place, ask->name, false, ret, why);
}

static int open_image(const struct subject_ask *ask, struct subject *s, struct reason *why)
{
	_place_ struct place place = {.dir = -1};
	int r = open_place(ask, &place, why);

	if (r < 0)
		return r;
	s->origin = strdup(place.dir >= 0 ? "layout"
			   : place.store  ? "store"
					  : place.order.endpoints[0].url);
	if (!s->origin)
		return fail(why, -ENOMEM, "out of memory");
	if (place.dir >= 0)
		s->dir = fcntl(place.dir, F_DUPFD_CLOEXEC, 3);
	else
		r = copy_here(&place, s, why);
	if (r == 0)
		r = read_layout(place.dir >= 0 ? place.name.tag : NULL, s, why);
	if (r == 0)
		count_signatures(&place, s);
	return r;
}

static int open_file(const char *path, struct subject *s, struct reason *why)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r = fd < 0 ? -errno
		       : fd_read_all(fd, OBJECT_SIZE_MAX, &s->object.elf.data, &s->object.elf.len);

	s->size = s->object.elf.len;
	s->origin = strdup("file");
	if (r == 0 && !s->origin)
		r = -ENOMEM;
	return r < 0 ? fail(why, r, "%s: %s", path, strerror(-r)) : 0;
}

int subject_open(const struct subject_ask *ask, struct subject *ret, struct reason *why)
{
	*ret = (struct subject){.dir = -1};
	return place_is_file(ask->name) ? open_file(ask->name, ret, why)
					: open_image(ask, ret, why);
}
