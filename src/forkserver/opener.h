/* SPDX-License-Identifier: Apache-2.0 */
/* Serving the files of one OCI layout to a parser that cannot open anything itself. Runs in a child
 * that has become the client. */
#pragma once

#include <stdbool.h>

struct reason;

/*
 * Protocol, messages of forkserver/message.h. The first one names the directory (absolute path);
 * the answer is code 0 or the failure. Each later one names a file: "oci-layout", "index.json" or
 * "blobs/sha256/" and 64 lower-case hexadecimal digits; the answer carries its descriptor, or the
 * failure. Nothing else is served.
 */
#define OPENER_NAME_MAX 80

/* Is @name one of those that are served? */
bool opener_name_is_valid(const char *name);

/**
 * opener_open() - open one file of a layout, beneath the directory and through no symbolic link.
 * @layout: descriptor of the directory (O_PATH will do); borrowed.
 *
 * Return: a descriptor, O_RDONLY | O_CLOEXEC, of a regular file; -EINVAL (not such a name, or not a
 * regular file), -ENOENT, -EACCES, -ELOOP (a symbolic link), -errno of openat2(2). Needs Linux 5.6.
 */
int opener_open(int layout, const char *name, struct reason *why);

/* Serve @layout on @sock until the peer is gone; -EPIPE then, or another -errno. */
int opener_serve(int sock, int layout);

/**
 * opener_run() - the whole work of the child, when it has become the client.
 * @path: from the first message; the answer to it is sent here.
 *
 * Return: as opener_serve().
 */
int opener_run(int sock, const char *path);
