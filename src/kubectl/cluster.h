/* SPDX-License-Identifier: Apache-2.0 */
/* The API server as the verbs see it: one answer after the other, and errors that say what to do.
 */
#pragma once

#include <jansson.h>

struct kubectl;
struct text;

#define CLUSTER_API "/apis/bpfd.io/v1alpha1/"

/* Objects a page; pages at most: longer lists are -E2BIG. */
#define CLUSTER_PAGE  500
#define CLUSTER_PAGES 400

/* How often a write is tried again that met somebody else's. */
#define CLUSTER_TRIES 5

/* Read access and begin; again is nothing. Return: 0 or -errno. */
int cluster_open(struct kubectl *k);
void cluster_close(struct kubectl *k);

/* Append @s as a part of a path or the value of a query. */
void cluster_encode(struct text *path, const char *s);

/* Append "<collection>/<name>" below CLUSTER_API. */
void cluster_path(struct text *path, const char *collection, const char *name);

/* Append "?labelSelector=bpfd.io/config%3D…" for the config @name. */
void cluster_select_config(struct text *path, const char *name);

/* Return: 0, -ENOENT (k->why says which of object and definitions is missing), -EACCES, -errno. */
int cluster_get(struct kubectl *k, const char *path, json_t **ret);

/* The same, and an object that is not there is NULL and no error. */
int cluster_find(struct kubectl *k, const char *path, json_t **ret);

/**
 * cluster_each() - a list, page by page; no more than a page is held.
 * @path: with or without a query.
 * @each: takes one item, borrowed; nonzero ends it with that.
 */
int cluster_each(struct kubectl *k, const char *path, int (*each)(void *userdata, json_t *item),
		 void *userdata);

/**
 * cluster_change() - read an object, let @change make a patch, send it; again when somebody was
 * faster.
 * @type:   KUBE_MERGE_PATCH or KUBE_JSON_PATCH.
 * @change: *ret_patch is a new reference, which holds the resourceVersion; left NULL: nothing to
 *          do.
 *
 * Return: 1 changed, 0 nothing to do, -ESTALE, -errno.
 */
struct cluster_change {
	const char *path;
	const char *type;
	int (*change)(struct kubectl *k, const json_t *object, void *userdata, json_t **ret_patch);
	void *userdata;
};
int cluster_change(struct kubectl *k, const struct cluster_change *change);
