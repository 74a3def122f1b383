/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a request: decode, auth, observe and plan, run, reply. The page to read first. */
#pragma once

#include "daemon/request/request.h"

/**
 * struct work - a request as bytes, and its answer as bytes.
 * @request:  borrowed.
 * @response: heap; the caller frees it.
 */
struct work {
	const struct method *method;
	const struct caller *caller;
	const struct status *status;
	const void *request;
	size_t request_len;
	bool (*is_cancelled)(void *userdata);
	void *cancel_data;
	void *response;
	size_t response_len;
	uint32_t program_id;
	uint32_t link_id;
};

/* Only the stage that may wait for a network: have what the request names in the store. */
int pipeline_fetch(struct context *ctx, const struct work *work, struct reason *why);

/* Return: 0 and a response, or -errno and a reason. */
int pipeline_serve(struct context *ctx, struct work *work, struct reason *why);
