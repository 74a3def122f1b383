/* SPDX-License-Identifier: Apache-2.0 */
/* Owns one exchange with rtnetlink; what the messages mean is known by netdev.c and clsact.c. */
#include "kernel/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"

/* The kernel cuts its dumps to what the reader offers, and offers itself at most this. */
#define ANSWER_MAX 32768

/* 1 is enough: a socket carries one request at a time. */
#define SEQUENCE 1

/* The kernel's NLA_HDRLEN and NLA_ALIGN() are signed. */
#define ATTRIBUTE_HEADER sizeof(struct nlattr)
#define ATTRIBUTE_TYPE	 0x3fff

static size_t aligned(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

void netlink_request_init(struct netlink_request *rq, uint16_t type, uint16_t flags,
			  const void *fixed, size_t fixed_len)
{
	memset(rq, 0, sizeof(*rq));
	rq->header.nlmsg_type = type;
	rq->header.nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
	rq->header.nlmsg_seq = SEQUENCE;
	memcpy(rq->bytes + NLMSG_HDRLEN, fixed, fixed_len);
	rq->header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(fixed_len));
}

void netlink_put(struct netlink_request *rq, uint16_t type, const void *data, size_t len)
{
	size_t at = rq->header.nlmsg_len;
	struct nlattr attribute = {.nla_len = (uint16_t)(ATTRIBUTE_HEADER + len), .nla_type = type};

	if (at + ATTRIBUTE_HEADER + aligned(len) > sizeof(rq->bytes)) {
		rq->r = -EMSGSIZE;
		return;
	}
	memcpy(rq->bytes + at, &attribute, sizeof(attribute));
	if (len)
		memcpy(rq->bytes + at + ATTRIBUTE_HEADER, data, len);
	rq->header.nlmsg_len = (uint32_t)(at + ATTRIBUTE_HEADER + aligned(len));
}

void netlink_put_str(struct netlink_request *rq, uint16_t type, const char *s)
{
	netlink_put(rq, type, s, strlen(s) + 1);
}

void netlink_put_u32(struct netlink_request *rq, uint16_t type, uint32_t v)
{
	netlink_put(rq, type, &v, sizeof(v));
}

size_t netlink_nest_begin(struct netlink_request *rq, uint16_t type)
{
	size_t at = rq->header.nlmsg_len;

	netlink_put(rq, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void netlink_nest_end(struct netlink_request *rq, size_t begin)
{
	uint16_t len = (uint16_t)(rq->header.nlmsg_len - begin);

	if (rq->r == 0)
		memcpy(rq->bytes + begin, &len, sizeof(len));
}

int netlink_open(struct reason *why)
{
	int fd _close_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct timeval timeout = {.tv_sec = 5};
	int on = 1;

	if (fd < 0)
		return fail(why, -errno, "cannot open a netlink socket: %s", strerror(errno));
	/* the kernel's own words behind an error, and not our request again */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return fail(why, -errno, "cannot set up a netlink socket: %s", strerror(errno));
	return take_fd(&fd);
}

static void parse(const unsigned char *p, size_t len, struct netlink_attributes *ret)
{
	memset(ret, 0, sizeof(*ret));
	while (len >= ATTRIBUTE_HEADER) {
		const struct nlattr *a = (const struct nlattr *)(const void *)p;
		size_t type = a->nla_type & ATTRIBUTE_TYPE, step = aligned(a->nla_len);

		if (a->nla_len < ATTRIBUTE_HEADER || a->nla_len > len)
			return;
		if (type < NETLINK_ATTRIBUTES_MAX)
			ret->by_type[type] = a;
		if (step >= len)
			return;
		p += step;
		len -= step;
	}
}

void netlink_parse(const struct nlmsghdr *message, size_t fixed_len, struct netlink_attributes *ret)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(fixed_len);
	size_t len = message->nlmsg_len > skip ? message->nlmsg_len - skip : 0;

	parse((const unsigned char *)message + skip, len, ret);
}

const void *netlink_bytes(const struct nlattr *attribute, size_t *ret_len)
{
	*ret_len = attribute ? attribute->nla_len - ATTRIBUTE_HEADER : 0;
	return attribute ? (const unsigned char *)attribute + ATTRIBUTE_HEADER : NULL;
}

void netlink_parse_nest(const struct nlattr *nest, struct netlink_attributes *ret)
{
	size_t len;
	const void *bytes = netlink_bytes(nest, &len);

	parse(bytes, len, ret);
}

uint8_t netlink_u8(const struct nlattr *attribute)
{
	size_t len;
	const uint8_t *bytes = netlink_bytes(attribute, &len);

	return len < 1 ? 0 : bytes[0];
}

uint32_t netlink_u32(const struct nlattr *attribute)
{
	size_t len;
	const void *bytes = netlink_bytes(attribute, &len);
	uint32_t v = 0;

	if (len >= sizeof(v))
		memcpy(&v, bytes, sizeof(v));
	return v;
}

const char *netlink_str(const struct nlattr *attribute)
{
	size_t len;
	const char *bytes = netlink_bytes(attribute, &len);

	return len && memchr(bytes, '\0', len) ? bytes : "";
}

/* The code of an acknowledgement and the kernel's words behind it. */
static int acknowledged(const struct nlmsghdr *message, struct reason *why)
{
	const struct nlmsgerr *error = NLMSG_DATA(message);
	struct netlink_attributes attributes;
	const char *words;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*error)))
		return fail(why, -EBADMSG, "netlink answered with a cut message");
	if (error->error == 0)
		return 0;
	netlink_parse(message, sizeof(*error), &attributes);
	words = netlink_str(attributes.by_type[NLMSGERR_ATTR_MSG]);
	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) && *words)
		return fail(why, error->error, "the kernel says: %s (%s)", words,
			    strerror(-error->error));
	return fail(why, error->error, "the kernel says: %s", strerror(-error->error));
}

struct answer {
	netlink_each_fn each;
	void *arg;
	bool is_done;
};

static int read_messages(const unsigned char *data, size_t len, struct answer *answer,
			 struct reason *why)
{
	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)data;
		size_t step = NLMSG_ALIGN(message->nlmsg_len);
		int r = 0;

		if (message->nlmsg_len < NLMSG_HDRLEN || message->nlmsg_len > len)
			return fail(why, -EBADMSG, "netlink answered with a cut message");
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
			answer->is_done = true;
			return message->nlmsg_type == NLMSG_ERROR ? acknowledged(message, why) : 0;
		}
		if (message->nlmsg_seq == SEQUENCE && answer->each)
			r = answer->each(message, answer->arg);
		if (r != 0)
			return r;
		data += step < len ? step : len;
		len -= step < len ? step : len;
	}
	return 0;
}

int netlink_talk(int fd, struct netlink_request *rq, netlink_each_fn each, void *arg,
		 struct reason *why)
{
	_Alignas(struct nlmsghdr) unsigned char buffer[ANSWER_MAX];
	struct answer answer = {.each = each, .arg = arg};
	bool is_dump = (rq->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int r = 0;

	if (rq->r < 0)
		return fail(why, rq->r, "a netlink request became too long");
	if (!is_dump)
		rq->header.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, rq->bytes, rq->header.nlmsg_len, 0) < 0)
		return fail(why, -errno, "cannot ask netlink: %s", strerror(errno));
	while (r == 0 && !answer.is_done) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, -errno, "no answer from netlink: %s", strerror(errno));
		if ((size_t)n > sizeof(buffer))
			return fail(why, -EMSGSIZE, "netlink answered with %zd bytes at once", n);
		r = read_messages(buffer, (size_t)n, &answer, why);
	}
	return r;
}
