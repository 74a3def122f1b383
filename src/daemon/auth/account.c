/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the look-ups in the user database: the loop and the worker both make them. */
#include "daemon/auth/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>

/* A group with thousands of members does not fit; it is then as if it were not there. */
#define ENTRY_MAX 65536

int account_user(const char *name, uid_t *ret)
{
	struct passwd user, *found = NULL;
	char entry[4096];

	if (getpwnam_r(name, &user, entry, sizeof(entry), &found) != 0 || !found)
		return -ENOENT;
	*ret = user.pw_uid;
	return 0;
}

int account_group(const char *name, gid_t *ret)
{
	struct group group, *found = NULL;
	char entry[ENTRY_MAX];

	if (getgrnam_r(name, &group, entry, sizeof(entry), &found) != 0 || !found)
		return -ENOENT;
	*ret = group.gr_gid;
	return 0;
}
