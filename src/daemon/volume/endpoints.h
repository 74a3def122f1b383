/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of volumes: listened at by the worker, served by the loop. */
#pragma once

#include <stdbool.h>

struct calls;
struct endpoints;
struct reason;
struct sd_event;

int endpoints_new(struct endpoints **ret, struct reason *why);
void endpoints_free(struct endpoints *endpoints);

/* Any thread: serve these two sockets (api, maps) for the volume; taken over, set to -1. An older
 * pair of the same volume goes. Out of memory: they are closed and a publish again makes new ones.
 */
void endpoints_offer_adopt(struct endpoints *endpoints, const char *uuid, int sockets[static 2]);
void endpoints_withdraw(struct endpoints *endpoints, const char *uuid);

/* Any thread: are they served, or about to be? */
bool endpoints_has(struct endpoints *endpoints, const char *uuid);

/* The loop: from now on with these; before the first endpoints_settle(). */
void endpoints_start(struct endpoints *endpoints, struct calls *calls, struct sd_event *event);

/* The loop: do what was asked for. Not from a handler of one of these sockets. */
void endpoints_settle(struct endpoints *endpoints);
