/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of gRPC codes and errno values. */
#include "rpc/status.h"

#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"

static const struct {
	const char *name;
	int error;
} codes[] = {
	[RPC_OK] = {"OK", 0},
	[RPC_CANCELLED] = {"CANCELLED", -ECANCELED},
	[RPC_UNKNOWN] = {"UNKNOWN", -EIO},
	[RPC_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", -EINVAL},
	[RPC_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", -ETIMEDOUT},
	[RPC_NOT_FOUND] = {"NOT_FOUND", -ENOENT},
	[RPC_ALREADY_EXISTS] = {"ALREADY_EXISTS", -EEXIST},
	[RPC_PERMISSION_DENIED] = {"PERMISSION_DENIED", -EPERM},
	[RPC_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", -ENOMEM},
	[RPC_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", -EBUSY},
	[RPC_ABORTED] = {"ABORTED", -ESTALE},
	[RPC_OUT_OF_RANGE] = {"OUT_OF_RANGE", -ERANGE},
	[RPC_UNIMPLEMENTED] = {"UNIMPLEMENTED", -EOPNOTSUPP},
	[RPC_INTERNAL] = {"INTERNAL", -EPROTO},
	[RPC_UNAVAILABLE] = {"UNAVAILABLE", -EAGAIN},
	[RPC_DATA_LOSS] = {"DATA_LOSS", -EBADMSG},
	[RPC_UNAUTHENTICATED] = {"UNAUTHENTICATED", -EACCES},
};

_Static_assert(array_size(codes) == _RPC_CODE_MAX, "a row for each code");

/* Further errno values that share a code; the way back is codes[]. */
static const struct {
	int error;
	enum rpc_code code;
} more[] = {
	{-EACCES, RPC_PERMISSION_DENIED},
	{-EMSGSIZE, RPC_RESOURCE_EXHAUSTED},
	{-ENOSPC, RPC_RESOURCE_EXHAUSTED},
	{-EDQUOT, RPC_RESOURCE_EXHAUSTED},
	{-EMFILE, RPC_RESOURCE_EXHAUSTED},
	{-ENFILE, RPC_RESOURCE_EXHAUSTED},
	{-E2BIG, RPC_RESOURCE_EXHAUSTED},
	{-EFBIG, RPC_RESOURCE_EXHAUSTED},
	{-ESRCH, RPC_NOT_FOUND},
	{-ENODEV, RPC_NOT_FOUND},
	{-ENXIO, RPC_NOT_FOUND},
	{-ENAMETOOLONG, RPC_INVALID_ARGUMENT},
	{-ENOTDIR, RPC_INVALID_ARGUMENT},
	{-EISDIR, RPC_INVALID_ARGUMENT},
	{-ELOOP, RPC_INVALID_ARGUMENT},
	{-EILSEQ, RPC_INVALID_ARGUMENT},
	{-ENOEXEC, RPC_INVALID_ARGUMENT},
	{-ENOTEMPTY, RPC_FAILED_PRECONDITION},
	{-ENOTSUP, RPC_UNIMPLEMENTED},
	{-ENOSYS, RPC_UNIMPLEMENTED},
	{-EPROTONOSUPPORT, RPC_UNIMPLEMENTED},
	{-EINTR, RPC_ABORTED},
	{-EPIPE, RPC_UNAVAILABLE},
	{-ECONNREFUSED, RPC_UNAVAILABLE},
	{-ECONNRESET, RPC_UNAVAILABLE},
	{-EHOSTUNREACH, RPC_UNAVAILABLE},
	{-EUCLEAN, RPC_DATA_LOSS},
};

enum rpc_code rpc_code_from_errno(int error)
{
	size_t i;

	if (error >= 0)
		return RPC_OK;
	for (i = 1; i < array_size(codes); i++)
		if (codes[i].error == error && i != RPC_UNAUTHENTICATED)
			return (enum rpc_code)i;
	for (i = 0; i < array_size(more); i++)
		if (more[i].error == error)
			return more[i].code;
	return RPC_UNKNOWN;
}

int rpc_code_to_errno(enum rpc_code code)
{
	return (unsigned int)code < _RPC_CODE_MAX ? codes[code].error : -EPROTO;
}

const char *rpc_code_name(enum rpc_code code)
{
	return (unsigned int)code < _RPC_CODE_MAX ? codes[code].name : "CODE";
}
