/* SPDX-License-Identifier: Apache-2.0 */
/* What the labels of a bytecode image say about the object in it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct reason;
struct text;

#define IMAGE_LABELS_PROGRAMS_MAX 128

/* One program named by the labels. @type may be "" (the ELF decides). */
struct image_program {
	char *entry; /* function, or section with the talk's labels */
	char *type;
};

/**
 * struct image_labels
 * @program_name:   io.ebpf.program_name, or NULL.
 * @kernel_version: io.ebpf.kernel_version of the build machine, or NULL; information only.
 * @programs:       from io.ebpf.programs (JSON object function → type), or the one of
 * io.ebpf.bpf_function_name / io.ebpf.section_name with io.ebpf.program_type. None: the ELF
 * decides.
 */
struct image_labels {
	char *program_name;
	char *kernel_version;
	struct image_program *programs;
	size_t n_programs;
};

void image_labels_done(struct image_labels *labels);
void image_labels_encode(const struct image_labels *labels, struct text *w);

/* Return: 0, -EBADMSG, -ENOMEM. */
int image_labels_decode(const void *data, size_t len, struct image_labels *ret);
