/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink without a library: build a request, send it, read the answers. */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

#define NETLINK_REQUEST_MAX 1024

/* A request being built; too much is noted in @r and reported by netlink_talk(). */
struct netlink_request {
	union {
		struct nlmsghdr header;
		unsigned char bytes[NETLINK_REQUEST_MAX];
	};
	int r;
};

/* @fixed: the family's structure behind the header (struct tcmsg …). NLM_F_REQUEST is added. */
void netlink_request_init(struct netlink_request *rq, uint16_t type, uint16_t flags,
			  const void *fixed, size_t fixed_len);
void netlink_put(struct netlink_request *rq, uint16_t type, const void *data, size_t len);
void netlink_put_str(struct netlink_request *rq, uint16_t type, const char *s);
void netlink_put_u32(struct netlink_request *rq, uint16_t type, uint32_t v);

/* Open and close a nest; begin returns what end wants. */
size_t netlink_nest_begin(struct netlink_request *rq, uint16_t type);
void netlink_nest_end(struct netlink_request *rq, size_t begin);

/* A NETLINK_ROUTE socket of the current netns. Return: descriptor or -errno. */
int netlink_open(struct reason *why);

/* One answer; attributes begin behind the family's structure. Non-zero ends the reading. */
typedef int (*netlink_each_fn)(const struct nlmsghdr *message, void *arg);

/**
 * netlink_talk() - send a request and read until its acknowledgement or the end of its dump.
 * @each: called for every answer, also for the echo of NLM_F_ECHO; may be NULL.
 *
 * Return: 0, what @each returned, or the kernel's -errno with its own words (extended
 * acknowledgement) in @why.
 */
int netlink_talk(int fd, struct netlink_request *rq, netlink_each_fn each, void *arg,
		 struct reason *why);

/**
 * struct netlink_attributes - attributes by type, borrowed from a message; NULL where absent.
 */
#define NETLINK_ATTRIBUTES_MAX 64
struct netlink_attributes {
	const struct nlattr *by_type[NETLINK_ATTRIBUTES_MAX];
};

/* Attributes behind @fixed_len bytes of a message, and those inside a nest. */
void netlink_parse(const struct nlmsghdr *message, size_t fixed_len,
		   struct netlink_attributes *ret);
void netlink_parse_nest(const struct nlattr *nest, struct netlink_attributes *ret);

/* What an attribute carries; NULL and length 0 when it is NULL. */
const void *netlink_bytes(const struct nlattr *attribute, size_t *ret_len);

/* 0 or "" when the attribute is NULL or too short; strings are checked for their end. */
uint8_t netlink_u8(const struct nlattr *attribute);
uint32_t netlink_u32(const struct nlattr *attribute);
const char *netlink_str(const struct nlattr *attribute);
