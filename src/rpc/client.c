/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a client's connection and the waiting; blocks in poll(2) only. */
#include "rpc/client.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "rpc/header.h"
#include "rpc/reply.h"
#include "rpc/timer.h"

#define WINDOW_SIZE	       (1024 * 1024)
#define CONNECTION_WINDOW_SIZE (16 * 1024 * 1024)

#define NV(n, v)                                                                                   \
	{                                                                                          \
		(uint8_t *)(n), (uint8_t *)(v), sizeof(n) - 1, sizeof(v) - 1, 0                    \
	}

static void client_die(struct rpc_client *client, int error, const char *text)
{
	struct rpc_stream *stream;

	if (client->dead)
		return;
	client->dead = error;
	for (stream = client->streams; stream; stream = stream->next) {
		if (!stream->is_closed && !stream->is_ended)
			rpc_reply_fail(stream, error, text);
		stream->is_closed = true;
	}
}

static ssize_t read_request(nghttp2_session *h2, int32_t id, uint8_t *buf, size_t length,
			    uint32_t *flags, nghttp2_data_source *source, void *userdata)
{
	struct rpc_stream *stream = source->ptr;
	size_t n = stream->out.len - stream->out_off;

	(void)h2;
	(void)id;
	(void)userdata;
	if (n > length)
		n = length;
	memcpy(buf, stream->out.data + stream->out_off, n);
	stream->out_off += n;
	if (stream->out_off == stream->out.len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* Send what is queued until the socket is full. Return: 0, -EAGAIN, or another -errno. */
static int client_write(struct rpc_client *client)
{
	const uint8_t *data;
	ssize_t n;

	for (;;) {
		while (client->carry.len > client->carry_off) {
			n = send(client->fd, client->carry.data + client->carry_off,
				 client->carry.len - client->carry_off,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0)
				return errno == EINTR ? -EAGAIN : -errno;
			client->carry_off += (size_t)n;
		}
		client->carry.len = 0;
		client->carry_off = 0;
		while (client->carry.len < RPC_CLIENT_INPUT_SIZE) {
			n = nghttp2_session_mem_send(client->h2, &data);
			if (n < 0)
				return -EPROTO;
			if (n == 0)
				break;
			text_add_bytes(&client->carry, data, (size_t)n);
		}
		if (client->carry.r < 0)
			return client->carry.r;
		if (client->carry.len == 0)
			return 0;
	}
}

static int client_read(struct rpc_client *client)
{
	ssize_t n;

	n = recv(client->fd, client->input, RPC_CLIENT_INPUT_SIZE, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	return nghttp2_session_mem_recv(client->h2, client->input, (size_t)n) < 0 ? -EPROTO : 0;
}

/* Write, wait until @until_ns (0: no wait, UINT64_MAX: no bound), read. */
static void client_pump(struct rpc_client *client, uint64_t until_ns)
{
	struct pollfd p = {.fd = client->fd, .events = POLLIN};
	uint64_t now = until_ns && until_ns != UINT64_MAX ? rpc_now_ns() : 0;
	uint64_t wait_ms = until_ns > now ? (until_ns - now + 999999) / 1000000 : 0;
	int r, wait = until_ns == UINT64_MAX || wait_ms > INT32_MAX ? -1 : (int)wait_ms;

	if (client->dead)
		return;
	r = client_write(client);
	if (r == -EAGAIN)
		p.events |= POLLOUT;
	if (r == -EPIPE || r == -ECONNRESET) {
		/* The answer, or the reason to go, may still be there to be read. */
		while (client_read(client) == 0)
			if (poll(&p, 1, 0) <= 0)
				break;
	} else if (r == 0 || r == -EAGAIN) {
		r = poll(&p, 1, wait) < 0 && errno != EINTR ? -errno : 0;
		if (r == 0 && (p.revents & ~POLLOUT))
			r = client_read(client);
	}
	if (r == -EPROTO)
		client_die(client, -EPIPE, "the server does not speak HTTP/2 as expected");
	else if (r < 0)
		client_die(client, -EPIPE, "the connection to the server is gone");
}

static int set_up(struct rpc_client *client)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_SIZE},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RPC_CLIENT_HEADER_MAX},
	};
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	int r = -ENOMEM;

	if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
		nghttp2_option_set_no_auto_window_update(option, 1);
		rpc_reply_register(callbacks);
		r = nghttp2_session_client_new2(&client->h2, callbacks, client, option);
	}
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	if (r < 0 ||
	    nghttp2_submit_settings(client->h2, NGHTTP2_FLAG_NONE, settings, array_size(settings)) <
		    0 ||
	    nghttp2_session_set_local_window_size(client->h2, NGHTTP2_FLAG_NONE, 0,
						  CONNECTION_WINDOW_SIZE) < 0)
		return -ENOMEM;
	return 0;
}

int rpc_client_open_adopt(int fd, struct rpc_client **ret, struct reason *why)
{
	struct rpc_client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return fail(why, -ENOMEM, "no memory for a connection");
	}
	client->fd = fd;
	if (set_up(client) < 0) {
		rpc_client_close(client);
		return fail(why, -ENOMEM, "no memory for a connection");
	}
	*ret = client;
	return 0;
}

int rpc_client_open(const char *path, struct rpc_client **ret, struct reason *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	_close_ int fd = -1;
	socklen_t len;

	if (n == 0 || n >= sizeof(address.sun_path))
		return fail(why, -ENAMETOOLONG,
			    "socket path '%.120s' has %zu bytes; 1 to %zu can be", path, n,
			    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, n);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	if (path[0] == '@') {
		address.sun_path[0] = '\0';
		len--;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(why, -errno, "cannot make a socket: %m");
	if (connect(fd, (struct sockaddr *)&address, len) < 0)
		return fail(why, -errno, "cannot connect to %s: %m", path);
	return rpc_client_open_adopt(take_fd(&fd), ret, why);
}

void rpc_client_close(struct rpc_client *client)
{
	if (!client)
		return;
	nghttp2_session_del(client->h2);
	fd_close(&client->fd);
	text_done(&client->carry);
	free(client);
}

int rpc_client_fd(const struct rpc_client *client)
{
	return client->fd;
}

enum rpc_code rpc_client_code(const struct rpc_client *client)
{
	return client->code;
}

static int submit(struct rpc_stream *stream, const char *path)
{
	char timeout[12] = "";
	nghttp2_nv nv[] = {
		NV(":method", "POST"),
		NV(":scheme", "http"),
		NV(":path", ""),
		NV(":authority", "localhost"),
		NV("te", "trailers"),
		NV("content-type", "application/grpc"),
		NV("user-agent", "grpc-c-bpfd/" BPFD_VERSION),
		NV("grpc-timeout", ""),
	};
	const nghttp2_data_provider provider = {.source.ptr = stream,
						.read_callback = read_request};
	size_t n = array_size(nv) - 1;

	nv[2].value = (uint8_t *)path;
	nv[2].valuelen = strlen(path);
	if (stream->timeout_ms >= 0) {
		rpc_header_format_timeout(stream->timeout_ms, timeout);
		nv[n].value = (uint8_t *)timeout;
		nv[n].valuelen = strlen(timeout);
		n++;
	}
	return nghttp2_submit_request(stream->client->h2, NULL, nv, n, &provider, stream);
}

static void stream_free(struct rpc_stream *stream)
{
	struct rpc_reply reply;

	while (rpc_reply_take(stream, &reply))
		free(reply.data);
	rpc_message_done(&stream->reader);
	text_done(&stream->out);
	reason_done(&stream->said);
	reason_done(&stream->error);
	free(stream);
}

int rpc_client_start(struct rpc_client *client, const struct rpc_request *request,
		     struct rpc_stream **ret, struct reason *why)
{
	struct rpc_stream *stream;

	if (client->dead || !nghttp2_session_check_request_allowed(client->h2))
		return fail(why, -EPIPE, "the connection to the server is gone");
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return fail(why, -ENOMEM, "no memory for a call");
	stream->client = client;
	stream->last = &stream->first;
	stream->reader.max = RPC_RESPONSE_MAX;
	stream->timeout_ms = request->timeout_ms;
	stream->deadline_ns = UINT64_MAX;
	if (request->timeout_ms >= 0)
		stream->deadline_ns = rpc_now_ns() + (uint64_t)request->timeout_ms * 1000000;
	rpc_message_put(&stream->out, request->data ? request->data : "", request->len);
	stream->id = stream->out.r < 0 ? -1 : submit(stream, request->path);
	if (stream->id < 0) {
		stream_free(stream);
		return fail(why, -ENOMEM, "no memory for a call");
	}
	stream->next = client->streams;
	client->streams = stream;
	*ret = stream;
	return 0;
}

static bool has_outcome(const struct rpc_stream *stream)
{
	return stream->is_closed || stream->is_ended || stream->error.code;
}

static void check_deadline(struct rpc_stream *stream, uint64_t now)
{
	char text[64];

	if (now < stream->deadline_ns || has_outcome(stream))
		return;
	snprintf(text, sizeof(text), "no answer within %d ms", stream->timeout_ms);
	rpc_reply_reset(stream, -ETIMEDOUT, text);
	client_pump(stream->client, 0);
}

int rpc_client_read(struct rpc_stream *stream, int wait_ms, struct rpc_reply *ret,
		    struct reason *why)
{
	uint64_t now = 0, until = UINT64_MAX, first;
	bool has_pumped = false;

	if (wait_ms >= 0)
		until = rpc_now_ns() + (uint64_t)wait_ms * 1000000;
	for (;;) {
		if (rpc_reply_take(stream, ret))
			return 1;
		if (has_outcome(stream))
			return rpc_reply_outcome(stream, why);
		first = until < stream->deadline_ns ? until : stream->deadline_ns;
		now = first == UINT64_MAX ? 0 : rpc_now_ns();
		if (has_pumped && now >= until)
			return -EAGAIN;
		client_pump(stream->client, now < first ? first : 0);
		has_pumped = true;
		if (!stream->first && stream->deadline_ns != UINT64_MAX)
			check_deadline(stream, rpc_now_ns());
	}
}

void rpc_client_cancel(struct rpc_stream *stream)
{
	struct rpc_stream **p;

	if (!stream)
		return;
	for (p = &stream->client->streams; *p != stream; p = &(*p)->next)
		;
	*p = stream->next;
	if (!stream->is_closed && !stream->client->dead) {
		nghttp2_session_set_stream_user_data(stream->client->h2, stream->id, NULL);
		nghttp2_submit_rst_stream(stream->client->h2, NGHTTP2_FLAG_NONE, stream->id,
					  NGHTTP2_CANCEL);
		client_pump(stream->client, 0);
		stream->is_closed = true;
	}
	stream_free(stream);
}

int rpc_client_call(struct rpc_client *client, const struct rpc_request *request,
		    struct rpc_reply *ret, struct reason *why)
{
	_rpc_stream_ struct rpc_stream *stream = NULL;
	struct rpc_reply reply, more;
	int r;

	r = rpc_client_start(client, request, &stream, why);
	if (r < 0)
		return r;
	r = rpc_client_read(stream, -1, &reply, why);
	if (r < 0)
		return r;
	if (r == 0)
		return fail(why, -EPROTO, "the server answers without a message");
	r = rpc_client_read(stream, -1, &more, why);
	if (r == 0) {
		*ret = reply;
		return 0;
	}
	free(reply.data);
	if (r < 0)
		return r;
	free(more.data);
	return fail(why, -EPROTO, "the server answers with more than one message");
}
