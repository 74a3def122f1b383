/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the secrets of a connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lib/args.h"
#include "lib/conn.h"

int bpfd_login_add(struct bpfd_conn *conn, const struct bpfd_login *login)
{
	int r = conn_begin(conn, login);
	struct conn_login *to;

	if (r < 0)
		return r;
	if (!login->password)
		return fail(&conn->why, -EINVAL, "a login without a password");
	if (conn->n_logins == CONN_LOGINS_MAX)
		return fail(&conn->why, -E2BIG, "at most %d logins", CONN_LOGINS_MAX);
	to = &conn->logins[conn->n_logins];
	*to = (struct conn_login){0};
	if (text_set(&to->registry, login->registry ? login->registry : "") < 0 ||
	    text_set(&to->username, login->username ? login->username : "") < 0 ||
	    text_set(&to->password, login->password) < 0)
		r = fail(&conn->why, -ENOMEM, "out of memory");
	conn->n_logins++;
	return r;
}

void conn_logins_done(struct bpfd_conn *conn)
{
	for (size_t i = 0; i < conn->n_logins; i++) {
		struct conn_login *l = &conn->logins[i];

		if (l->password)
			explicit_bzero(l->password, strlen(l->password));
		free(l->registry);
		free(l->username);
		free(l->password);
	}
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
