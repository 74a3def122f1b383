/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through libcurl. For http.c only. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/http.h"

/* @offset: where in the file the answer goes on. @r: of what we did with the bytes. @is_cut: a
 * failure was longer than it is read: the status counts. */
struct transfer {
	CURL *easy;
	struct curl_slist *headers;
	const struct http_request *request;
	struct http_answer *answer;
	size_t cap;
	size_t offset;
	size_t sent;
	size_t n_headers;
	CURLcode code;
	int r;
	bool is_done;
	bool is_cut;
	char error[CURL_ERROR_SIZE];
};

/* Hand it to @multi; it may take @timeout_ms. Return: 0 or -ENOMEM. */
int transfer_begin(struct transfer *t, CURLM *multi, const struct http_options *options,
		   long timeout_ms);

/* Take it back, after its end or in the middle. */
void transfer_end(struct transfer *t, CURLM *multi);
