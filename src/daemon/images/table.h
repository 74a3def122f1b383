/* SPDX-License-Identifier: Apache-2.0 */
/* The table of images, <state>/images/images.db: rows of "image" and of "blob". A cache: one that
 * is damaged or of another version is begun anew. */
#pragma once

struct db;
struct reason;

/* Open or create. @ret may be set on failure too; db_close() it. Return: 0 or -errno. */
int table_open(const char *state, struct db **ret, struct reason *why);
