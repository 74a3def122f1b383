/* SPDX-License-Identifier: Apache-2.0 */
/* ReadMap: the entries of a map as a stream, for those who may read but get no descriptor. */
#pragma once

struct caller;
struct context;
struct method;
struct reason;
struct rpc_call;

/*
 * Start the stream; it goes on by itself as the client reads and finishes the call. On failure the
 * call is still the caller's to finish. Return: 0, -EACCES, -ENOENT, -EINVAL, -EOPNOTSUPP (map type
 * without keys), ….
 */
int read_map_start(struct context *ctx, const struct caller *caller, const struct method *method,
		   struct rpc_call *call, struct reason *why);
