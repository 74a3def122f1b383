/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the answers about our own interface: files by name or symbol, and the list of services. */
#include "rpc/standard/reflection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "rpc/server.h"
#include "rpc/standard/pb.h"

/* Field numbers of google/protobuf/descriptor.proto. */
enum { FILE_NAME = 1, FILE_PACKAGE = 2, FILE_MESSAGE = 4, FILE_ENUM = 5, FILE_SERVICE = 6 };
enum { MESSAGE_FIELD = 2, MESSAGE_NESTED = 3, MESSAGE_ENUM = 4 };
enum { SERVICE_METHOD = 2, ANY_NAME = 1 };

/* Field numbers of proto/grpc/reflection.proto. */
enum { ASK_FILE = 3, ASK_SYMBOL = 4, ASK_SERVICES = 7 };
enum { SAY_REQUEST = 2, SAY_FILES = 4, SAY_SERVICES = 6, SAY_ERROR = 7 };

struct rpc_reflection {
	struct rpc_pb *files;
	size_t n_files;
};

int rpc_reflection_new(const void *set, size_t len, struct rpc_reflection **ret, struct reason *why)
{
	struct rpc_reflection *reflection = calloc(1, sizeof(*reflection));
	struct rpc_pb pb = rpc_pb_of(set, len), *files;
	struct rpc_pb_field f;
	int r = -ENOMEM;

	while (reflection && (r = rpc_pb_next(&pb, &f)) == 1) {
		if (f.number != 1 || !f.data)
			continue;
		files = reallocarray(reflection->files, reflection->n_files + 1, sizeof(*files));
		if (!files) {
			r = -ENOMEM;
			break;
		}
		reflection->files = files;
		files[reflection->n_files++] = rpc_pb_of(f.data, f.len);
	}
	if (r < 0) {
		rpc_reflection_free(reflection);
		return fail(why, r, "cannot read the descriptors of the interface");
	}
	*ret = reflection;
	return 0;
}

void rpc_reflection_free(struct rpc_reflection *reflection)
{
	if (reflection)
		free(reflection->files);
	free(reflection);
}

static bool has_name(struct rpc_pb pb, uint64_t number, const char *name)
{
	struct rpc_pb_field f;

	return rpc_pb_find(pb, number, &f) && f.len == strlen(name) &&
	       memcmp(f.data, name, f.len) == 0;
}

/* What follows "<name>." in @symbol; NULL when it does not begin so. */
static const char *after_name(struct rpc_pb pb, uint64_t number, const char *symbol)
{
	struct rpc_pb_field f;

	if (!rpc_pb_find(pb, number, &f) || f.len == 0)
		return number == FILE_PACKAGE ? symbol : NULL;
	if (strncmp(symbol, f.data, f.len) != 0 || symbol[f.len] != '.')
		return NULL;
	return symbol + f.len + 1;
}

static bool has_member(struct rpc_pb pb, uint64_t number, const char *name)
{
	struct rpc_pb_field f;

	while (rpc_pb_next(&pb, &f) == 1)
		if (f.number == number && f.data &&
		    has_name(rpc_pb_of(f.data, f.len), ANY_NAME, name))
			return true;
	return false;
}

/* Is @symbol this message, or nested in it? Each level takes one name off @symbol. */
static bool message_has(struct rpc_pb pb, const char *symbol)
{
	const char *rest = after_name(pb, ANY_NAME, symbol);
	struct rpc_pb_field f;

	if (has_name(pb, ANY_NAME, symbol))
		return true;
	if (!rest)
		return false;
	if (has_member(pb, MESSAGE_FIELD, rest) || has_member(pb, MESSAGE_ENUM, rest))
		return true;
	while (rpc_pb_next(&pb, &f) == 1)
		if (f.number == MESSAGE_NESTED && f.data &&
		    message_has(rpc_pb_of(f.data, f.len), rest))
			return true;
	return false;
}

static bool service_has(struct rpc_pb pb, const char *symbol)
{
	const char *method = after_name(pb, ANY_NAME, symbol);

	return has_name(pb, ANY_NAME, symbol) || (method && has_member(pb, SERVICE_METHOD, method));
}

static bool file_has(struct rpc_pb pb, const char *symbol)
{
	const char *rest = after_name(pb, FILE_PACKAGE, symbol);
	struct rpc_pb_field f;

	if (!rest)
		return false;
	if (has_member(pb, FILE_ENUM, rest))
		return true;
	while (rpc_pb_next(&pb, &f) == 1) {
		if (f.number == FILE_MESSAGE && f.data &&
		    message_has(rpc_pb_of(f.data, f.len), rest))
			return true;
		if (f.number == FILE_SERVICE && f.data &&
		    service_has(rpc_pb_of(f.data, f.len), rest))
			return true;
	}
	return false;
}

static const struct rpc_pb *find_file(const struct rpc_reflection *reflection, uint64_t by,
				      const char *name)
{
	const struct rpc_pb *file = reflection->files;
	size_t i;

	for (i = 0; i < reflection->n_files; i++, file++)
		if (by == ASK_FILE ? has_name(*file, FILE_NAME, name) : file_has(*file, name))
			return file;
	return NULL;
}

static void say_file(struct text *w, const struct rpc_pb *file)
{
	_text_ struct text inner = {0};

	rpc_pb_put_bytes(&inner, 1, file->p, (size_t)(file->end - file->p));
	rpc_pb_put_bytes(w, SAY_FILES, inner.data, inner.len);
}

static void add_service(struct text *w, struct rpc_pb file, struct rpc_pb service)
{
	_text_ struct text name = {0}, inner = {0};
	struct rpc_pb_field f;

	if (rpc_pb_find(file, FILE_PACKAGE, &f) && f.len > 0)
		text_add(&name, "%.*s.", (int)f.len, f.data);
	if (!rpc_pb_find(service, ANY_NAME, &f))
		return;
	text_add_bytes(&name, f.data, f.len);
	rpc_pb_put_bytes(&inner, 1, name.data, name.len);
	rpc_pb_put_bytes(w, 1, inner.data, inner.len);
}

static void say_services(struct text *w, const struct rpc_reflection *reflection)
{
	_text_ struct text inner = {0};
	struct rpc_pb_field f;
	struct rpc_pb file;
	size_t i;

	for (i = 0; i < reflection->n_files; i++) {
		file = reflection->files[i];
		while (rpc_pb_next(&file, &f) == 1)
			if (f.number == FILE_SERVICE && f.data)
				add_service(&inner, reflection->files[i], rpc_pb_of(f.data, f.len));
	}
	rpc_pb_put_bytes(w, SAY_SERVICES, inner.data ? inner.data : "", inner.len);
}

static void say_error(struct text *w, enum rpc_code code, const char *message)
{
	_text_ struct text inner = {0};

	rpc_pb_put_value(&inner, 1, code);
	rpc_pb_put_bytes(&inner, 2, message, strlen(message));
	rpc_pb_put_bytes(w, SAY_ERROR, inner.data, inner.len);
}

/* The last field of the oneof wins, as protobuf has it. */
static int answer(struct text *w, const struct rpc_reflection *reflection, struct rpc_pb request)
{
	struct rpc_pb_field f, asked = {0};
	const struct rpc_pb *file;
	_free_ char *name = NULL;
	int r;

	while ((r = rpc_pb_next(&request, &f)) == 1)
		if (f.number >= ASK_FILE && f.number <= ASK_SERVICES && f.data)
			asked = f;
	if (r < 0)
		return r;
	if (asked.number == ASK_SERVICES) {
		say_services(w, reflection);
		return w->r;
	}
	if (asked.number != ASK_FILE && asked.number != ASK_SYMBOL) {
		say_error(w, RPC_UNIMPLEMENTED, "extensions are not used here");
		return w->r;
	}
	name = strndup(asked.data, asked.len);
	if (!name)
		return -ENOMEM;
	file = find_file(reflection, asked.number, name);
	if (file)
		say_file(w, file);
	else
		say_error(w, RPC_NOT_FOUND, "no such file or symbol");
	return w->r;
}

static void refuse(struct rpc_call *call, enum rpc_code code, const char *message)
{
	const struct rpc_result result = {.code = code, .message = message};

	rpc_call_finish(call, &result);
}

static void on_message(struct rpc_call *call, void *userdata)
{
	_text_ struct text w = {0};
	const void *request;
	size_t len;
	int r;

	if (rpc_call_has_all(call)) {
		rpc_call_finish(call, NULL);
		return;
	}
	request = rpc_call_request(call, &len);
	rpc_pb_put_bytes(&w, SAY_REQUEST, request, len);
	r = answer(&w, userdata, rpc_pb_of(request, len));
	if (r == 0)
		r = rpc_call_send(call, w.data, w.len);
	if (r == -EBADMSG)
		refuse(call, RPC_INVALID_ARGUMENT, "malformed ServerReflectionRequest");
	else if (r < 0)
		refuse(call, RPC_RESOURCE_EXHAUSTED, "read the answers before you ask for more");
}

static void on_cancel(struct rpc_call *call, void *userdata)
{
	(void)userdata;
	rpc_call_finish(call, NULL);
}

static void info(struct rpc_call *call, void *userdata)
{
	rpc_call_watch(call, on_cancel, NULL, userdata);
	rpc_call_on_message(call, on_message);
}

static const struct rpc_method methods[] = {
	{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", info, NULL, true},
	{"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", info, NULL, true},
};

const struct rpc_method *rpc_reflection_find(const char *path)
{
	size_t i;

	for (i = 0; i < array_size(methods); i++)
		if (strcmp(methods[i].path, path) == 0)
			return &methods[i];
	return NULL;
}
