/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that the stories of several objects share: conditions, failures, what runs, events. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct kubectl;

/* How many objects are told one by one, and how many events. */
#define STORY_PROGRAMS 50
#define STORY_EVENTS   20

/**
 * struct story - BpfPrograms, of one config or one node; zeroed, story_done().
 * @failed, @fine: up to STORY_PROGRAMS each. @n_failed, @n_fine: how many there are.
 */
struct story {
	json_t *failed;
	json_t *fine;
	size_t n_failed;
	size_t n_fine;
};

void story_done(struct story *story);

/* For cluster_each(): @userdata is a struct story. Return: 0 or -ENOMEM. */
int story_collect(void *userdata, json_t *program);

/* Failures with all that the kernel said, then programs, links and maps. Return: 0 or -ENOMEM. */
int story_tell(const struct story *story);

void story_conditions(const json_t *object);

/* What is at the hooks of a BpfNode. */
int story_hooks(const json_t *node);

/* The latest events that are about @object; that they may not be read is said and no failure. */
int story_events(struct kubectl *k, const char *kind, const json_t *object);
