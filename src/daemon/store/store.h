/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs in this boot, as rows (state.db on tmpfs). Rows are pending while their plan runs and
 * live after its commit; only live rows are found, so a crash in between leaves nothing that looks
 * real. S1: no pin without a row: a row is put before its pin is made.  S2: no row without an
 * owner.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/program.h"

struct db;
struct reason;
struct store;

/* Open, create the tables, drop everything when the boot id differs. One store a thread. */
int store_open(const char *path, struct store **ret, struct reason *why);
void store_free(struct store *store);

/* Everything between begin and commit happens together. */
int store_begin(struct store *store, struct reason *why);
int store_commit(struct store *store, struct reason *why);
void store_rollback(struct store *store);

/* Programs. put: pending; publish: live, with its kernel id. -EEXIST: a live program has that name.
 */
int store_program_put(struct store *store, const struct program *program, struct reason *why);
int store_program_publish(struct store *store, const struct program *program, struct reason *why);
int store_program_delete(struct store *store, const char *uuid, struct reason *why);

/* By name, kernel id or unique prefix of a name. -ENOENT, -EINVAL (several match: lists them). */
int store_program_get(struct store *store, const char *ref, struct program *ret,
		      struct reason *why);
int store_program_by_uuid(struct store *store, const char *uuid, struct program *ret,
			  struct reason *why);

/* Does a program, live or pending, come from the object with this digest? 1, 0, -errno. */
int store_program_has_digest(struct store *store, const char *digest, struct reason *why);

/* Is the name taken by a live program? 1, 0, -errno. */
int store_program_name_taken(struct store *store, const char *name, struct reason *why);

/* All; of one config; of one load. NULL: any. Ordered by name. */
int store_program_list(struct store *store, const char *config, const char *load,
		       struct program_list *ret, struct reason *why);

/* The instructions a chain is linked from, kept with the program; @data is instructions_encode().
 */
int store_code_put(struct store *store, const char *program, const void *data, size_t len,
		   struct reason *why);

/* A heap copy of it. -ENOENT: none. */
int store_code_get(struct store *store, const char *program, void **ret, size_t *ret_len,
		   struct reason *why);

/* Raw BTF of a load; get: *ret NULL when it has none. */
int store_btf_get(struct store *store, const char *load, void **ret, size_t *ret_len,
		  struct reason *why);
int store_btf_put(struct store *store, const char *load, const void *data, size_t len,
		  struct reason *why);

/* Links. put reserves an id (never reused) and sets it. */
int store_link_put(struct store *store, struct link *link, struct reason *why);
int store_link_publish(struct store *store, const struct link *link, struct reason *why);
int store_link_delete(struct store *store, uint32_t id, struct reason *why);
int store_link_get(struct store *store, uint32_t id, struct link *ret, struct reason *why);

/* Of one program (uuid), of one hook text, of one config; NULL: any. In order of execution:
 * priority, age. */
struct link_filter {
	const char *program;
	const char *hook;
	const char *config;
};
int store_link_list(struct store *store, const struct link_filter *filter, struct link_list *ret,
		    struct reason *why);

/* Maps, by the load whose pin holds them. @programs of @map is ignored. */
int store_map_put(struct store *store, const struct map *map, const char *config, uid_t owner,
		  struct reason *why);
int store_map_use(struct store *store, uint32_t map, const char *program, uint32_t index,
		  struct reason *why);
int store_map_export(struct store *store, uint32_t map, const struct map_export *export,
		     struct reason *why);
int store_map_delete_of_load(struct store *store, const char *load, struct reason *why);

/* Is a map of somebody else than @owner exported in the directory? Return: 0, 1 or -errno. */
int store_map_exported_by_other(struct store *store, const char *dir, uid_t owner,
				struct reason *why);

/* @load, @program (uuid) or all; NULL: any. */
int store_map_list(struct store *store, const char *load, const char *program, struct map_list *ret,
		   struct reason *why);

/* Id and type of the maps that a program's instructions refer to, by their index there. */
int store_map_places(struct store *store, const char *program, struct map_list *ret,
		     struct reason *why);

/* By id, "program/map" or "config/map". */
int store_map_get(struct store *store, const char *ref, struct map *ret, struct reason *why);

/* Live programs and links, for the status. */
int store_counts(struct store *store, uint32_t *ret_programs, uint32_t *ret_links,
		 struct reason *why);
