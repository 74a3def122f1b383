/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a map through the daemon, for map.c. */
#pragma once

#include "base/cleanup.h"
#include <bpfd/bpfd.h>

/* On a connection of its own: may stay open beside other calls. */
int reader_open(struct bpfd_conn *conn, const char *ref, const struct bpfd_map_read_opts *opts,
		struct bpfd_reader **ret);

/* On the shared connection: must be freed before the library returns to its caller. */
int reader_open_shared(struct bpfd_conn *conn, const char *ref,
		       const struct bpfd_map_read_opts *opts, struct bpfd_reader **ret);

static inline void reader_free_p(struct bpfd_reader **reader)
{
	bpfd_reader_free(*reader);
}

#define _reader_ _cleanup_(reader_free_p)
