/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the versions of the library and of the daemon. */
#include "lib/conn.h"

const char *bpfd_version_library(void)
{
	return BPFD_VERSION;
}

int bpfd_version_get(struct bpfd_conn *conn, struct bpfd_version **ret)
{
	Bpfd__V1__GetVersionRequest request = BPFD__V1__GET_VERSION_REQUEST__INIT;
	struct conn_call call = {"GetVersion", &request.base, &bpfd__v1__version__descriptor};
	int r = conn_begin(conn, ret);

	return r < 0 ? r : conn_run(conn, &call, (struct reply **)ret);
}

void bpfd_version_free(struct bpfd_version *version)
{
	reply_free((struct reply *)version);
}

REPLY_TEXT(answer, version, Version, daemon, version)
REPLY_TEXT(answer, version, Version, api, api)
REPLY_TEXT(answer, version, Version, kernel, kernel)
