/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ends, as header fields within a budget. */
#pragma once

#include <nghttp2/nghttp2.h>
#include <stddef.h>

struct rpc_result;

/* Room for :status and content-type in front, grpc-status, grpc-message and the trailers. */
#define RPC_TRAILERS_MAX 12
#define RPC_FIELDS_MAX	 (4 + RPC_TRAILERS_MAX)

/* What a peer takes that announced nothing: gRPC core's default is 8 KiB. */
#define RPC_FIELDS_DEFAULT_SIZE (7 * 1024)

/* nghttp2 refuses to decode a single value above 64 KiB. */
#define RPC_FIELD_MAX (60 * 1024)

/* @nv: two fields of the response's head, then the trailers: nv + 2, n - 2. */
struct rpc_fields {
	nghttp2_nv nv[RPC_FIELDS_MAX];
	size_t n;
	char *bytes;
};

/* The response's head and the trailer of a bare RPC_OK. */
extern const nghttp2_nv rpc_fields_head[2];
extern const nghttp2_nv rpc_fields_ok[1];

/* Encode @result in at most @budget bytes, counted as SETTINGS_MAX_HEADER_LIST_SIZE does (32 more a
 * field). Return: NULL when out of memory. */
struct rpc_fields *rpc_fields_new(const struct rpc_result *result, size_t budget);
void rpc_fields_free(struct rpc_fields *fields);
