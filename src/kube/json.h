/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that frees itself, and the fields that every Kubernetes object has. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct labels;
struct text;

static inline void kube_json_freep(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(kube_json_freep)

/* The member at "a.b.c", borrowed; NULL when something on the way is missing. Names of members must
 * not hold dots. */
json_t *kube_get(const json_t *object, const char *path);

/* The same as text ("" when there is none), number, boolean. */
const char *kube_text(const json_t *object, const char *path);
long long kube_number(const json_t *object, const char *path);
bool kube_flag(const json_t *object, const char *path);

static inline const char *kube_name(const json_t *object)
{
	return kube_text(object, "metadata.name");
}

static inline const char *kube_namespace(const json_t *object)
{
	return kube_text(object, "metadata.namespace");
}

static inline const char *kube_uid(const json_t *object)
{
	return kube_text(object, "metadata.uid");
}

static inline bool kube_is_deleted(const json_t *object)
{
	return *kube_text(object, "metadata.deletionTimestamp") != '\0';
}

/* Set or replace the text @key; a value that is empty or NULL is left out. */
void kube_set_text(json_t *object, const char *key, const char *value);

/* Remove members that are empty texts, at any depth: server-side apply of old API servers makes
 * null of them, and then refuses it. */
void kube_drop_empty(json_t *value);

/* metadata.labels as labels. Return: 0 or -ENOMEM; labels that are out of bounds are left out. */
int kube_labels(const json_t *object, struct labels *ret);

/* What fits a label value of 63 characters: @name, or its beginning and a digest. */
#define KUBE_LABEL_SIZE 64
void kube_label_value(const char *name, char ret[static KUBE_LABEL_SIZE]);

/* The name of the object for @a and @b: "a.b", at most 253 characters (then with a digest). */
#define KUBE_NAME_SIZE 254
void kube_join_name(const char *a, const char *b, char ret[static KUBE_NAME_SIZE]);

/* Now, as metav1.Time "2026-11-22T10:00:00Z" or MicroTime with six decimals. */
#define KUBE_TIME_SIZE 32
void kube_time(bool is_micro, char ret[static KUBE_TIME_SIZE]);

/* "status", with what changed since @old: conditions keep lastTransitionTime while their status
 * stays. @conditions, @old: arrays; the former is changed. */
void kube_keep_times(json_t *conditions, const json_t *old);

/* A new condition; lastTransitionTime is now. */
json_t *kube_condition(const char *type, bool is_true, const char *reason, const char *message);

/* Ten letters for the SHA-256 of @object in its canonical text: no digits and no 'e', because some
 * readers of YAML take "12e34" for a number. */
#define KUBE_HASH_SIZE 11
void kube_hash(const json_t *object, char ret[static KUBE_HASH_SIZE]);
