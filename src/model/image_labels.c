/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flat form of image labels; their JSON belongs to image/labels.c in the parser. */
#include "model/image_labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

#define ENTRY_MAX 255
#define TYPE_MAX  63

void image_labels_done(struct image_labels *labels)
{
	if (!labels)
		return;
	for (size_t i = 0; i < labels->n_programs; i++) {
		free(labels->programs[i].entry);
		free(labels->programs[i].type);
	}
	free(labels->programs);
	free(labels->program_name);
	free(labels->kernel_version);
	*labels = (struct image_labels){0};
}

void image_labels_encode(const struct image_labels *labels, struct text *w)
{
	buf_put_str(w, labels->program_name);
	buf_put_str(w, labels->kernel_version);
	buf_put_u32(w, (uint32_t)labels->n_programs);
	for (size_t i = 0; i < labels->n_programs; i++) {
		buf_put_str(w, labels->programs[i].entry);
		buf_put_str(w, labels->programs[i].type);
	}
}

static char *get_optional(struct buf_reader *rd)
{
	char *s = buf_get_str(rd, ENTRY_MAX);

	if (s && !text_is_clean(s, ENTRY_MAX))
		rd->r = -EBADMSG;
	if (s && s[0] != '\0')
		return s;
	free(s);
	return NULL;
}

/* Counted at once, so that a half-read program is freed too. */
static void get_program(struct buf_reader *rd, struct image_labels *labels)
{
	struct image_program *program = &labels->programs[labels->n_programs++];

	program->entry = buf_get_str(rd, ENTRY_MAX);
	program->type = buf_get_str(rd, TYPE_MAX);
	if (!program->entry || !program->type)
		return;
	if (program->entry[0] == '\0' || !text_is_clean(program->entry, ENTRY_MAX) ||
	    !text_is_clean(program->type, TYPE_MAX))
		rd->r = -EBADMSG;
}

int image_labels_decode(const void *data, size_t len, struct image_labels *ret)
{
	_cleanup_(image_labels_done) struct image_labels labels = {0};
	struct buf_reader rd;
	uint32_t n;
	int r;

	buf_reader_init(&rd, data, len);
	labels.program_name = get_optional(&rd);
	labels.kernel_version = get_optional(&rd);
	n = buf_get_count(&rd, IMAGE_LABELS_PROGRAMS_MAX);
	if (n > 0) {
		labels.programs = calloc(n, sizeof(*labels.programs));
		if (!labels.programs)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < n && rd.r == 0; i++)
		get_program(&rd, &labels);
	r = buf_reader_end(&rd);
	if (r < 0)
		return r;
	*ret = labels;
	labels = (struct image_labels){0};
	return 0;
}
