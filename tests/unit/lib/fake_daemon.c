/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fixed answers: one program, one map of two elements, one refusal. */
#include "fake_daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "rpc/server.h"
#include "wire/bpfd.pb-c.h"
#include "wire/check.h"
#include "wire/maps_socket.h"

static void reply(struct rpc_call *call, const ProtobufCMessage *message)
{
	_free_ void *data = NULL;
	size_t len;

	if (wire_pack(message, &data, &len) == 0)
		rpc_call_reply(call, data, len);
}

static void get_version(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__Version m = BPFD__V1__VERSION__INIT;

	(void)userdata;
	m.version = "9.8.7";
	m.api = "bpfd.v1";
	reply(call, &m.base);
}

static void list_programs(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListProgramsResponse m = BPFD__V1__LIST_PROGRAMS_RESPONSE__INIT;
	Bpfd__V1__Program program = BPFD__V1__PROGRAM__INIT, *programs[] = {&program};
	Bpfd__V1__Label label = BPFD__V1__LABEL__INIT, *labels[] = {&label};
	uint32_t maps[] = {7, 8};

	(void)userdata;
	label.key = "team";
	label.value = "net";
	program.id = 42;
	program.name = "counter";
	program.labels = labels;
	program.n_labels = 1;
	program.map_ids = maps;
	program.n_map_ids = 2;
	m.programs = programs;
	m.n_programs = 1;
	reply(call, &m.base);
}

static void load(struct rpc_call *call, void *userdata)
{
	_reason_ struct reason why = {0};

	(void)userdata;
	fail(&why, -EACCES, "program \"x\": the verifier refused it");
	reason_hint(&why, "check the pointer first");
	reason_detail_adopt(&why, strdup("line 1\nline 2\n"));
	rpc_call_fail(call, &why);
}

/* Element i has key i; the second is per-CPU. */
static void read_map(struct rpc_call *call, void *userdata)
{
	_wire_arena_ struct wire_arena arena = {0};
	const Bpfd__V1__ReadMapRequest *request;
	ProtobufCMessage *message;
	uint64_t values[2] = {11, 22};
	size_t len;
	const void *data = rpc_call_request(call, &len);

	(void)userdata;
	if (wire_unpack(&bpfd__v1__read_map_request__descriptor, data, len, &arena, &message) < 0)
		abort();
	request = (const Bpfd__V1__ReadMapRequest *)message;
	for (uint32_t i = 0; i < 2; i++) {
		Bpfd__V1__MapEntry m = BPFD__V1__MAP_ENTRY__INIT;
		_free_ void *packed = NULL;

		if (request->key.len == sizeof(i) && memcmp(request->key.data, &i, sizeof(i)) != 0)
			continue;
		m.key.data = (uint8_t *)&i;
		m.key.len = sizeof(i);
		m.value.data = (uint8_t *)values;
		m.value.len = i ? 16 : 8;
		m.cpus = i ? 2 : 0;
		if (wire_pack(&m.base, &packed, &len) == 0)
			rpc_call_send(call, packed, len);
	}
	rpc_call_finish(call, NULL);
}

static const struct rpc_method methods[] = {
	{.path = "/bpfd.v1.Bpfd/GetVersion", .handle = get_version},
	{.path = "/bpfd.v1.Bpfd/ListPrograms", .handle = list_programs},
	{.path = "/bpfd.v1.Bpfd/Load", .handle = load},
	{.path = "/bpfd.v1.Bpfd/ReadMap", .handle = read_map},
};

static int listen_at(const char *dir, const char *name, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir, name);
	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		abort();
	return fd;
}

static void serve_map(int listener)
{
	_close_ int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	_close_ int map = memfd_create("map", MFD_CLOEXEC);
	struct maps_request request;
	struct maps_reply answer = {.magic = MAPS_SOCKET_MAGIC, .map_id = 7, .max_entries = 4096};

	if (fd_recv(sock, &request, sizeof(request), NULL, 0, NULL) != sizeof(request))
		return;
	if (strcmp(request.ref, "counter/stats") == 0) {
		answer.map_flags = request.flags;
		fd_send(sock, &answer, sizeof(answer), &map, 1);
		return;
	}
	answer.error = -ENOENT;
	snprintf(answer.text, sizeof(answer.text), "no map \"%.400s\"", request.ref);
	snprintf(answer.hint, sizeof(answer.hint), "look for it");
	fd_send(sock, &answer, sizeof(answer), NULL, 0);
}

static void serve(int api, int maps)
{
	const struct rpc_service service = {.methods = methods, .n_methods = array_size(methods)};
	struct rpc_server *server;
	struct pollfd p[2] = {{.events = POLLIN}, {.fd = maps, .events = POLLIN}};

	if (rpc_server_new(NULL, &server, NULL) < 0 ||
	    rpc_server_listen_adopt(server, api, &service, NULL) < 0)
		abort();
	p[0].fd = rpc_server_fd(server);
	while (poll(p, 2, -1) >= 0) {
		if (p[0].revents)
			rpc_server_dispatch(server);
		if (p[1].revents)
			serve_map(maps);
	}
	abort();
}

pid_t fake_daemon_start(const char *dir)
{
	int api = listen_at(dir, "bpfd.sock", SOCK_STREAM);
	int maps = listen_at(dir, MAPS_SOCKET_NAME, SOCK_SEQPACKET);
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(api, maps);
	}
	close(api);
	close(maps);
	return pid;
}

void fake_daemon_stop(pid_t pid, const char *dir)
{
	char path[256];

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(path, sizeof(path), "%s/bpfd.sock", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" MAPS_SOCKET_NAME, dir);
	unlink(path);
}
