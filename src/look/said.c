/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of stderr in a child; what it says is foreign and is cleaned. */
#include "look/said.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Only the end matters. */
#define TAIL 4096

int said_open(void)
{
	_close_ int fd = memfd_create("said", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

/* libbpf's summaries tell nothing that the line before does not. */
static bool is_telling(const char *line)
{
	return *line && strncmp(line, "libbpf: failed to load object", 29) != 0 &&
	       strncmp(line, "libbpf: -- ", 11) != 0;
}

static void copy_clean(char *ret, size_t size, const char *line)
{
	if (strncmp(line, "libbpf: ", 8) == 0)
		line += 8;
	snprintf(ret, size, "%s", line);
	for (char *c = ret; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

void said_last(char *ret, size_t size)
{
	char tail[TAIL + 1];
	struct stat st;
	ssize_t n = 0;
	char *end;

	*ret = '\0';
	if (fcntl(STDERR_FILENO, F_GET_SEALS) < 0 || fstat(STDERR_FILENO, &st) < 0)
		return;
	n = pread(STDERR_FILENO, tail, TAIL, st.st_size > TAIL ? st.st_size - TAIL : 0);
	if (n <= 0)
		return;
	tail[n] = '\0';
	while ((end = strrchr(tail, '\n'))) {
		if (is_telling(end + 1)) {
			copy_clean(ret, size, end + 1);
			return;
		}
		*end = '\0';
	}
	if (is_telling(tail))
		copy_clean(ret, size, tail);
}
