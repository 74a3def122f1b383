/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to an API server: JSON in, JSON out, many at a time over few connections. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct kube_access;
struct kube_call;
struct kube_client;
struct kube_loop;
struct reason;

/* An answer above this is -EFBIG. */
#define KUBE_ANSWER_MAX (32u << 20)

#define KUBE_JSON_PATCH	 "application/json-patch+json"
#define KUBE_MERGE_PATCH "application/merge-patch+json"
#define KUBE_APPLY_PATCH "application/apply-patch+yaml"

/* Ask for metadata alone, of one object (or the events of a watch) and of a list. */
#define KUBE_METADATA	   "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define KUBE_METADATA_LIST "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

/**
 * struct kube_response - what came.
 * @status: of HTTP; 0: nothing came, @error says what went wrong.
 * @error:  0, or -errno of it: -ENOENT 404, -EEXIST and -ESTALE 409, -EACCES 401 and 403, -EINVAL
 *          400 and 422, -ESTALE also 410, -EAGAIN 429 and 5xx, -ECONNREFUSED …
 * @text:   of the Status object, or of libcurl; "" without error.
 * @retry_after_s: the server asks to wait that long.
 * @body:   borrowed; NULL when there was none.
 */
struct kube_response {
	int status;
	int error;
	const char *text;
	const char *reason;
	unsigned int retry_after_s;
	json_t *body;
};

typedef void kube_done_fn(void *userdata, const struct kube_response *response);

/**
 * struct kube_request
 * @method: "GET", …
 * @path:   "/api/v1/…", with its query.
 * @type:   of the body; NULL: application/json.
 * @accept: NULL: application/json.
 * @body:   borrowed, NULL: none. @text: the same as text that is sent as it is.
 * @timeout_ms: 0: 30 s; of a stream it is none.
 * @line:   NULL, or called for each line of the answer as it comes (a watch), and with an empty one
 *          when it begins; the answer then has no body. Nonzero ends the call with that error.
 * @done:   once; not after kube_call_cancel().
 */
struct kube_request {
	const char *method;
	const char *path;
	const char *type;
	const char *accept;
	const json_t *body;
	const char *text;
	unsigned int timeout_ms;
	int (*line)(void *userdata, const char *line, size_t len);
	kube_done_fn *done;
	void *userdata;
};

/* @access: borrowed, refreshed by it. Return: 0, -ENOMEM. */
int kube_client_new(struct kube_loop *loop, struct kube_access *access, struct kube_client **ret,
		    struct reason *why);

/* Ends running calls without their done(). Accepts NULL. */
void kube_client_free(struct kube_client *client);

/* Begin a request. @ret: may be NULL; valid until done() runs. Return: 0, -ENOMEM; also an error
 * comes by done(), from the loop. */
int kube_client_send(struct kube_client *client, const struct kube_request *request,
		     struct kube_call **ret);

/* At most @n requests at a time, streams aside; the others wait, and their time begins when they
 * are sent. 0: no limit. What many clients send to a slow server at once, all of them send again.
 */
void kube_client_limit(struct kube_client *client, unsigned int n);

/* Forget it; accepts NULL. */
void kube_call_cancel(struct kube_call *call);

/* One request to its end, turning the loop. @ret: NULL or the answer, the caller's. Return: 0 or
 * .error with its text in @why. */
int kube_client_do(struct kube_client *client, const struct kube_request *request, json_t **ret,
		   struct reason *why);

/* Requests so far that write (not GET), and all; for metrics and tests. */
uint64_t kube_client_writes(const struct kube_client *client);
uint64_t kube_client_requests(const struct kube_client *client);
uint64_t kube_client_errors(const struct kube_client *client);
struct kube_loop *kube_client_loop(const struct kube_client *client);
