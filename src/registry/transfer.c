/* SPDX-License-Identifier: Apache-2.0 */
/* Owns one request as libcurl sees it: its options, and what its bytes and headers become. */
#include "registry/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"

#define CONNECT_MS    10000L
#define SLOW_BYTES    128L
#define SLOW_S	      12L
#define REDIRECTS_MAX 5L
#define HEADERS_MAX   65536
#define VALUE_MAX     8192
#define FAILURE_MAX   65536
#define FIRST_SIZE    4096

static int grow(struct transfer *t, size_t need)
{
	size_t cap = t->cap ? t->cap : FIRST_SIZE;
	char *data;

	while (cap < need)
		cap *= 2;
	if (cap == t->cap)
		return 0;
	data = realloc(t->answer->data, cap);
	if (!data)
		return -ENOMEM;
	t->answer->data = data;
	t->cap = cap;
	return 0;
}

static int keep(struct transfer *t, const char *data, size_t n)
{
	struct http_answer *a = t->answer;
	int r;

	if (t->request->file >= 0 && a->status < 300) {
		ssize_t done = pwrite(t->request->file, data, n, (off_t)t->offset);

		if (done != (ssize_t)n)
			return done < 0 ? -errno : -ENOSPC;
		t->offset += n;
		return 0;
	}
	r = grow(t, a->len + n + 1);
	if (r < 0)
		return r;
	memcpy(a->data + a->len, data, n);
	a->len += n;
	a->data[a->len] = '\0';
	return 0;
}

static bool is_too_much(const struct transfer *t, size_t n)
{
	return (t->request->file >= 0 ? t->offset : t->answer->len) + n > t->request->max;
}

static size_t on_data(char *data, size_t size, size_t n, void *userdata)
{
	struct transfer *t = userdata;
	bool is_file = t->request->file >= 0;

	n *= size;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->answer->status);
	/* A server that knows no ranges begins again. */
	if (is_file && t->answer->status == 200 && t->answer->len == 0)
		t->offset = 0;
	/* What a server says of a failure has its own bound, and less of it will do. */
	t->is_cut = t->answer->status >= 300 && t->answer->len + n > FAILURE_MAX;
	if (t->is_cut)
		return 0;
	t->r = t->answer->status < 300 && is_too_much(t, n) ? -EFBIG : 0;
	if (t->r == 0)
		t->r = keep(t, data, n);
	if (t->r == 0 && is_file && t->answer->status < 300)
		t->answer->len += n;
	return t->r == 0 ? n : 0;
}

static size_t on_body(char *to, size_t size, size_t n, void *userdata)
{
	struct transfer *t = userdata;
	size_t left = t->request->body.len - t->sent;

	n = size * n < left ? size * n : left;
	memcpy(to, t->request->body.data + t->sent, n);
	t->sent += n;
	return n;
}

static int on_seek(void *userdata, curl_off_t offset, int origin)
{
	struct transfer *t = userdata;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->request->body.len)
		return CURL_SEEKFUNC_FAIL;
	t->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/* @line without its end; is it @name, then *ret is its value. */
static bool is_header(const char *line, size_t n, const char *name, struct http_bytes *ret)
{
	size_t len = strlen(name);

	if (n <= len || strncasecmp(line, name, len) != 0 || line[len] != ':')
		return false;
	for (len++; len < n && (line[len] == ' ' || line[len] == '\t'); len++)
		;
	*ret = (struct http_bytes){line + len, n - len};
	return true;
}

/* A value that is strange is as good as none. */
static void set_value(char **at, const struct http_bytes *value)
{
	char *copy = value->len <= VALUE_MAX ? strndup(value->data, value->len) : NULL;

	if (!copy || !text_is_clean(copy, VALUE_MAX)) {
		free(copy);
		return;
	}
	free(*at);
	*at = copy;
}

/* libcurl ends no line with a NUL. A date, which is the other form, counts as nothing. */
static unsigned int seconds_of(const struct http_bytes *value)
{
	unsigned int s = 0;

	for (size_t i = 0; i < value->len && i < 6; i++) {
		if (value->data[i] < '0' || value->data[i] > '9')
			return 0;
		s = s * 10 + (unsigned int)(value->data[i] - '0');
	}
	return s;
}

static void forget_headers(struct http_answer *a)
{
	char *data = take_ptr(a->data);
	size_t len = a->len;

	http_answer_done(a);
	a->data = data;
	a->len = len;
}

static void take_header(struct http_answer *a, const char *line, size_t n)
{
	struct http_bytes v;

	if (is_header(line, n, "content-type", &v))
		set_value(&a->content_type, &v);
	else if (is_header(line, n, "docker-content-digest", &v))
		set_value(&a->digest, &v);
	else if (is_header(line, n, "location", &v))
		set_value(&a->location, &v);
	else if (is_header(line, n, "retry-after", &v))
		a->wait_s = seconds_of(&v);
	else if (is_header(line, n, "www-authenticate", &v) &&
		 (!a->authenticate || (v.len > 6 && strncasecmp(v.data, "bearer", 6) == 0)))
		set_value(&a->authenticate, &v);
}

static size_t on_header(char *data, size_t size, size_t n, void *userdata)
{
	struct transfer *t = userdata;
	size_t len = size * n;

	t->n_headers += len;
	if (t->n_headers > HEADERS_MAX) {
		t->r = -EFBIG;
		return 0;
	}
	while (len > 0 && (data[len - 1] == '\r' || data[len - 1] == '\n'))
		len--;
	/* Each answer of a chain of redirects has its own. */
	if (len > 5 && memcmp(data, "HTTP/", 5) == 0)
		forget_headers(t->answer);
	else
		take_header(t->answer, data, len);
	return size * n;
}

static int add_header(struct transfer *t, const char *name, const char *value)
{
	_text_ struct text line = {0};
	struct curl_slist *list;

	if (!value)
		return 0;
	text_add(&line, "%s: %s", name, value);
	list = line.r == 0 ? curl_slist_append(t->headers, line.data) : NULL;
	if (!list)
		return -ENOMEM;
	t->headers = list;
	return 0;
}

static void set_blob(CURL *easy, CURLoption option, const struct http_bytes *bytes)
{
	struct curl_blob blob = {(void *)(uintptr_t)bytes->data, bytes->len, CURL_BLOB_NOCOPY};

	if (bytes->len > 0)
		curl_easy_setopt(easy, option, &blob);
}

static void set_security(const struct http_options *o, CURL *easy)
{
	const char *protocols = o->may_be_plain ? "https,http" : "https";

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy ? o->proxy : "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, o->no_proxy ? o->no_proxy : "");
	if (o->skips_verify) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	set_blob(easy, CURLOPT_CAINFO_BLOB, &o->ca);
	set_blob(easy, CURLOPT_SSLCERT_BLOB, &o->cert);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, &o->key);
}

static void set_method(struct transfer *t)
{
	const struct http_request *q = t->request;
	CURL *easy = t->easy;

	if (strcmp(q->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0)
		return;
	/* A redirect of an upload is followed with its method. */
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->body.len);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, t);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
}

int transfer_begin(struct transfer *t, CURLM *multi, const struct http_options *options,
		   long timeout_ms)
{
	const struct http_request *q = t->request;
	CURL *easy = t->easy = curl_easy_init();
	int r = easy ? 0 : -ENOMEM;

	if (r == 0)
		r = add_header(t, "Authorization", q->authorization);
	if (r == 0)
		r = add_header(t, "Accept", q->accept);
	if (r == 0)
		r = add_header(t, "Content-Type", q->content_type);
	/* Waiting for "100 Continue" costs a second where the server does not know it. */
	if (r == 0)
		r = add_header(t, "Expect", "");
	if (r < 0)
		return r;
	curl_easy_setopt(easy, CURLOPT_URL, q->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "bpfd/" BPFD_VERSION);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SLOW_S);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	if (t->offset > 0)
		curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->offset);
	set_security(options, easy);
	set_method(t);
	return curl_multi_add_handle(multi, easy) == CURLM_OK ? 0 : -ENOMEM;
}

void transfer_end(struct transfer *t, CURLM *multi)
{
	if (t->easy) {
		curl_multi_remove_handle(multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	t->easy = NULL;
	t->headers = NULL;
}
