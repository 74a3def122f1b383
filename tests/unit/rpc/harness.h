/* SPDX-License-Identifier: Apache-2.0 */
/* A server with the echo service in a thread, on a socket in a directory of its own. */
#pragma once

#include "echo.h"

struct harness;
struct rpc_reflection;

struct harness *harness_start(const struct rpc_server_options *options);

/* Serve @reflection too; before the first connection. */
void harness_reflect(struct harness *h, const struct rpc_reflection *reflection);

/* Run fn(server, userdata) in the server's thread and wait for it. */
void harness_run(struct harness *h, void (*fn)(struct rpc_server *server, void *userdata),
		 void *userdata);

/* The counters now. */
struct rpc_server_stats harness_stats(struct harness *h);

/* Wait up to 5 s until connections_open is @n. Return: whether it is. */
bool harness_wait_connections(struct harness *h, uint64_t n);

const char *harness_path(const struct harness *h);

/* How often the loop woke up. */
uint64_t harness_wakeups(struct harness *h);

void harness_stop(struct harness *h);
