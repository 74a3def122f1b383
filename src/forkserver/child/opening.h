/* SPDX-License-Identifier: Apache-2.0 */
/* How one path of a client is opened, by a process that has become the client. */
#pragma once

#include "forkserver/open.h"

/* Return: as job_open(). */
int opening_open(enum job_open_what what, const char *path, struct reason *why);
