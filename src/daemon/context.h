/* SPDX-License-Identifier: Apache-2.0 */
/* What a request works with; one per thread that serves requests. All members borrowed from main.
 */
#pragma once

struct chain_limits;
struct endpoints;
struct forkserver;
struct images;
struct keeper;
struct paths;
struct settings;
struct store;

/* @forkserver is NULL in the thread that only reads. @events_fd: of tracefs, opened once; -1: none.
 */
struct context {
	struct store *store;
	struct forkserver *forkserver;
	struct keeper *keeper;
	int events_fd;
	const struct chain_limits *limits; /* of this kernel, for chains */
	struct images *images;		   /* one for all threads */
	struct endpoints *endpoints;	   /* of volumes for pods; NULL without Kubernetes */
	const struct settings *settings;
	const struct paths *paths;
};
