/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of maps through the daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lib/args.h"
#include "lib/conn.h"
#include "lib/reader.h"
#include "rpc/client.h"

#define METHOD "ReadMap"

/**
 * struct bpfd_reader
 * @own:   its own connection, so that a long read does not stand in the way of other calls; NULL
 *         when it lives within one call of the library.
 * @entry: the element at hand; NULL before the first.
 */
struct bpfd_reader {
	struct bpfd_conn *conn;
	struct rpc_client *own;
	struct rpc_stream *stream;
	struct reply *entry;
};

static int pack_request(struct bpfd_conn *conn, const char *ref,
			const struct bpfd_map_read_opts *opts, struct rpc_request *ret)
{
	Bpfd__V1__ReadMapRequest request = BPFD__V1__READ_MAP_REQUEST__INIT;
	struct bpfd_map_read_opts o;
	void *data;
	int r = args_take(opts, &o, sizeof(o), &conn->why);

	if (r < 0)
		return r;
	request.map = args_text(ref);
	request.key.data = (uint8_t *)(uintptr_t)o.key;
	request.key.len = o.key ? o.key_size : 0;
	request.limit = o.limit;
	r = wire_pack(&request.base, &data, &ret->len);
	if (r < 0)
		return fail(&conn->why, r, "out of memory");
	ret->data = data;
	return 0;
}

/* @is_own: on a connection of its own. */
static int start(struct bpfd_conn *conn, const struct rpc_request *request, bool is_own,
		 struct bpfd_reader **ret)
{
	_reader_ struct bpfd_reader *reader = calloc(1, sizeof(*reader));
	struct rpc_client *client;
	int r;

	if (!reader)
		return fail(&conn->why, -ENOMEM, "out of memory");
	reader->conn = conn;
	r = is_own ? conn_open_client(conn, &reader->own) : conn_client(conn, &client);
	if (r < 0)
		return r;
	r = rpc_client_start(is_own ? reader->own : client, request, &reader->stream, &conn->why);
	if (r < 0)
		return fail(&conn->why, r, METHOD ": %s", strerror(-r));
	*ret = take_ptr(reader);
	return 0;
}

static int begin(struct bpfd_conn *conn, struct rpc_request *request, bool is_own,
		 struct bpfd_reader **ret)
{
	char path[CONN_PATH_SIZE];
	int r;

	conn_path(METHOD, path);
	request->path = path;
	r = start(conn, request, is_own, ret);
	free((void *)(uintptr_t)request->data);
	return r;
}

int reader_open(struct bpfd_conn *conn, const char *ref, const struct bpfd_map_read_opts *opts,
		struct bpfd_reader **ret)
{
	struct rpc_request request = {.timeout_ms = -1};
	int r = pack_request(conn, ref, opts, &request);

	return r < 0 ? r : begin(conn, &request, true, ret);
}

int reader_open_shared(struct bpfd_conn *conn, const char *ref,
		       const struct bpfd_map_read_opts *opts, struct bpfd_reader **ret)
{
	struct rpc_request request = {.timeout_ms = conn->timeout_ms};
	int r = pack_request(conn, ref, opts, &request);

	return r < 0 ? r : begin(conn, &request, false, ret);
}

int bpfd_reader_next(struct bpfd_reader *reader)
{
	struct rpc_reply reply = {0};
	struct bpfd_conn *conn = reader ? reader->conn : NULL;
	int r = conn_begin(conn, conn);

	if (r < 0)
		return r;
	reply_free(reader->entry);
	reader->entry = NULL;
	r = rpc_client_read(reader->stream, conn->timeout_ms, &reply, &conn->why);
	if (r == -EAGAIN)
		return fail(&conn->why, -ETIMEDOUT, METHOD ": the daemon is silent");
	if (r < 0)
		return fail(&conn->why, r, METHOD ": %s", strerror(-r));
	if (r == 0)
		return 0;
	r = reply_new(&bpfd__v1__map_entry__descriptor, reply.data, reply.len, &reader->entry);
	free(reply.data);
	return r < 0 ? fail(&conn->why, r, METHOD ": the answer cannot be read") : 1;
}

static const Bpfd__V1__MapEntry *entry_of(const struct bpfd_reader *reader)
{
	return reader ? reply_answer(MapEntry, reader->entry) : NULL;
}

const void *bpfd_reader_key(const struct bpfd_reader *reader, size_t *ret_len)
{
	const Bpfd__V1__MapEntry *entry = entry_of(reader);

	*ret_len = entry ? entry->key.len : 0;
	return entry ? entry->key.data : NULL;
}

const void *bpfd_reader_value(const struct bpfd_reader *reader, size_t *ret_len)
{
	const Bpfd__V1__MapEntry *entry = entry_of(reader);

	*ret_len = entry ? entry->value.len : 0;
	return entry ? entry->value.data : NULL;
}

uint32_t bpfd_reader_cpus(const struct bpfd_reader *reader)
{
	const Bpfd__V1__MapEntry *entry = entry_of(reader);

	return entry ? entry->cpus : 0;
}

void bpfd_reader_free(struct bpfd_reader *reader)
{
	if (!reader)
		return;
	rpc_client_cancel(reader->stream);
	rpc_client_close(reader->own);
	reply_free(reader->entry);
	free(reader);
}
