/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs on a subject. */
#pragma once

#include "inspect/subject.h"

struct output;
struct reason;

/* Everything; its scratch is gone and the process in a sandbox afterwards. Return: 0, as
 * object_show(). */
int show_inspect(struct subject *subject, const char *name, struct output *out, struct reason *why);

/* How the image came to be, as its config says. Return: 0, -ENOENT (a file, or no history). */
int show_history(struct subject *subject, const char *name, struct output *out, struct reason *why);

/* What lies below its name: index, machines, layers. */
int show_tree(struct subject *subject, const char *name, struct output *out, struct reason *why);
