/* SPDX-License-Identifier: Apache-2.0 */
/* Owns status of the daemon. */
#include <errno.h>

#include "lib/conn.h"

int bpfd_status_get(struct bpfd_conn *conn, struct bpfd_status **ret)
{
	Bpfd__V1__GetStatusRequest request = BPFD__V1__GET_STATUS_REQUEST__INIT;
	struct conn_call call = {"GetStatus", &request.base, &bpfd__v1__status__descriptor};
	int r = conn_begin(conn, ret);

	return r < 0 ? r : conn_run(conn, &call, (struct reply **)ret);
}

void bpfd_status_free(struct bpfd_status *status)
{
	reply_free((struct reply *)status);
}

const char *bpfd_status_version(const struct bpfd_status *status)
{
	const Bpfd__V1__Status *m = reply_answer(Status, status);

	return m && m->version ? m->version->version : "";
}

const char *bpfd_status_kernel(const struct bpfd_status *status)
{
	const Bpfd__V1__Status *m = reply_answer(Status, status);

	return m && m->version ? m->version->kernel : "";
}

REPLY_NUMBER(answer, uint64_t, status, Status, uptime_s, uptime_s)
REPLY_NUMBER(answer, uint32_t, status, Status, pid, pid)
REPLY_TEXT(answer, status, Status, runtime_dir, runtime_dir)
REPLY_TEXT(answer, status, Status, state_dir, state_dir)
REPLY_TEXT(answer, status, Status, config_file, config)
REPLY_NUMBER(answer, uint32_t, status, Status, programs, programs)
REPLY_NUMBER(answer, uint32_t, status, Status, links, links)
REPLY_NUMBER(answer, uint32_t, status, Status, connections, connections)
REPLY_ITEM(answer, const char *, status, Status, warning, warnings)
REPLY_ITEM(answer, const char *, status, Status, feature, features)
REPLY_ITEM(answer, const struct bpfd_method *, status, Status, method, methods)

REPLY_TEXT(element, method, MethodStatus, name, method)
REPLY_NUMBER(element, uint64_t, method, MethodStatus, requests, requests)
REPLY_NUMBER(element, uint64_t, method, MethodStatus, errors, errors)
REPLY_NUMBER(element, uint64_t, method, MethodStatus, latency_us_sum, latency_us_sum)
REPLY_NUMBER(element, uint64_t, method, MethodStatus, latency_us_max, latency_us_max)
