/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC status codes, their errno values and their names. One table; no I/O. */
#pragma once

/* The numbers are those of the gRPC specification (statuscodes.md). */
enum rpc_code {
	RPC_OK = 0,
	RPC_CANCELLED = 1,
	RPC_UNKNOWN = 2,
	RPC_INVALID_ARGUMENT = 3,
	RPC_DEADLINE_EXCEEDED = 4,
	RPC_NOT_FOUND = 5,
	RPC_ALREADY_EXISTS = 6,
	RPC_PERMISSION_DENIED = 7,
	RPC_RESOURCE_EXHAUSTED = 8,
	RPC_FAILED_PRECONDITION = 9,
	RPC_ABORTED = 10,
	RPC_OUT_OF_RANGE = 11,
	RPC_UNIMPLEMENTED = 12,
	RPC_INTERNAL = 13,
	RPC_UNAVAILABLE = 14,
	RPC_DATA_LOSS = 15,
	RPC_UNAUTHENTICATED = 16,
	_RPC_CODE_MAX
};

/* Trailers that carry a struct reason besides grpc-status and grpc-message: the exact errno as a
 * positive decimal, the hint and the long text (UTF-8, base64 on the wire as all "-bin" keys). */
#define RPC_TRAILER_ERRNO  "bpfd-errno"
#define RPC_TRAILER_HINT   "bpfd-hint-bin"
#define RPC_TRAILER_DETAIL "bpfd-detail-bin"

/* The code for a negative errno; ≥ 0 is RPC_OK, an errno without a row is RPC_UNKNOWN. */
enum rpc_code rpc_code_from_errno(int error);

/* The negative errno for a code; RPC_OK is 0, a number outside the table is -EPROTO. Used only when
 * the peer sent no "bpfd-errno". */
int rpc_code_to_errno(enum rpc_code code);

/* "NOT_FOUND"; "CODE" for a number outside the table. Never NULL. */
const char *rpc_code_name(enum rpc_code code);
