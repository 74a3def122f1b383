/* SPDX-License-Identifier: Apache-2.0 */
/* The bytecode field of a manifest in all its forms. */
#pragma once

struct decoder;
struct doc_node;
struct field;

/**
 * source_decode() - read "image://…", "file:…", "oci:…", a path, or the object form {image: {url},
 * path}.
 *
 * Suits struct field; its offset is of a struct config_program. .bytecode becomes the canonical
 * text of bytecode_parse(); relative paths count from the directory of the manifest. .pull_policy
 * and .pull_secret are of the object form, when not set yet.
 */
int source_decode(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object);

/* "Always", "IfNotPresent" or "Never" into a char *. Suits struct field. */
int source_policy(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object);
