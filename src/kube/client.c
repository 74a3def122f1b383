/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the calls: from a request to libcurl and back to an answer. What is worth another try is for
 * those who ask. */
#include "kube/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "kube/access.h"
#include "kube/json.h"
#include "kube/loop.h"

#define TIMEOUT_MS    30000
#define CONNECT_MS    10000L
#define KEEP_IDLE_S   30L
#define KEEP_EVERY_S  10L
#define LINE_MAX_SIZE (16u << 20)

struct kube_client {
	struct kube_loop *loop;
	struct kube_access *access;
	struct kube_call *calls;
	uint64_t requests;
	uint64_t writes;
	uint64_t errors;
	unsigned int limit;
	unsigned int running; /* streams aside */
};

/* @is_running: libcurl has it. @r: 0, or what ended it on our side. @has_data, @has_begun: since
 * the last turn. */
struct kube_call {
	struct kube_client *client;
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	struct text in;
	char error[CURL_ERROR_SIZE];
	int r;
	bool is_running;
	bool has_data;
	bool has_begun;
	int (*line)(void *userdata, const char *line, size_t len);
	kube_done_fn *done;
	void *userdata;
	struct kube_call *next;
	struct kube_call **link;
};

static int run_call(struct kube_call *call)
{
	if (curl_multi_add_handle(kube_loop_multi(call->client->loop), call->easy) != CURLM_OK)
		return -ENOMEM;
	call->is_running = true;
	call->client->running += !call->line;
	return 0;
}

static void stop_call(struct kube_call *call)
{
	if (!call->is_running)
		return;
	curl_multi_remove_handle(kube_loop_multi(call->client->loop), call->easy);
	call->is_running = false;
	call->client->running -= !call->line;
}

static bool may_run(const struct kube_client *client, const struct kube_call *call)
{
	return call->line || client->limit == 0 || client->running < client->limit;
}

/* The one that has waited longest: new ones are put in front. */
static void run_next(struct kube_client *client)
{
	struct kube_call *oldest = NULL;

	for (struct kube_call *call = client->calls; call; call = call->next)
		if (!call->is_running)
			oldest = call;
	if (oldest && may_run(client, oldest))
		run_call(oldest);
}

static void call_free(struct kube_call *call)
{
	if (call->link) {
		*call->link = call->next;
		if (call->next)
			call->next->link = call->link;
	}
	stop_call(call);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	free(call->body);
	text_done(&call->in);
	free(call);
}

void kube_call_cancel(struct kube_call *call)
{
	struct kube_client *client;

	if (!call)
		return;
	client = call->client;
	call_free(call);
	run_next(client);
}

/* --- what comes --- */

/* Hand over the complete lines; a stream that is answered with an error is an answer like others.
 */
static int take_lines(struct kube_call *call)
{
	long status = 0;
	size_t off = 0;
	char *end;
	int r = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 || call->in.len == 0)
		return 0;
	while (r == 0 && (end = memchr(call->in.data + off, '\n', call->in.len - off))) {
		size_t len = (size_t)(end - (call->in.data + off));

		r = call->line(call->userdata, call->in.data + off, len);
		off += len + 1;
	}
	memmove(call->in.data, call->in.data + off, call->in.len - off + 1);
	call->in.len -= off;
	return r;
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata)
{
	struct kube_call *call = userdata;
	size_t max = call->line ? LINE_MAX_SIZE : KUBE_ANSWER_MAX;

	text_add_bytes(&call->in, data, size * n);
	call->has_data = true;
	if (call->in.r < 0)
		call->r = -ENOMEM;
	else if (call->in.len > max)
		call->r = -EFBIG;
	return call->r == 0 ? size * n : 0;
}

/* Say when a stream has begun: an empty line. */
static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
	struct kube_call *call = userdata;
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200 && size * n == 2 && data[0] == '\r')
		call->has_begun = call->has_data = true;
	return size * n;
}

static int error_of_status(long status, const char *reason)
{
	static const struct {
		long status;
		int error;
	} table[] = {{400, -EINVAL},	 {401, -EACCES}, {403, -EACCES}, {404, -ENOENT},
		     {405, -EOPNOTSUPP}, {409, -ESTALE}, {410, -ESTALE}, {413, -EFBIG},
		     {415, -EOPNOTSUPP}, {422, -EINVAL}, {429, -EAGAIN}};

	if (status >= 200 && status < 300)
		return 0;
	if (status == 409 && strcmp(reason, "AlreadyExists") == 0)
		return -EEXIST;
	for (size_t i = 0; i < array_size(table); i++)
		if (table[i].status == status)
			return table[i].error;
	return status >= 500 ? -EAGAIN : -EPROTO;
}

static int error_of_curl(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return -EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
		return -EPROTO;
	default:
		return -ECONNRESET;
	}
}

static void explain(struct kube_call *call, CURLcode code, struct kube_response *a)
{
	a->error = call->r < 0 ? call->r : error_of_curl(code);
	a->text = call->r == -EFBIG ? "the API server's answer is too large"
		  : call->r < 0	    ? strerror(-call->r)
		  : *call->error    ? call->error
				    : curl_easy_strerror(code);
}

static void take_answer(struct kube_call *call, struct kube_response *a)
{
	json_error_t error;
	curl_off_t wait = 0;
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &wait);
	a->status = (int)status;
	a->retry_after_s = wait > 0 && wait < 3600 ? (unsigned int)wait : 0;
	if (call->in.len)
		a->body = json_loadb(call->in.data, call->in.len, 0, &error);
	if (status >= 200 && status < 300 && call->in.len && !a->body && !call->line) {
		a->error = -EPROTO;
		a->text = "the API server's answer is not JSON";
		return;
	}
	if (status < 200 || status >= 300)
		a->reason = kube_text(a->body, "reason");
	a->error = error_of_status(status, a->reason);
	a->text = a->error == 0 ? ""
		  : a->body	? kube_text(a->body, "message")
		  : call->in.len && text_is_clean(call->in.data, 512) ? call->in.data
								      : "no text";
}

/* Out of the list before done(), which may free the client. */
static void finish(struct kube_call *call, CURLcode code)
{
	struct kube_response a = {.text = "", .reason = ""};
	struct kube_client *client = call->client;

	if (code == CURLE_OK && call->r == 0)
		take_answer(call, &a);
	else
		explain(call, code, &a);
	if (a.error)
		client->errors++;
	if (a.status == 401)
		client->access->token_read_ms = 0;
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	call->link = NULL;
	stop_call(call);
	run_next(client);
	call->done(call->userdata, &a);
	json_decref(a.body);
	curl_easy_cleanup(take_ptr(call->easy));
	call_free(call);
}

static void on_done(void *easy, int code)
{
	struct kube_call *call;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
	finish(call, (CURLcode)code);
}

/* Hand over what streams have brought. A line may begin and cancel calls, so the search starts
 * anew. */
static void on_turn(void *userdata)
{
	struct kube_client *client = userdata;
	struct kube_call *call;

again:
	for (call = client->calls; call; call = call->next) {
		if (!call->line || !call->has_data)
			continue;
		call->has_data = false;
		if (call->has_begun)
			call->r = call->line(call->userdata, "", 0);
		call->has_begun = false;
		if (call->r == 0)
			call->r = take_lines(call);
		if (call->r != 0)
			finish(call, CURLE_ABORTED_BY_CALLBACK);
		goto again;
	}
}

/* --- what goes --- */

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = {(void *)(uintptr_t)pem, pem ? strlen(pem) : 0, CURL_BLOB_COPY};

	if (pem)
		curl_easy_setopt(easy, option, &blob);
}

static void set_identity(CURL *easy, const struct kube_access *a)
{
	if (a->skips_verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	set_blob(easy, CURLOPT_CAINFO_BLOB, a->ca);
	if (!a->ca && a->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, a->ca_file);
	/* A pod's authority may change: read it for each handshake. */
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, a->cert);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, a->key);
	if (!a->cert && a->cert_file)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, a->cert_file);
	if (!a->key && a->key_file)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, a->key_file);
	if (a->token && strcmp(a->token, "-") != 0) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, a->token);
	}
}

static void add_header(struct kube_call *call, const char *name, const char *value)
{
	_text_ struct text t = {0};
	struct curl_slist *longer;

	text_add(&t, "%s: %s", name, value);
	longer = t.data ? curl_slist_append(call->headers, t.data) : NULL;
	if (longer)
		call->headers = longer;
	else
		call->r = -ENOMEM;
}

static void set_body(struct kube_call *call, const struct kube_request *rq)
{
	if (!rq->body && !rq->text)
		return;
	call->body = rq->text ? strdup(rq->text) : json_dumps(rq->body, JSON_COMPACT);
	if (!call->body) {
		call->r = -ENOMEM;
		return;
	}
	add_header(call, "Content-Type", rq->type ? rq->type : "application/json");
	curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
	curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body);
}

static void set_url(struct kube_call *call, const char *server, const char *path)
{
	_text_ struct text url = {0};
	size_t n = strlen(server);

	while (n && server[n - 1] == '/')
		n--;
	text_add(&url, "%.*s%s", (int)n, server, path);
	if (url.r < 0)
		call->r = -ENOMEM;
	else
		curl_easy_setopt(call->easy, CURLOPT_URL, url.data);
}

static void set_options(struct kube_call *call, const struct kube_request *rq)
{
	CURL *easy = call->easy;
	unsigned int timeout = rq->timeout_ms ? rq->timeout_ms : TIMEOUT_MS;

	set_url(call, call->client->access->server, rq->path);
	set_body(call, rq);
	add_header(call, "Accept", rq->accept ? rq->accept : "application/json");
	add_header(call, "Expect", "");
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, rq->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "bpfd/" BPFD_VERSION);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEP_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEP_EVERY_S);
	if (!rq->line || rq->timeout_ms)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	if (rq->line) {
		curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
		curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	}
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	set_identity(easy, call->client->access);
}

int kube_client_send(struct kube_client *client, const struct kube_request *rq,
		     struct kube_call **ret)
{
	struct kube_call *call = calloc(1, sizeof(*call));

	if (!call)
		return -ENOMEM;
	call->client = client;
	call->line = rq->line;
	call->done = rq->done;
	call->userdata = rq->userdata;
	call->easy = curl_easy_init();
	/* Without a token the server says 401, in words of its own. */
	kube_access_refresh(client->access, NULL);
	if (call->easy)
		set_options(call, rq);
	if (!call->easy || call->r < 0 || (may_run(client, call) && run_call(call) < 0)) {
		call_free(call);
		return -ENOMEM;
	}
	client->requests++;
	if (strcmp(rq->method, "GET") != 0)
		client->writes++;
	call->next = client->calls;
	if (call->next)
		call->next->link = &call->next;
	call->link = &client->calls;
	client->calls = call;
	if (ret)
		*ret = call;
	return 0;
}

int kube_client_new(struct kube_loop *loop, struct kube_access *access, struct kube_client **ret,
		    struct reason *why)
{
	struct kube_client *client = calloc(1, sizeof(*client));

	if (!client)
		return fail(why, -ENOMEM, "out of memory");
	client->loop = loop;
	client->access = access;
	kube_loop_on_turn(loop, on_turn, client, on_done);
	*ret = client;
	return 0;
}

void kube_client_free(struct kube_client *client)
{
	if (!client)
		return;
	while (client->calls)
		call_free(client->calls);
	kube_loop_on_turn(client->loop, NULL, NULL, NULL);
	free(client);
}

void kube_client_limit(struct kube_client *client, unsigned int n)
{
	client->limit = n;
}

uint64_t kube_client_requests(const struct kube_client *client)
{
	return client->requests;
}

uint64_t kube_client_writes(const struct kube_client *client)
{
	return client->writes;
}

uint64_t kube_client_errors(const struct kube_client *client)
{
	return client->errors;
}

struct kube_loop *kube_client_loop(const struct kube_client *client)
{
	return client->loop;
}
