/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the test service. */
#include "echo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/reason.h"

#define HELD_MAX 64

struct echo {
	unsigned int n_hung;
	int hung_reason;
	struct rpc_call *held[HELD_MAX];
	size_t n_held;
	struct rpc_call *kept;
};

struct counting {
	unsigned long left;
	size_t size;
	char *message;
};

static void say(struct rpc_call *call, void *userdata)
{
	size_t len;
	const void *data = rpc_call_request(call, &len);

	(void)userdata;
	rpc_call_reply(call, data, len);
}

static void who(struct rpc_call *call, void *userdata)
{
	const struct rpc_peer *peer = rpc_call_peer(call);
	char text[96];
	int n;

	(void)userdata;
	n = snprintf(text, sizeof(text), "%u %u %zu", peer->uid, peer->gid, peer->n_groups);
	rpc_call_reply(call, text, (size_t)n);
}

static void meta(struct rpc_call *call, void *userdata)
{
	size_t len;
	const char *value = rpc_call_metadata(call, rpc_call_request(call, &len));

	(void)userdata;
	value = value ? value : "(none)";
	rpc_call_reply(call, value, strlen(value));
}

static void counting_free(struct counting *c)
{
	free(c->message);
	free(c);
}

static void count_on(struct rpc_call *call, void *userdata)
{
	struct counting *c = userdata;
	int r = 0;

	for (; c->left > 0; c->left--) {
		r = rpc_call_send(call, c->message, c->size);
		if (r < 0)
			break;
	}
	if (r == -EAGAIN)
		return;
	counting_free(c);
	rpc_call_finish(call, NULL);
}

static void count_stop(struct rpc_call *call, void *userdata)
{
	counting_free(userdata);
	rpc_call_finish(call, NULL);
}

static void count(struct rpc_call *call, void *userdata)
{
	const struct rpc_result malformed = {RPC_INVALID_ARGUMENT, "not 'n size'", NULL, 0};
	struct counting *c = calloc(1, sizeof(*c));
	size_t len;

	(void)userdata;
	if (sscanf(rpc_call_request(call, &len), "%9lu %7zu", &c->left, &c->size) != 2) {
		free(c);
		rpc_call_finish(call, &malformed);
		return;
	}
	c->message = calloc(1, c->size + 1);
	rpc_call_watch(call, count_stop, count_on, c);
	count_on(call, c);
}

static void fail_call(struct rpc_call *call, void *userdata)
{
	_reason_ struct reason why = {0};
	char *detail;
	size_t len, n = 1 << 20, i;
	int code = 0;

	(void)userdata;
	sscanf(rpc_call_request(call, &len), "%4d", &code);
	fail(&why, -code, "für \"uid\" 100%% nein");
	reason_hint(&why, "try 'größer'");
	detail = malloc(n + 1);
	for (i = 0; i < n; i++)
		detail[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
	memcpy(detail + n - 8, "the end\n", 9);
	reason_detail_adopt(&why, detail);
	rpc_call_fail(call, &why);
}

static void unhold(struct rpc_call *call, void *userdata)
{
	struct echo *echo = userdata;
	size_t i;

	for (i = 0; i < echo->n_held && echo->held[i] != call; i++)
		;
	echo->held[i] = echo->held[--echo->n_held];
	rpc_call_finish(call, NULL);
}

static void hold(struct rpc_call *call, void *userdata)
{
	const struct rpc_result full = {RPC_RESOURCE_EXHAUSTED, NULL, NULL, 0};
	struct echo *echo = userdata;

	if (echo->n_held == HELD_MAX) {
		rpc_call_finish(call, &full);
		return;
	}
	echo->held[echo->n_held++] = call;
	rpc_call_watch(call, unhold, NULL, echo);
}

static void release(struct rpc_call *call, void *userdata)
{
	struct echo *echo = userdata;
	struct rpc_call *held;

	while (echo->n_held > 0) {
		held = echo->held[--echo->n_held];
		rpc_call_reply(held, "released", 8);
	}
	rpc_call_reply(call, "", 0);
}

static void hang_ends(struct rpc_call *call, void *userdata)
{
	struct echo *echo = userdata;

	echo->n_hung++;
	echo->hung_reason = rpc_call_cancel_reason(call);
	rpc_call_finish(call, NULL);
}

static void hang(struct rpc_call *call, void *userdata)
{
	rpc_call_watch(call, hang_ends, NULL, userdata);
}

static void hung(struct rpc_call *call, void *userdata)
{
	const struct echo *echo = userdata;
	char text[32];
	int n;

	n = snprintf(text, sizeof(text), "%u %d", echo->n_hung, echo->hung_reason);
	rpc_call_reply(call, text, (size_t)n);
}

static void keep(struct rpc_call *call, void *userdata)
{
	struct echo *echo = userdata;

	if (echo->kept)
		rpc_call_finish(echo->kept, NULL);
	echo->kept = call;
}

static const struct rpc_method methods[] = {
	{"/test.Echo/Say", say, NULL},	       {"/test.Echo/Who", who, NULL},
	{"/test.Echo/Meta", meta, NULL},       {"/test.Echo/Count", count, NULL},
	{"/test.Echo/Fail", fail_call, NULL},  {"/test.Echo/Hold", hold, NULL},
	{"/test.Echo/Release", release, NULL}, {"/test.Echo/Hang", hang, NULL},
	{"/test.Echo/Hung", hung, NULL},       {"/test.Echo/Keep", keep, NULL},
};

struct echo *echo_new(void)
{
	return calloc(1, sizeof(struct echo));
}

void echo_free(struct echo *echo)
{
	if (echo->kept)
		rpc_call_reply(echo->kept, "too late", 8);
	free(echo);
}

struct rpc_service echo_service(struct echo *echo)
{
	return (struct rpc_service){methods, array_size(methods), echo};
}

int echo_listen(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 4096) < 0)
		return -errno;
	return fd;
}
