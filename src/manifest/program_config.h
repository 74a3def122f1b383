/* SPDX-License-Identifier: Apache-2.0 */
/* BpfProgramConfig documents (docs/MANIFEST.md): text to struct config and back. */
#pragma once

#include <stddef.h>

struct config;
struct reason;
struct text;

#define MANIFEST_API_VERSION "bpfd.io/v1alpha1"
#define MANIFEST_KIND	     "BpfProgramConfig"
#define MANIFEST_CONFIGS_MAX 1024

/* What one text holds; free with manifest_done(). */
struct manifest {
	struct config *configs;
	size_t n;
};

void manifest_done(struct manifest *manifest);

/**
 * manifest_parse() - read every BpfProgramConfig of a text (YAML or JSON, several documents, lists
 * of kind List).
 * @file_name: what errors begin with; a relative path of bytecode counts from its directory (from
 *             the working directory when it has none, as "-").
 * @ret:       at least one config, each passed config_check().
 *
 * Return: 0, -EINVAL (text is "FILE:LINE:COL: …"), -EFBIG, -E2BIG, -ENOMEM.
 */
int manifest_parse(const char *text, size_t len, const char *file_name, struct manifest *ret,
		   struct reason *why);

/**
 * manifest_parse_object() - the same for an object of an API server, as its JSON.
 *
 * Errors begin with the path of the field ("spec.programs[0].hooks[1]: …", "object: …" when there
 * is none), and a relative path of bytecode is one, because there is no directory that it counts
 * from. Return: as manifest_parse().
 */
int manifest_parse_object(const char *json, size_t len, struct manifest *ret, struct reason *why);

/* Append the general form as one YAML document (no "---"); manifest_parse() of it gives the same
 * config. */
void manifest_format(const struct config *config, struct text *t);
