/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where things are on disk; opens nothing. */
#include "daemon/paths/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SOCKET_PATH_MAX 107

static int copy_absolute(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (from[0] != '/')
		return -EINVAL;
	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(to, from, n + 1);
	while (n > 1 && to[n - 1] == '/')
		to[--n] = '\0';
	return 0;
}

int paths_init(struct paths *p, const char *runtime, const char *state, const char *config)
{
	int r = copy_absolute(p->runtime, sizeof(p->runtime), runtime);

	if (r == 0)
		r = copy_absolute(p->state, sizeof(p->state), state);
	if (r == 0)
		r = copy_absolute(p->config, sizeof(p->config), config);
	if (r < 0)
		return r;
	snprintf(p->socket, sizeof(p->socket), "%s/bpfd.sock", p->runtime);
	snprintf(p->maps_socket, sizeof(p->maps_socket), "%s/maps.sock", p->runtime);
	snprintf(p->keeper_socket, sizeof(p->keeper_socket), "%s/keeper.sock", p->runtime);
	snprintf(p->db, sizeof(p->db), "%s/state.db", p->runtime);
	snprintf(p->fs, sizeof(p->fs), "%s/fs", p->runtime);
	snprintf(p->maps, sizeof(p->maps), "%s/maps", p->runtime);
	return strlen(p->keeper_socket) > SOCKET_PATH_MAX ? -ENAMETOOLONG : 0;
}

const char *paths_load(const struct paths *p, const char *uuid, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/loads/%s", p->fs, uuid);
	return ret;
}

const char *paths_program(const struct paths *p, const char *load, uint32_t index, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/loads/%s/p%u", p->fs, load, index);
	return ret;
}

const char *paths_map(const struct paths *p, const char *load, uint32_t id, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/loads/%s/map_%u", p->fs, load, id);
	return ret;
}

const char *paths_staging(const struct paths *p, const char *uuid, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/staging/%s", p->fs, uuid);
	return ret;
}

const char *paths_link(const struct paths *p, uint32_t id, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/links/%u", p->fs, id);
	return ret;
}

const char *paths_chain(const struct paths *p, uint32_t id, uint32_t revision, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/chains/%u-%u", p->fs, id, revision);
	return ret;
}

const char *paths_in_chain(const struct paths *p, const struct chain *chain, const char *name,
			   paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/chains/%u-%u/%s", p->fs, chain->id, chain->revision,
		 name);
	return ret;
}

const char *paths_trash(const struct paths *p, const char *name, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/trash/%s", p->fs, name);
	return ret;
}

const char *paths_trash_link(const struct paths *p, uint32_t id, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/trash/link_%u", p->fs, id);
	return ret;
}

const char *paths_trash_program(const struct paths *p, const char *uuid, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s/trash/program_%s", p->fs, uuid);
	return ret;
}

/* "%" and "." become "%25" and "%2e". */
static size_t escape(char *to, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 4 < size; name++) {
		if (*name == '.' || *name == '%' || *name == '/')
			n += (size_t)snprintf(to + n, size - n, "%%%02x", (unsigned char)*name);
		else
			to[n++] = *name;
	}
	to[n] = '\0';
	return n;
}

const char *paths_export(const struct paths *p, const char *owner, const char *map, paths_buf ret)
{
	size_t n = (size_t)snprintf(ret, sizeof(paths_buf), "%s/", p->maps);

	n += escape(ret + n, sizeof(paths_buf) - n, owner);
	if (map && n + 2 < sizeof(paths_buf)) {
		ret[n++] = '/';
		escape(ret + n, sizeof(paths_buf) - n, map);
	}
	return ret;
}
