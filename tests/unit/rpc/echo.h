/* SPDX-License-Identifier: Apache-2.0 */
/* A small service for the tests of src/rpc: echoes, streams, hangs and fails on demand. */
#pragma once

#include "rpc/server.h"

struct echo;

/* Say: the request. Who: "uid gid n_groups". Meta: the metadata named by the request.
 * Count: request "n size": n messages of size bytes. Fail: request "errno": with hint and detail.
 * Hold: answers when Release is called. Hang: only ends by cancel. Hung: how often it did, and why
 * last. Keep: ends when the next one comes or the echo is freed, cancelled or not. */
struct echo *echo_new(void);
void echo_free(struct echo *echo);

/* To listen with. */
struct rpc_service echo_service(struct echo *echo);

/* A listening socket at @path. */
int echo_listen(const char *path);
