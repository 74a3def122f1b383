/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a file of a layout is opened; who the client is and how it ends is up to the child's
 * start. */
#include "forkserver/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "forkserver/message.h"

#define BLOBS "blobs/sha256/"

bool opener_name_is_valid(const char *name)
{
	size_t prefix = strlen(BLOBS);

	if (strcmp(name, "oci-layout") == 0 || strcmp(name, "index.json") == 0)
		return true;
	return strncmp(name, BLOBS, prefix) == 0 && strlen(name) == prefix + 64 &&
	       strspn(name + prefix, "0123456789abcdef") == 64;
}

int opener_open(int layout, const char *name, struct reason *why)
{
	struct open_how how = {
		/* Without O_NONBLOCK a FIFO would block until somebody writes. */
		.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	_close_ int fd = -1;
	struct stat st;

	if (!opener_name_is_valid(name))
		return fail(why, -EINVAL, "not the name of a file in an image layout");
	fd = (int)syscall(SYS_openat2, layout, name, &how, sizeof(how));
	if (fd < 0 && errno == ELOOP)
		return fail(why, -ELOOP, "%s is a symbolic link or passes one", name);
	if (fd < 0)
		return fail(why, -errno, "cannot open %s: %s", name, strerror(errno));
	if (fstat(fd, &st) < 0)
		return fail(why, -errno, "cannot look at %s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "%s is not a regular file", name);
	return take_fd(&fd);
}

/* Answer with @fd, or with the failure that it is. */
static int answer(int sock, int fd, const struct reason *why)
{
	if (fd < 0)
		return message_send_failure(sock, fd, why);
	return message_send(sock, &(struct message_out){.fds = &fd, .n_fds = 1});
}

int opener_serve(int sock, int layout)
{
	for (;;) {
		_message_ struct message m = {0};
		_reason_ struct reason why = {0};
		_close_ int fd = -1;
		int r = message_recv(sock, &m, &why);

		if (r < 0)
			return r;
		if (strlen(m.data) == m.len)
			fd = opener_open(layout, m.data, &why);
		else
			fd = fail(&why, -EINVAL, "not the name of a file in an image layout");
		r = answer(sock, fd, &why);
		if (r < 0)
			return r;
	}
}

int opener_run(int sock, const char *path)
{
	_close_ int layout = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_reason_ struct reason why = {0};
	int r;

	if (layout < 0) {
		r = fail(&why, -errno, "cannot open layout %s: %s", path, strerror(errno));
		return message_send_failure(sock, r, &why);
	}
	r = message_send(sock, &(struct message_out){.code = 0});
	return r < 0 ? r : opener_serve(sock, layout);
}
