/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound ownership: a reader proves a function leak-free without opening a callee. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

/* Run fn(&variable) when the variable goes out of scope. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free_p(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_p(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _free_	_cleanup_(cleanup_free_p)
#define _close_ _cleanup_(cleanup_close_p)

/* Hand a pointer to the caller; the cleanup of the local variable then does nothing. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) _t = (p);                                                            \
		(p) = NULL;                                                                        \
		_t;                                                                                \
	})

/* Hand a file descriptor to the caller; the local variable becomes -1. */
static inline int take_fd(int *fd)
{
	int t = *fd;

	*fd = -1;
	return t;
}

#define array_size(a) (sizeof(a) / sizeof((a)[0]))
