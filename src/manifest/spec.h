/* SPDX-License-Identifier: Apache-2.0 */
/* One BpfProgramConfig document: the talk's form and the general one. */
#pragma once

struct config;
struct decoder;
struct doc_node;

/* Decode a whole document (apiVersion, kind, metadata, spec) and check it. @ret untouched on
 * failure; the caller calls config_done(). */
int spec_decode(const struct decoder *d, const struct doc_node *document, struct config *ret);
