/* SPDX-License-Identifier: Apache-2.0 */
/* How a registry is reached: from the configuration and the files that it names. */
#pragma once

struct bytecode;
struct fetch_file;
struct fetch_order;
struct reason;
struct settings;

/**
 * fetch_endpoints() - mirrors first, the registry itself last; certificates are read now, and the
 * proxies of the environment taken.
 *
 * Return: 0, -errno of a file that the configuration names (the text says which), -ENOMEM.
 */
int fetch_endpoints(const struct settings *settings, const struct bytecode *name,
		    struct fetch_order *order, struct reason *why);

/* The registry alone, as for writing. */
int fetch_origin(const struct settings *settings, const struct bytecode *name,
		 struct fetch_order *order, struct reason *why);

/* A file that the configuration names; NULL: nothing. Return: 0 or -errno (text names it). */
int fetch_file_read(const char *path, struct fetch_file *ret, struct reason *why);
