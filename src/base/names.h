/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory, when visiting one may remove it. */
#pragma once

typedef void names_visit(const char *name, void *arg);

/* Visit every name that does not begin with a dot; names first, visits after: removing while a
 * directory is read may skip entries. A directory that cannot be read has none. */
void names_each(const char *dir, names_visit *visit, void *arg);
