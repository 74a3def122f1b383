/* SPDX-License-Identifier: Apache-2.0 */
/* OCI archives: a layout in a tar, as skopeo's oci-archive and podman save --format oci-archive. */
#pragma once

struct reason;

/* The layout @dir into @file. The same layout gives the same bytes. Return: 0 or -errno. */
int archive_write(const char *dir, const char *file, struct reason *why);

/**
 * archive_read() - the files of a layout out of an archive into @dir, and nothing else of it.
 *
 * Return: 0, -EBADMSG (not an OCI archive; one of docker's says so), -EFBIG, -errno.
 */
int archive_read(const char *file, const char *dir, struct reason *why);
