/* SPDX-License-Identifier: Apache-2.0 */
/* Owns maps: the list, descriptors over maps.sock, values in memory. Reading is in reader.c. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "lib/args.h"
#include "lib/conn.h"
#include "lib/reader.h"
#include "wire/maps_socket.h"

int bpfd_map_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts, struct bpfd_maps **ret)
{
	const struct conn_list list = {"ListMaps", &bpfd__v1__list_maps_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListMapsResponse, *reply)->maps,
				reply_answer(ListMapsResponse, *reply)->n_maps);
	return r;
}

REPLY_LIST(map, maps)

REPLY_NUMBER(element, uint32_t, map, Map, id, id)
REPLY_TEXT(element, map, Map, name, name)
REPLY_TEXT(element, map, Map, type, type)
REPLY_NUMBER(element, uint32_t, map, Map, key_size, key_size)
REPLY_NUMBER(element, uint32_t, map, Map, value_size, value_size)
REPLY_NUMBER(element, uint32_t, map, Map, max_entries, max_entries)
REPLY_NUMBER(element, uint32_t, map, Map, flags, flags)
REPLY_NUMBER(element, uint32_t, map, Map, owner_uid, owner_uid)
REPLY_TEXT(element, map, Map, config, config)
REPLY_NUMBER(element, uint64_t, map, Map, bytes_memlock, bytes_memlock)
REPLY_NUMBER(element, bool, map, Map, is_internal, is_internal)
REPLY_TEXT(element, map, Map, export_path, export_path)
REPLY_TEXT(element, map, Map, pin_path, pin_path)
REPLY_NUMBER(element, uint32_t, map, Map, export_uid, export_uid)
REPLY_NUMBER(element, uint32_t, map, Map, export_gid, export_gid)
REPLY_NUMBER(element, uint32_t, map, Map, export_mode, export_mode)
REPLY_ITEM(element, const char *, map, Map, program, programs)

static int connect_maps(struct bpfd_conn *conn)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(conn->maps_socket);
	_close_ int fd = -1;

	if (len >= sizeof(address.sun_path))
		return fail(&conn->why, -ENAMETOOLONG, "path of the maps socket is too long");
	memcpy(address.sun_path, conn->maps_socket, len);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(&conn->why, -errno, "socket: %s", strerror(errno));
	if (conn->timeout_ms > 0) {
		struct timeval t = {conn->timeout_ms / 1000, conn->timeout_ms % 1000 * 1000};

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = errno == ENOENT ? -ECONNREFUSED : -errno;

		reason_hint(&conn->why, "is bpfd running? $BPFD_MAPS_SOCKET names its socket");
		return fail(&conn->why, code, "no bpfd at %s: %s", conn->maps_socket,
			    strerror(errno));
	}
	return take_fd(&fd);
}

/* Never trust the other side to end its texts. */
static int fail_as_told(struct bpfd_conn *conn, struct maps_reply *reply)
{
	reply->text[sizeof(reply->text) - 1] = '\0';
	reply->hint[sizeof(reply->hint) - 1] = '\0';
	if (*reply->hint)
		reason_hint(&conn->why, "%s", reply->hint);
	if (reply->error >= 0)
		return fail(&conn->why, -EPROTO, "the daemon sent no descriptor");
	return fail(&conn->why, reply->error, "%s",
		    *reply->text ? reply->text : strerror(-reply->error));
}

static void fill_info(const struct maps_reply *reply, struct bpfd_map_info *ret)
{
	struct bpfd_map_info info = {
		.size = ret->size,
		.id = reply->map_id,
		.type = reply->type,
		.key_size = reply->key_size,
		.value_size = reply->value_size,
		.max_entries = reply->max_entries,
		.flags = reply->map_flags,
		.possible_cpus = reply->possible_cpus,
	};
	memcpy(ret, &info, ret->size < sizeof(info) ? ret->size : sizeof(info));
}

/* One request and its answer; @ret_reply is complete when a descriptor is returned. */
static int ask(struct bpfd_conn *conn, const struct maps_request *request,
	       struct maps_reply *ret_reply)
{
	_close_ int sock = connect_maps(conn);
	_close_ int fd = -1;
	ssize_t n;
	int r;

	if (sock < 0)
		return sock;
	r = fd_send(sock, request, sizeof(*request), NULL, 0);
	if (r < 0)
		return fail(&conn->why, r, "%s: %s", conn->maps_socket, strerror(-r));
	n = fd_recv(sock, ret_reply, sizeof(*ret_reply), &fd, 1, NULL);
	if (n <= 0) {
		r = n < 0 ? (int)n : -EPIPE;
		return fail(&conn->why, r, "%s: %s", conn->maps_socket, strerror(-r));
	}
	if ((size_t)n != sizeof(*ret_reply) || ret_reply->magic != MAPS_SOCKET_MAGIC)
		return fail(&conn->why, -EPROTO, "%s: not bpfd", conn->maps_socket);
	if (ret_reply->error || fd < 0)
		return fail_as_told(conn, ret_reply);
	return take_fd(&fd);
}

int bpfd_map_fd(struct bpfd_conn *conn, const char *ref, unsigned int flags,
		struct bpfd_map_info *ret_info)
{
	struct maps_request request = {.magic = MAPS_SOCKET_MAGIC, .version = MAPS_SOCKET_VERSION};
	struct maps_reply reply;
	int fd = conn_begin(conn, conn);

	if (fd < 0)
		return fd;
	if (!ref || strlen(ref) >= sizeof(request.ref) || (flags & ~BPFD_MAP_WRITE) ||
	    (ret_info && ret_info->size < sizeof(size_t)))
		return fail(&conn->why, -EINVAL, "map, flags or info cannot be used");
	if (flags & BPFD_MAP_WRITE)
		request.flags = MAPS_SOCKET_WANT_WRITE;
	memcpy(request.ref, ref, strlen(ref));
	fd = ask(conn, &request, &reply);
	if (fd >= 0 && ret_info)
		fill_info(&reply, ret_info);
	return fd;
}

/* Bytes of all values of an array; 0 when it is none. */
static size_t values_size(const struct bpfd_map_info *info)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len;

	if (!info || info->size < offsetof(struct bpfd_map_info, possible_cpus) ||
	    info->type != BPF_MAP_TYPE_ARRAY)
		return 0;
	if (__builtin_mul_overflow(((size_t)info->value_size + 7) & ~(size_t)7,
				   (size_t)info->max_entries, &len))
		return 0;
	return (len + page - 1) & ~(page - 1);
}

int bpfd_map_mmap(int fd, const struct bpfd_map_info *info, unsigned int flags, void **ret)
{
	int prot = PROT_READ | (flags & BPFD_MAP_WRITE ? PROT_WRITE : 0);
	size_t len = values_size(info);
	void *p;

	if (len == 0 || (flags & ~BPFD_MAP_WRITE) || !ret)
		return -EINVAL;
	if (!(info->flags & BPF_F_MMAPABLE))
		return -EOPNOTSUPP;
	/* bpf_map_mmap() wants VM_SHARED, which do_mmap() takes from files not open for writing. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return -EPERM;
	p = mmap(NULL, len, prot, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	return 0;
}

void bpfd_map_munmap(void *values, const struct bpfd_map_info *info)
{
	if (values)
		munmap(values, values_size(info));
}

int bpfd_map_read(struct bpfd_conn *conn, const char *ref, const struct bpfd_map_read_opts *opts,
		  struct bpfd_reader **ret)
{
	int r = conn_begin(conn, ret);

	return r < 0 ? r : reader_open(conn, ref, opts, ret);
}

int bpfd_map_lookup(struct bpfd_conn *conn, const char *ref, const struct bpfd_map_element *element)
{
	_reader_ struct bpfd_reader *reader = NULL;
	struct bpfd_map_read_opts opts = {.size = sizeof(opts), .limit = 1};
	struct bpfd_map_element e;
	const void *data;
	size_t len;
	int r = conn_begin(conn, conn);

	if (r == 0)
		r = args_take(element, &e, sizeof(e), &conn->why);
	if (r < 0)
		return r;
	if (!e.key || !e.key_size || !e.value)
		return fail(&conn->why, -EINVAL, "no key to look up, or no place for its value");
	opts.key = e.key;
	opts.key_size = e.key_size;
	r = reader_open_shared(conn, ref, &opts, &reader);
	if (r == 0)
		r = bpfd_reader_next(reader);
	if (r < 0)
		return r;
	if (r == 0)
		return fail(&conn->why, -ENOENT, "map %s has no such key", ref);
	data = bpfd_reader_value(reader, &len);
	if (len > e.value_size)
		return fail(&conn->why, -ENOSPC, "map %s: value has %zu bytes", ref, len);
	memcpy(e.value, data, len);
	return (int)len;
}
