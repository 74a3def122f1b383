/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the making of layouts for the tests; knows what right ones look like. */
#include "fixture.h"

#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "image/build/pack.h"

static void must(bool is_good)
{
	if (!is_good)
		abort();
}

void fixture_init(struct fixture *f)
{
	strcpy(f->path, "/tmp/image-test-XXXXXX");
	must(mkdtemp(f->path) != NULL);
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(f->fd >= 0 && mkdirat(f->fd, "blobs", 0755) == 0 &&
	     mkdirat(f->fd, "blobs/sha256", 0755) == 0);
	fixture_write(f, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void fixture_done(struct fixture *f)
{
	close(f->fd);
	nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_bytes(const struct fixture *f, const char *name, const void *data, size_t len)
{
	_close_ int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	must(fd >= 0 && fd_write_all(fd, data, len) == 0);
}

void fixture_write(const struct fixture *f, const char *name, const char *text)
{
	write_bytes(f, name, text, strlen(text));
}

struct stored fixture_blob(const struct fixture *f, const void *data, size_t len)
{
	struct stored s = {.size = len};
	char name[128];

	digest_text(data, len, s.digest);
	snprintf(name, sizeof(name), "blobs/sha256/%s", s.digest + 7);
	write_bytes(f, name, data, len);
	return s;
}

const char *fixture_descriptor(const char *type, const struct stored *s, const char *more)
{
	static char text[DOCUMENT_MAX];

	snprintf(text, sizeof(text), "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}",
		 type, s->digest, s->size, more);
	return text;
}

static const char *or_else(const char *s, const char *otherwise)
{
	return s ? s : otherwise;
}

static struct stored put_config(const struct fixture *f, const struct fixture_image *image,
				const char *diff_id)
{
	char text[DOCUMENT_MAX];

	snprintf(text, sizeof(text),
		 "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Labels\":%s},"
		 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
		 or_else(image->labels, "{}"), or_else(image->diff_id, diff_id));
	return fixture_blob(f, text, strlen(text));
}

struct stored fixture_image(const struct fixture *f, const struct fixture_image *image)
{
	_bytes_ struct image_bytes object = fixture_object(512);
	_bytes_ struct image_bytes tar = {0};
	_bytes_ struct image_bytes gzip = {0};
	const struct image_bytes *layer_bytes = image->is_gzip ? &gzip : &tar;
	const char *type =
		or_else(image->layer_type, image->is_gzip ? OCI_LAYER "+gzip" : OCI_LAYER);
	char text[DOCUMENT_MAX], diff_id[DIGEST_TEXT_SIZE];
	struct stored layer, config;
	int n;

	must(image_pack_tar(or_else(image->filename, "x.bpf.o"),
			    image->file ? image->file : &object, &tar, NULL) == 0 &&
	     image_pack_gzip(&tar, &gzip, NULL) == 0);
	digest_text(tar.data, tar.len, diff_id);
	layer = fixture_blob(f, layer_bytes->data, layer_bytes->len);
	config = put_config(f, image, diff_id);
	n = snprintf(text, sizeof(text), "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s",
		     or_else(image->manifest_type, OCI_MANIFEST),
		     fixture_descriptor(OCI_CONFIG, &config, ""));
	snprintf(text + n, sizeof(text) - (size_t)n, ",\"layers\":[%s]}",
		 fixture_descriptor(type, &layer, ""));
	return fixture_blob(f, text, strlen(text));
}

void fixture_index(const struct fixture *f, const char *descriptors)
{
	char text[2 * DOCUMENT_MAX];

	snprintf(text, sizeof(text), "{\"schemaVersion\":2,\"manifests\":[%s]}", descriptors);
	fixture_write(f, "index.json", text);
}

void fixture_only(const struct fixture *f, const struct fixture_image *image)
{
	struct stored s = fixture_image(f, image);

	fixture_index(
		f, fixture_descriptor(
			   or_else(image->manifest_type, OCI_MANIFEST), &s,
			   ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"latest\"}"));
}

struct image_bytes fixture_object(size_t len)
{
	struct image_bytes b = {.data = calloc(1, len + 1), .len = len};
	Elf64_Ehdr head = {.e_machine = EM_BPF};

	must(b.data && len >= sizeof(head));
	memcpy(head.e_ident, ELFMAG, SELFMAG);
	memcpy(b.data, &head, sizeof(head));
	return b;
}
