/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the secrets of a connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lib/args.h"
#include "lib/conn.h"

static void login_done(struct conn_login *l)
{
	if (l->password)
		explicit_bzero(l->password, strlen(l->password));
	free(l->registry);
	free(l->username);
	free(l->password);
	*l = (struct conn_login){0};
}

/* The one for a registry; a new one when there is none. */
static struct conn_login *find_login(struct bpfd_conn *conn, const char *registry)
{
	for (size_t i = 0; i < conn->n_logins; i++)
		if (strcmp(conn->logins[i].registry, registry) == 0) {
			login_done(&conn->logins[i]);
			return &conn->logins[i];
		}
	return conn->n_logins == CONN_LOGINS_MAX ? NULL : &conn->logins[conn->n_logins++];
}

int bpfd_login_add(struct bpfd_conn *conn, const struct bpfd_login *login)
{
	int r = conn_begin(conn, login);
	struct conn_login *to;

	if (r < 0)
		return r;
	if (!login->password)
		return fail(&conn->why, -EINVAL, "a login without a password");
	to = find_login(conn, login->registry ? login->registry : "");
	if (!to)
		return fail(&conn->why, -E2BIG, "at most %d logins", CONN_LOGINS_MAX);
	if (text_set(&to->registry, login->registry ? login->registry : "") < 0 ||
	    text_set(&to->username, login->username ? login->username : "") < 0 ||
	    text_set(&to->password, login->password) < 0)
		r = fail(&conn->why, -ENOMEM, "out of memory");
	return r;
}

void conn_logins_done(struct bpfd_conn *conn)
{
	for (size_t i = 0; i < conn->n_logins; i++)
		login_done(&conn->logins[i]);
	conn->n_logins = 0;
}

int conn_logins(struct bpfd_conn *conn, struct wire_arena *arena, size_t *ret_n,
		Bpfd__V1__Login ***ret)
{
	Bpfd__V1__Login *messages = wire_arena_alloc(arena, conn->n_logins + 1, sizeof(*messages));

	*ret = wire_arena_alloc(arena, conn->n_logins + 1, sizeof(**ret));
	if (!messages || !*ret)
		return fail(&conn->why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < conn->n_logins; i++) {
		bpfd__v1__login__init(&messages[i]);
		messages[i].registry = args_text(conn->logins[i].registry);
		messages[i].username = args_text(conn->logins[i].username);
		messages[i].password = args_text(conn->logins[i].password);
		(*ret)[i] = &messages[i];
	}
	*ret_n = conn->n_logins;
	return 0;
}
