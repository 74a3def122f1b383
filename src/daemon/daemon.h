/* SPDX-License-Identifier: Apache-2.0 */
/* The running daemon: everything main starts and ends, in one structure. */
#pragma once

#include "chain/chain.h"
#include "daemon/calls.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/sockets.h"
#include "daemon/status.h"
#include "manifest/settings.h"

struct maps_server;
struct options;
struct reason;
struct sd_event;

/* @reader: context of the loop; @writer: context of the worker. */
struct daemon {
	struct paths paths;
	struct settings settings;
	struct status status;
	struct context reader;
	struct context writer;
	struct chain_limits limits;
	struct keeper *keeper;
	struct worker *worker;
	struct worker *fetchers;
	struct images *images;
	struct context fetcher;	     /* of those that wait for networks */
	struct endpoints *endpoints; /* of volumes; NULL without Kubernetes */
	struct calls calls;
	struct rpc_server *rpc;
	struct rpc_reflection *reflection;
	struct maps_server *maps;
	struct sd_event *event;
	struct sockets sockets;
	int lock_fd;
};

/* Everything up to "ready": settings, fork server, directories, state, recovery, sockets. */
int daemon_start(struct daemon *d, const struct options *options, struct reason *why);

/* Serve until SIGTERM or SIGINT. Return: 0 or -errno. */
int daemon_serve(struct daemon *d, struct reason *why);

/* End in order; what is attached stays attached. Accepts a half-started one. */
void daemon_done(struct daemon *d);
