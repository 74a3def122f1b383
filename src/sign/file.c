/* SPDX-License-Identifier: Apache-2.0 */
/* Owns reading small files whole. */
#include "sign/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"

int sign_read_file(const char *path, size_t max, struct trust_bytes *ret, struct reason *why)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r = fd < 0 ? -errno : fd_read_all(fd, max, &ret->data, &ret->len);

	return r < 0 ? fail(why, r, "%s: %s", path, strerror(-r)) : 0;
}
