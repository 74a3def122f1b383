/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "bpfctl image generate-build-args": what podman and docker need to build the same image with
 * a Containerfile. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"
#include "build/command.h"
#include "image/build/object.h"
#include "image/manifest.h"
#include "model/object.h"

/* bpfman's names of the multi-arch build arguments end in the byte order. */
static bool is_big_endian(const struct image_bytes *elf)
{
	return elf->len > 5 && elf->data[5] == 2;
}

/* *ret stays NULL for an object that cannot be read here. */
static int read_labels(const char *path, struct image_bytes *elf, json_t **ret, struct reason *why)
{
	const char *slash = strrchr(path, '/');
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = fd < 0 ? -errno : fd_read_all(fd, OBJECT_SIZE_MAX, &elf->data, &elf->len);

	if (r < 0)
		return fail(why, r, "%s: %s", path, strerror(-r));
	if (!image_object_is_readable(elf))
		return 0;
	r = image_object_labels(elf, slash ? slash + 1 : path, NULL, ret, why);
	if (r < 0)
		reason_prefix(why, "%s", path);
	return r;
}

static void add_name(const char *architecture, bool is_big, struct text *out)
{
	text_add(out, "BC_");
	for (; *architecture; architecture++)
		text_add(out, "%c", toupper((unsigned char)*architecture));
	text_add(out, is_big ? "_EB" : "_EL");
}

/* Programs and maps are those of the first: one source for all machines. */
static void add_tables(const json_t *labels, struct text *out)
{
	const char *programs = json_string_value(json_object_get(labels, "io.ebpf.programs"));
	const char *maps = json_string_value(json_object_get(labels, "io.ebpf.maps"));

	text_add(out, "PROGRAMS=%s\nMAPS=%s\n", programs ? programs : "{}", maps ? maps : "{}");
}

int build_arguments(struct build_command *c, struct reason *why)
{
	_json_ json_t *first = NULL;

	for (size_t i = 0; i < c->what.n_machines; i++) {
		const struct image_machine *m = &c->what.machines[i];
		_bytes_ struct image_bytes elf = {0};
		_json_ json_t *labels = NULL;
		int r = read_labels(m->object, &elf, &labels, why);

		if (r < 0)
			return r;
		if (m->architecture)
			add_name(m->architecture, is_big_endian(&elf), &c->out);
		else
			text_add(&c->out, "BYTECODE_FILE");
		text_add(&c->out, "=%s\n", m->object);
		if (!first && labels)
			first = json_incref(labels);
	}
	if (!first) {
		reason_hint(why, "give one object of this machine's byte order too");
		return fail(why, -EOPNOTSUPP,
			    "objects of the other byte order cannot be read here");
	}
	add_tables(first, &c->out);
	return c->out.r < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}
