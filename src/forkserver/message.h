/* SPDX-License-Identifier: Apache-2.0 */
/* One message between bpfd and a child: a number, bytes, descriptors. Long bytes travel in a sealed
 * memfd. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"

struct reason;

#define MESSAGE_FDS_MAX	 (FD_PASS_MAX - 1)
#define MESSAGE_SIZE_MAX (128u << 20)

/* What is sent; everything borrowed. @code: an operation on the way to the child, 0 or -errno on
 * the way back. */
struct message_out {
	int32_t code;
	const void *data;
	size_t len;
	const int *fds;
	size_t n_fds;
};

/* What came; everything owned. @data is never NULL after success. */
struct message {
	int32_t code;
	char *data;
	size_t len;
	int fds[FD_PASS_MAX];
	size_t n_fds;
};

void message_done(struct message *m);
#define _message_ _cleanup_(message_done)

/* Return: 0, -EPIPE (peer gone), -ENOMEM, -errno of sendmsg(2). */
int message_send(int sock, const struct message_out *out);

/* A failure with its reason. */
int message_send_failure(int sock, int code, const struct reason *why);

/**
 * message_recv() - take the next message.
 *
 * Return: 0; -EPIPE (peer gone), -EBADMSG (malformed, or memory that is not sealed), -ETIMEDOUT,
 * -EFBIG (above MESSAGE_SIZE_MAX), -ENOMEM. A message with a negative code: that code, and @why
 * holds the peer's reason.
 */
int message_recv(int sock, struct message *ret, struct reason *why);
