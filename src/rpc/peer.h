/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a unix socket. */
#pragma once

struct rpc_peer;

/* Ask the kernel; see struct rpc_peer in call.h. A missing SO_PEERPIDFD (< 6.5) is no error.
 * Return: 0, -ENOMEM, -errno of getsockopt(2). */
int rpc_peer_read(int fd, struct rpc_peer *ret);
void rpc_peer_done(struct rpc_peer *peer);
