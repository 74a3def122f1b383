/* SPDX-License-Identifier: Apache-2.0 */
/* Owns images of bumblebee. Its older programs name the section of their maps ".maps.print",
 * ".maps.counter" and so on, which libbpf does not know: the names are cut to ".maps" here, in the
 * section header and in BTF. */
#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include "base/reason.h"
#include "image/dialect/dialect.h"
#include "image/dialect/raw.h"
#include "image/bpf_elf.h"
#include "image/manifest.h"
#include "image/read.h"

#define CONFIG	"application/ebpf.oci.image.config.v1+json"
#define PROGRAM "application/ebpf.oci.image.program.v1+binary"
#define MAPS	".maps"

static bool is_bumblebee(const struct image_manifest *m)
{
	return strcmp(m->config.media_type, CONFIG) == 0 || raw_count(m, PROGRAM) > 0;
}

/* ".maps.print" and its like. */
static bool is_marked(const char *name)
{
	return strncmp(name, MAPS ".", strlen(MAPS) + 1) == 0;
}

/* Strings lie one behind the other, each with its NUL. */
static void cut_strings(char *p, const char *end)
{
	while (p < end) {
		const char *nul = memchr(p, '\0', (size_t)(end - p));

		if (!nul)
			return;
		if (is_marked(p))
			p[strlen(MAPS)] = '\0';
		p += nul - p + 1;
	}
}

static void cut_btf(char *data, size_t len)
{
	struct btf_header head;

	if (len < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	if (head.hdr_len > len || head.str_off > len - head.hdr_len ||
	    head.str_len > len - head.hdr_len - head.str_off)
		return;
	data += head.hdr_len + head.str_off;
	cut_strings(data, data + head.str_len);
}

/* libbpf reads one section of maps. */
static int cut_sections(struct image_bytes *elf, struct reason *why)
{
	char *btf = NULL, *marked = NULL;
	struct image_section s;
	size_t n_maps = 0, btf_len = 0;

	for (size_t i = 0; image_elf_section(elf->data, elf->len, i, &s); i++) {
		n_maps += is_marked(s.name) || strcmp(s.name, MAPS) == 0;
		if (is_marked(s.name))
			marked = s.name;
		if (strcmp(s.name, ".BTF") == 0) {
			btf = elf->data + s.offset;
			btf_len = s.size;
		}
	}
	if (!marked)
		return 0;
	if (n_maps > 1)
		return fail(why, -ENOEXEC,
			    "the program has %zu sections of maps (%.32s and others), and one can "
			    "be loaded: build it again with a bumblebee of June 2023 or later",
			    n_maps, marked);
	marked[strlen(MAPS)] = '\0';
	if (btf)
		cut_btf(btf, btf_len);
	return 0;
}

static int read_bumblebee(const struct image_request *request, const struct image_manifest *m,
			  struct image_object *ret, struct reason *why)
{
	int r;

	if (raw_count(m, PROGRAM) != 1)
		return fail(why, -ENOEXEC, "the image of bumblebee has %zu programs, and not one",
			    raw_count(m, PROGRAM));
	r = raw_read(request->source, raw_find(m, PROGRAM), ret, why);
	return r < 0 ? r : cut_sections(&ret->elf, why);
}

const struct image_dialect image_dialect_bumblebee = {"bumblebee", is_bumblebee, read_bumblebee};
