/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups of this host by name; safe in any thread. */
#pragma once

#include <sys/types.h>

/* Return: 0, -ENOENT. */
int account_user(const char *name, uid_t *ret);
int account_group(const char *name, gid_t *ret);
