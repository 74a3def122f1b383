/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing the pin of one exported map; used by the steps and by recovery. */
#pragma once

struct map_export;
struct reason;

/* -EEXIST: something is at the path. */
int export_make(int fd, const struct map_export *to, struct reason *why);

/* A missing pin is fine; the directory goes with its last pin. */
void export_remove(const struct map_export *to);
