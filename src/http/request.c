/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a request from its header to its answer, and the bounds on it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/inside.h"

struct request {
	struct text body;
};

static enum MHD_Result queue_response(struct MHD_Connection *connection, unsigned int status,
				      struct MHD_Response *response, const char *type)
{
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	r = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned int status,
			      const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	return queue_response(connection, status, response, "text/plain; charset=utf-8");
}

static enum MHD_Result refuse_method(const struct http_server *server,
				     struct MHD_Connection *connection)
{
	static const char text[] = "no such method here\n";
	struct MHD_Response *response = MHD_create_response_from_buffer(
		sizeof(text) - 1, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					server->options.body_max > 0 ? "GET, HEAD, POST"
								     : "GET, HEAD");
	return queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, response,
			      "text/plain; charset=utf-8");
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value ? value : "";
}

static enum MHD_Result begin(const struct http_server *server, struct MHD_Connection *connection,
			     const char *method, void **state)
{
	bool is_post = strcmp(method, "POST") == 0 && server->options.body_max > 0;
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	size_t max = is_post ? server->options.body_max : 0;
	uint64_t n;

	if (!is_post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse_method(server, connection);
	if (*length && text_parse_u64(length, max, &n) < 0)
		return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE,
			      "the body is larger than this server takes\n");
	*state = calloc(1, sizeof(struct request));
	return *state ? MHD_YES : MHD_NO;
}

/* A body without a length can only be cut off: no answer is possible in its middle. */
static enum MHD_Result add(struct http_server *server, struct request *request, const char *data,
			   size_t len)
{
	if (len > server->options.body_max - request->body.len ||
	    len > HTTP_BODIES_MAX - server->held)
		return MHD_NO;
	text_add_bytes(&request->body, data, len);
	if (request->body.r < 0)
		return MHD_NO;
	server->held += len;
	return MHD_YES;
}

static enum MHD_Result answer(const struct http_server *server, struct MHD_Connection *connection,
			      const struct http_request *request)
{
	struct http_answer answer = {.status = 200, .type = "text/plain; charset=utf-8"};
	struct MHD_Response *response;
	size_t len;

	server->options.handle(request, &answer, server->options.userdata);
	if (answer.body.r < 0) {
		text_done(&answer.body);
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	}
	len = answer.body.len;
	if (len == 0)
		return refuse(connection, answer.status, "");
	response = MHD_create_response_from_buffer(len, answer.body.data, MHD_RESPMEM_MUST_FREE);
	if (!response)
		text_done(&answer.body);
	return queue_response(connection, answer.status, response, answer.type);
}

enum MHD_Result http_request_go_on(void *userdata, struct MHD_Connection *connection,
				   const char *path, const char *method, const char *version,
				   const char *data, size_t *len, void **state)
{
	struct http_server *server = userdata;
	struct request *request = *state;
	size_t n = *len;

	(void)version;
	if (!request)
		return begin(server, connection, method, state);
	if (n > 0) {
		*len = 0;
		return add(server, request, data, n);
	}
	return answer(server, connection,
		      &(const struct http_request){
			      .method = method,
			      .path = path,
			      .type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
			      .body = request->body.data ? request->body.data : "",
			      .len = request->body.len,
		      });
}

void http_request_end(void *userdata, struct MHD_Connection *connection, void **state,
		      enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_connection *c = info ? info->socket_context : NULL;
	struct http_server *server = userdata;
	struct request *request = *state;

	if (c && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		c->since_ms = http_now_ms();
	if (!request)
		return;
	server->held -= request->body.len;
	text_done(&request->body);
	free(request);
	*state = NULL;
}
