/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of configs, and descriptions of objects by digest. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct object;
struct reason;
struct store;

/* Configs: @body is the packed bpfd.v1.Config. */
struct config_row {
	char *name;
	void *body;
	size_t body_len;
	uid_t owner;
	uint64_t applied_at;
	uint64_t generation;
};

struct config_row_list {
	struct config_row *items;
	size_t n;
};

void config_row_list_done(struct config_row_list *list);
int store_config_put(struct store *store, const struct config_row *row, struct reason *why);
int store_config_delete(struct store *store, const char *name, struct reason *why);

/* One (name) or all (NULL); an unknown name gives an empty list. */
int store_config_list(struct store *store, const char *name, struct config_row_list *ret,
		      struct reason *why);

/* Descriptions by digest, so that known bytecode is not looked at again. get: 1, 0 (unknown),
 * -errno. */
int store_object_put(struct store *store, const char *digest, const struct object *object,
		     struct reason *why);
int store_object_get(struct store *store, const char *digest, struct object *ret,
		     struct reason *why);
