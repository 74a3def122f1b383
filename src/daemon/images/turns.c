/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the names that threads have at the moment. */
#include "daemon/images/turns.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* There are fewer threads that pull. */
#define TURNS_N 64

/* @given wakes who waits for a name. */
struct turns {
	pthread_mutex_t lock;
	pthread_cond_t given;
	char *taken[TURNS_N];
};

struct turns *turns_new(void)
{
	struct turns *turns = calloc(1, sizeof(*turns));

	if (!turns)
		return NULL;
	pthread_mutex_init(&turns->lock, NULL);
	pthread_cond_init(&turns->given, NULL);
	return turns;
}

void turns_free(struct turns *turns)
{
	if (!turns)
		return;
	for (size_t i = 0; i < TURNS_N; i++)
		free(turns->taken[i]);
	pthread_cond_destroy(&turns->given);
	pthread_mutex_destroy(&turns->lock);
	free(turns);
}

/* @name: NULL finds a free one. */
static char **find(struct turns *turns, const char *name)
{
	for (size_t i = 0; i < TURNS_N; i++)
		if (name ? turns->taken[i] && strcmp(turns->taken[i], name) == 0 : !turns->taken[i])
			return &turns->taken[i];
	return NULL;
}

int turns_take(struct turns *turns, const char *name)
{
	int waited = 0;
	char **slot;

	pthread_mutex_lock(&turns->lock);
	while (find(turns, name)) {
		waited = 1;
		pthread_cond_wait(&turns->given, &turns->lock);
	}
	slot = find(turns, NULL);
	if (slot)
		*slot = strdup(name);
	pthread_mutex_unlock(&turns->lock);
	return waited;
}

void turns_give(struct turns *turns, const char *name)
{
	char **slot;

	pthread_mutex_lock(&turns->lock);
	slot = find(turns, name);
	if (slot) {
		free(*slot);
		*slot = NULL;
	}
	pthread_cond_broadcast(&turns->given);
	pthread_mutex_unlock(&turns->lock);
}
