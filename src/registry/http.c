/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the conversation with libcurl: one session, its connections, and what is worth another try.
 */
#include "registry/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/reason.h"
#include "base/text.h"
#include "registry/transfer.h"

#define TRIES	    4
#define PAUSE_MS    250
#define WAIT_MAX_S  15
#define DEADLINE_MS 120000

struct http {
	CURLM *multi;
	struct http_options options;
	uint64_t deadline;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static long left_ms(const struct http *http)
{
	uint64_t now = now_ms();

	return now < http->deadline ? (long)(http->deadline - now) : 1;
}

void http_answer_done(struct http_answer *a)
{
	free(a->data);
	free(a->content_type);
	free(a->digest);
	free(a->location);
	free(a->authenticate);
	*a = (struct http_answer){0};
}

int http_new(const struct http_options *options, struct http **ret, struct reason *why)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    !(http->multi = curl_multi_init())) {
		free(http);
		return fail(why, -ENOMEM, "cannot prepare to talk to a registry");
	}
	http->options = *options;
	http->deadline = now_ms() + (options->deadline_ms ? options->deadline_ms : DEADLINE_MS);
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 4L);
	*ret = http;
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_multi_cleanup(http->multi);
	free(http);
}

void http_freep(struct http **http)
{
	http_free(*http);
}

static void take_results(CURLM *multi)
{
	int left;

	for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
		struct transfer *t;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &t->answer->status);
		t->code = t->is_cut ? CURLE_OK : m->data.result;
	}
}

static int perform(struct http *http)
{
	int running = 1;

	while (running > 0) {
		if (curl_multi_perform(http->multi, &running) != CURLM_OK)
			return -ENOMEM;
		take_results(http->multi);
		if (running > 0)
			curl_multi_poll(http->multi, NULL, 0, 1000, NULL);
	}
	return 0;
}

static bool is_worth_a_try(const struct transfer *t)
{
	static const CURLcode passing[] = {
		CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR,   CURLE_SEND_ERROR,
		CURLE_GOT_NOTHING,     CURLE_HTTP2,	   CURLE_HTTP2_STREAM,
	};

	if (t->r < 0)
		return false;
	for (size_t i = 0; i < array_size(passing); i++)
		if (t->code == passing[i])
			return true;
	return t->code == CURLE_OK && (t->answer->status == 429 || t->answer->status >= 500);
}

static void pause_before(const struct transfer *t, unsigned int try, uint64_t deadline)
{
	/* Many machines that start together shall not come back together. */
	unsigned int ms =
		((unsigned int)PAUSE_MS << try) + (unsigned int)(now_ms() * 7919 % PAUSE_MS);
	uint64_t now = now_ms();

	if (t->answer->wait_s > 0)
		ms = t->answer->wait_s * 1000;
	if (now + ms > deadline)
		ms = now < deadline ? (unsigned int)(deadline - now) : 0;
	nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* The host of a URL, for texts. */
static struct http_bytes host_of(const char *url)
{
	const char *slashes = strstr(url, "://");
	const char *host = slashes ? slashes + 3 : url;

	return (struct http_bytes){host, strcspn(host, "/?")};
}

/* What libcurl's codes mean to a user. */
static const struct trouble {
	CURLcode code;
	int error;
	const char *text;
	const char *hint;
} troubles[] = {
	{CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH, "its name cannot be resolved",
	 "is the name right, and does this host have a network? A mirror in bpfd.yaml, or a local layout "
	 "(oci:DIR), needs none"},
	{CURLE_COULDNT_RESOLVE_PROXY, -EHOSTUNREACH, "the proxy's name cannot be resolved",
	 "the daemon takes the proxy from https_proxy in its environment"},
	{CURLE_COULDNT_CONNECT, -ECONNREFUSED, "no connection",
	 "does it run, and on this port? https_proxy and no_proxy of the daemon's environment hold"},
	{CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT, "it is too slow or does not answer",
	 "try again later"},
	{CURLE_PEER_FAILED_VERIFICATION, -EPROTO, "its certificate is not trusted",
	 "give its authority as ca-file under registries in bpfd.yaml"},
	{CURLE_SSL_CONNECT_ERROR, -EPROTO, "no TLS connection",
	 "if it speaks plain HTTP: insecure: true under registries in bpfd.yaml"},
	{CURLE_SSL_CERTPROBLEM, -EINVAL, "the client certificate or its key is broken",
	 "cert-file and key-file under registries in bpfd.yaml are PEM"},
	{CURLE_SSL_CACERT_BADFILE, -EINVAL, "the file of certificate authorities is broken",
	 "ca-file under registries in bpfd.yaml is PEM"},
	{CURLE_UNSUPPORTED_PROTOCOL, -EPROTO, "it leads to a protocol that is not allowed",
	 "only https, or http for a registry that bpfd.yaml calls insecure"},
	{CURLE_TOO_MANY_REDIRECTS, -ELOOP, "it redirects too often", NULL},
	{CURLE_PARTIAL_FILE, -ECONNRESET, "the connection broke again and again",
	 "try again later"},
	{CURLE_OUT_OF_MEMORY, -ENOMEM, "out of memory", NULL},
};

static const struct trouble *find_trouble(CURLcode code)
{
	static const struct trouble other = {
		.error = -ECONNRESET, .text = "the conversation broke", .hint = "try again later"};

	for (size_t i = 0; i < array_size(troubles); i++)
		if (troubles[i].code == code)
			return &troubles[i];
	return &other;
}

static int explain(const struct transfer *t, struct reason *why)
{
	const struct trouble *trouble = find_trouble(t->code);
	struct http_bytes host = host_of(t->request->url);
	const char *more = *t->error && text_is_clean(t->error, sizeof(t->error)) ? t->error : "";

	if (t->r == -EFBIG)
		return fail(why, t->r, "%.*s sends more than the %zu bytes that are read",
			    (int)host.len, host.data, t->request->max);
	if (t->r < 0)
		return fail(why, t->r, "cannot keep what %.*s sends: %s", (int)host.len, host.data,
			    strerror(-t->r));
	if (trouble->hint)
		reason_hint(why, "%s", trouble->hint);
	return fail(why, trouble->error, "%.*s: %s%s%.200s", (int)host.len, host.data,
		    trouble->text, *more ? ": " : "", more);
}

/* Another try begins with what a file has, and with nothing else. */
static void rewind_transfer(struct transfer *t)
{
	size_t offset = t->answer->status < 300 && t->request->file >= 0 ? t->offset : 0;

	http_answer_done(t->answer);
	*t = (struct transfer){.request = t->request, .answer = t->answer, .offset = offset};
}

static int run_once(struct http *http, struct transfer *transfers, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (!transfers[i].is_done)
			r = transfer_begin(&transfers[i], http->multi, &http->options,
					   left_ms(http));
	if (r == 0)
		r = perform(http);
	for (size_t i = 0; i < n; i++)
		transfer_end(&transfers[i], http->multi);
	return r;
}

/* Which of those that ended asks for another try; NULL: none. */
static struct transfer *settle(struct transfer *transfers, size_t n, bool is_last)
{
	struct transfer *again = NULL;

	for (size_t i = 0; i < n; i++) {
		struct transfer *t = &transfers[i];

		if (t->is_done)
			continue;
		if (!is_last && is_worth_a_try(t) && t->answer->wait_s <= WAIT_MAX_S)
			again = t;
		else
			t->is_done = true;
	}
	return again;
}

int http_run(struct http *http, const struct http_request *requests, struct http_answer *ret,
	     size_t n, struct reason *why)
{
	_free_ struct transfer *transfers = calloc(n, sizeof(*transfers));
	int r = transfers ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r == 0; i++)
		transfers[i] = (struct transfer){.request = &requests[i], .answer = &ret[i]};
	for (unsigned int try = 0; r == 0; try++) {
		const struct transfer *again;

		r = run_once(http, transfers, n);
		again = settle(transfers, n, try + 1 == TRIES || now_ms() >= http->deadline);
		if (r < 0 || !again)
			break;
		pause_before(again, try, http->deadline);
		for (size_t i = 0; i < n; i++)
			if (!transfers[i].is_done)
				rewind_transfer(&transfers[i]);
	}
	if (r < 0)
		return fail(why, r, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (transfers[i].code != CURLE_OK || transfers[i].r < 0)
			return explain(&transfers[i], why);
	return 0;
}
