/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the three questions to the kernel about a connected peer. */
#include "rpc/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "rpc/call.h"

/* Linux 6.5; not in the headers of Debian 12. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static int read_groups(int fd, struct rpc_peer *peer)
{
	_free_ gid_t *groups = NULL;
	socklen_t len = 0;

	/* With a length of 0 the kernel says ERANGE and the length it needs. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0)
		return 0;
	if (errno != ERANGE)
		return -errno;
	groups = malloc(len);
	if (!groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return -errno;
	peer->groups = take_ptr(groups);
	peer->n_groups = len / sizeof(gid_t);
	return 0;
}

int rpc_peer_read(int fd, struct rpc_peer *ret)
{
	struct rpc_peer peer = {.pidfd = -1};
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	peer.uid = cred.uid;
	peer.gid = cred.gid;
	peer.pid = cred.pid;
	r = read_groups(fd, &peer);
	if (r < 0)
		return r;
	len = sizeof(peer.pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &peer.pidfd, &len) < 0)
		peer.pidfd = -1;
	*ret = peer;
	return 0;
}

void rpc_peer_done(struct rpc_peer *peer)
{
	fd_close(&peer->pidfd);
	free(peer->groups);
	peer->groups = NULL;
	peer->n_groups = 0;
}
