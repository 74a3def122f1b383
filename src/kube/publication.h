/* SPDX-License-Identifier: Apache-2.0 */
/* One object of ours at the API server: made when there is something to say, written only when that
 * changes. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "kube/loop.h"

struct kube_call;
struct kube_client;

/**
 * struct publication - embedded; begins with publication_init().
 * @path:      of the collection. @name: of the object.
 * @manager:   of its fields: "bpfd-agent".
 * @head:      the object without status: kind, metadata, spec.
 * @wanted:    the status to be there; NULL: the object is to go.
 * @there:     the status that is there as far as we know; NULL: unknown, or no object.
 * @pause_ms:  least time between two writes of the status.
 * @on_idle:   NULL, or called when what is wanted is there.
 * @on_trouble: NULL, or called when a request failed.
 * @may_write: NULL, or asked before each request; after a no, wait for the next wish.
 * @is_others: somebody else makes and deletes the object; only its status is ours.
 */
struct publication {
	struct kube_client *client;
	const char *path;
	const char *manager;
	char *name;
	json_t *head;
	json_t *wanted;
	json_t *there;
	json_t *sent; /* what the running request writes */
	uint64_t pause_ms;
	uint64_t written_ms;
	struct kube_timer timer;
	struct kube_call *call;
	unsigned int failures;
	bool is_known; /* we have looked whether it exists */
	bool exists;
	bool is_others;
	bool (*may_write)(void *userdata);
	void (*on_idle)(void *userdata);
	void (*on_trouble)(const struct publication *p, const char *text);
	void *userdata;
};

/* .client, .path and .manager are set, borrowed for good. Return: 0, -ENOMEM. */
int publication_init(struct publication *p, const char *name);
void publication_done(struct publication *p);

/* Take over what the object is besides its status. */
void publication_head_adopt(struct publication *p, json_t *head);

/* Take over a status; conditions keep their times where nothing changed. */
void publication_set_adopt(struct publication *p, json_t *status);

/* The object is to go. */
void publication_remove(struct publication *p);

/* Somebody else deleted or changed it: look again. */
void publication_doubt(struct publication *p);

/* Wish for nothing and know nothing, as at the beginning. */
void publication_forget(struct publication *p);

bool publication_is_idle(const struct publication *p);
