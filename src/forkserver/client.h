/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs for short-lived children, seen from bpfd. One call, one child; its crash, hang or hunger is
 * an error reply. */
#pragma once

#include "forkserver/fetch.h"
#include "forkserver/image.h"
#include "forkserver/load.h"
#include "forkserver/look.h"
#include "forkserver/open.h"

struct reason;

/* The connection to the fork server. Jobs may be started from several threads; each is its
 * thread's.
 */
struct forkserver;

/**
 * forkserver_start() - start the fork server; call it before privileges are dropped.
 * @path: the executable bpfd-forkserver.
 *
 * A child of each frequent kind is made before it is needed (forkserver_refill()): a job waits for
 * no fork(2). When the fork server dies, every later job is -EPIPE: it cannot be started again
 * without the privileges that bpfd has given up, so bpfd has to be restarted (attached programs
 * stay).
 *
 * Return: 0, -ENOENT (no such executable), -errno of fork(2).
 */
int forkserver_start(const char *path, struct forkserver **ret, struct reason *why);

/**
 * forkserver_refill() - ask for the children that were used, without waiting for them.
 *
 * To be called when a request is answered: sooner, fork(2) would compete with the request for the
 * processors. Accepts NULL.
 */
void forkserver_refill(struct forkserver *fs);

/* Ends the fork server and its children; accepts NULL. */
void forkserver_free(struct forkserver *fs);
