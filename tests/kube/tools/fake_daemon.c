/* SPDX-License-Identifier: Apache-2.0 */
/* For tests only: what bpfd-agent sees of many daemons, served by one process. Nothing is loaded;
 * what is applied is remembered and listed.
 *
 *	fake_daemon DIR N [LATENCY_MS [FAIL_EVERY]]	sockets DIR/0/bpfd.sock to DIR/N-1/bpfd.sock
 *
 * Apply takes LATENCY_MS. A config with "fail" in its name is refused as the verifier would, by
 * each FAIL_EVERY'th daemon (1, the default: by all). Daemon I has lo and eth0 with the address
 * 10.77.(I / 250).(I % 250 + 1). SIGTERM ends it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "fake.h"
#include "rpc/server.h"
#include "rpc/timer.h"

#define DAEMONS_MAX 4096

#define KERNEL "6.18.0-fake"

/* An Apply that is answered later. */
struct delayed {
	struct fake *fake;
	struct rpc_call *call;
	struct rpc_timer timer;
};

static struct {
	struct rpc_timers timers;
	uint64_t latency_ms;
	unsigned int fail_every;
} options = {.fail_every = 1};

static ProtobufCMessage *request(struct rpc_call *call, const ProtobufCMessageDescriptor *type,
				 struct wire_arena *arena)
{
	ProtobufCMessage *message;
	_reason_ struct reason why = {0};
	size_t len;
	const void *data = rpc_call_request(call, &len);

	if (wire_unpack(type, data, len, arena, &message) == 0)
		return message;
	fail(&why, -EBADMSG, "not a message of this type");
	rpc_call_fail(call, &why);
	return NULL;
}

/* --- what is there --- */

static void kept_free(struct kept *kept)
{
	wire_arena_done(&kept->memory);
	free(kept);
}

static struct kept **find(struct fake *fake, const char *name)
{
	struct kept **at = &fake->configs;

	while (*at && strcmp((*at)->message->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static bool is_equal(const Bpfd__V1__Config *a, const Bpfd__V1__Config *b)
{
	_free_ void *left = NULL, *right = NULL;
	size_t left_len = 0, right_len = 0;

	if (wire_pack(&a->base, &left, &left_len) < 0 ||
	    wire_pack(&b->base, &right, &right_len) < 0)
		fake_need(NULL);
	return left_len == right_len && memcmp(left, right, left_len) == 0;
}

/* A copy that lives on. */
static struct kept *kept_new(const Bpfd__V1__Config *config)
{
	struct kept *kept = fake_need(calloc(1, sizeof(*kept)));
	ProtobufCMessage *copy = NULL;
	_free_ void *data = NULL;
	size_t len;

	if (wire_pack(&config->base, &data, &len) < 0 ||
	    wire_unpack(&bpfd__v1__config__descriptor, data, len, &kept->memory, &copy) < 0)
		fake_need(NULL);
	kept->message = (Bpfd__V1__Config *)copy;
	return kept;
}

/* Return: whether anything changed. */
static bool keep(struct fake *fake, const Bpfd__V1__Config *config)
{
	struct kept **at = find(fake, config->name);
	struct kept *old = *at, *kept;

	if (old && is_equal(old->message, config))
		return false;
	kept = kept_new(config);
	kept->generation = old ? old->generation + 1 : 1;
	kept->first_id = fake->last_id + 1;
	fake->last_id += (uint32_t)config->n_programs;
	kept->next = old ? old->next : NULL;
	*at = kept;
	if (old)
		kept_free(old);
	return true;
}

/* --- the rest --- */

static void version_fill(Bpfd__V1__Version *v, struct wire_arena *arena)
{
	bpfd__v1__version__init(v);
	v->version = fake_words(arena, "%s", BPFD_VERSION);
	v->api = fake_words(arena, "bpfd.v1");
	v->kernel = fake_words(arena, "%s", KERNEL);
}

static void get_version(struct rpc_call *call, void *userdata)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__Version v;

	(void)userdata;
	version_fill(&v, &arena);
	fake_answer(call, &v.base);
}

static void get_status(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__Status a = BPFD__V1__STATUS__INIT;
	_wire_arena_ struct wire_arena arena = {0};
	char *features[] = {fake_words(&arena, "btf"), fake_words(&arena, "tcx"),
			    fake_words(&arena, "xdp-link")};
	Bpfd__V1__Version v;

	(void)userdata;
	version_fill(&v, &arena);
	a.version = &v;
	a.features = features;
	a.n_features = array_size(features);
	fake_answer(call, &a.base);
}

static bool refuses(const struct fake *fake, const Bpfd__V1__Config *config)
{
	return strstr(config->name, "fail") && fake->index % options.fail_every == 0;
}

static void refuse(struct rpc_call *call, const Bpfd__V1__Config *config)
{
	_reason_ struct reason why = {0};

	fail(&why, -EINVAL, "the verifier refuses program %s: invalid access to packet",
	     config->name);
	reason_hint(&why, "compare the pointer with data_end first");
	reason_detail_adopt(&why, strdup("0: (61) r2 = *(u32 *)(r1 +0)\n1: (71) r0 = *(u8 *)(r2 "
					 "+0)\ninvalid access to packet, off=0 size=1, "
					 "R2(id=0,off=0,r=0)\n"));
	rpc_call_fail(call, &why);
}

static void apply_now(struct fake *fake, struct rpc_call *call)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__ApplyResponse a = BPFD__V1__APPLY_RESPONSE__INIT;
	Bpfd__V1__ApplyRequest *rq = (Bpfd__V1__ApplyRequest *)request(
		call, &bpfd__v1__apply_request__descriptor, &arena);

	if (!rq)
		return;
	a.changes = NEW(&arena, rq->n_configs, Bpfd__V1__Change *);
	for (size_t i = 0; i < rq->n_configs; i++) {
		Bpfd__V1__Change *change = NEW(&arena, 1, Bpfd__V1__Change);

		if (refuses(fake, rq->configs[i])) {
			refuse(call, rq->configs[i]);
			return;
		}
		bpfd__v1__change__init(change);
		change->config = rq->configs[i]->name;
		change->verb =
			fake_words(&arena, keep(fake, rq->configs[i]) ? "load" : "unchanged");
		a.changes[a.n_changes++] = change;
	}
	fake_answer(call, &a.base);
}

static void on_time(void *userdata)
{
	struct delayed *delayed = userdata;

	apply_now(delayed->fake, delayed->call);
	free(delayed);
}

static void apply(struct rpc_call *call, void *userdata)
{
	struct delayed *delayed;

	if (options.latency_ms == 0) {
		apply_now(userdata, call);
		return;
	}
	delayed = fake_need(calloc(1, sizeof(*delayed)));
	*delayed = (struct delayed){.fake = userdata, .call = call};
	delayed->timer.fire = on_time;
	delayed->timer.userdata = delayed;
	if (rpc_timer_set(&options.timers, &delayed->timer,
			  rpc_now_ns() + options.latency_ms * 1000000) < 0)
		fake_need(NULL);
	rpc_timers_sync(&options.timers);
}

static void delete_configs(struct rpc_call *call, void *userdata)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__DeleteResponse a = BPFD__V1__DELETE_RESPONSE__INIT;
	Bpfd__V1__DeleteRequest *rq = (Bpfd__V1__DeleteRequest *)request(
		call, &bpfd__v1__delete_request__descriptor, &arena);
	_reason_ struct reason why = {0};

	for (size_t i = 0; rq && i < rq->n_configs; i++) {
		struct kept **at = find(userdata, rq->configs[i]);
		struct kept *kept = *at;

		if (!kept) {
			fail(&why, -ENOENT, "no config %s", rq->configs[i]);
			rpc_call_fail(call, &why);
			return;
		}
		*at = kept->next;
		kept_free(kept);
	}
	if (rq)
		fake_answer(call, &a.base);
}

static const struct rpc_method methods[] = {
	{.path = "/bpfd.v1.Bpfd/GetVersion", .handle = get_version},
	{.path = "/bpfd.v1.Bpfd/GetStatus", .handle = get_status},
	{.path = "/bpfd.v1.Bpfd/Apply", .handle = apply},
	{.path = "/bpfd.v1.Bpfd/Delete", .handle = delete_configs},
	{.path = "/bpfd.v1.Bpfd/ListConfigs", .handle = fake_list_configs},
	{.path = "/bpfd.v1.Bpfd/ListPrograms", .handle = fake_list_programs},
	{.path = "/bpfd.v1.Bpfd/ListLinks", .handle = fake_list_links},
	{.path = "/bpfd.v1.Bpfd/ListMaps", .handle = fake_list_maps},
	{.path = "/bpfd.v1.Bpfd/ListHooks", .handle = fake_list_hooks},
	{.path = "/bpfd.v1.Bpfd/ListInterfaces", .handle = fake_list_interfaces},
};

/* --- serving --- */

static int listen_at(const char *dir, unsigned int i)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	size_t size = sizeof(address.sun_path);

	if ((size_t)snprintf(address.sun_path, size, "%s/%u", dir, i) >= size - 10)
		return -1;
	mkdir(address.sun_path, 0755);
	strcat(address.sun_path, "/bpfd.sock");
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0666) < 0 || listen(fd, 128) < 0) {
		perror(address.sun_path);
		return -1;
	}
	return fd;
}

static bool add_daemons(struct rpc_server *server, const char *dir, struct fake *fakes,
			unsigned int n)
{
	_reason_ struct reason why = {0};

	for (unsigned int i = 0; i < n; i++) {
		const struct rpc_service service = {methods, array_size(methods), &fakes[i], NULL};
		int fd = listen_at(dir, i);

		fakes[i].index = i;
		if (fd < 0 || rpc_server_listen_adopt(server, fd, &service, &why) < 0)
			return false;
	}
	return true;
}

static void serve(struct rpc_server *server)
{
	struct pollfd fds[] = {{.fd = rpc_server_fd(server), .events = POLLIN},
			       {.fd = options.timers.fd, .events = POLLIN},
			       {.events = POLLIN}};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[2].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (poll(fds, array_size(fds), -1) > 0 && !fds[2].revents) {
		if (fds[1].revents) {
			rpc_timers_run(&options.timers);
			rpc_timers_sync(&options.timers);
		}
		rpc_server_dispatch(server);
	}
}

int main(int argc, char **argv)
{
	const struct rpc_server_options bounds = {.connections_max = 2 * DAEMONS_MAX,
						  .connections_per_uid = 2 * DAEMONS_MAX,
						  .calls_per_uid = 2 * DAEMONS_MAX};
	unsigned int n = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;
	struct fake *fakes;
	_rpc_server_ struct rpc_server *server = NULL;

	options.latency_ms = argc > 3 ? (uint64_t)atoi(argv[3]) : 0;
	if (argc > 4)
		options.fail_every = (unsigned int)atoi(argv[4]);
	if (n < 1 || n > DAEMONS_MAX || options.fail_every < 1) {
		fputs("usage: fake_daemon DIR N [LATENCY_MS [FAIL_EVERY]]\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	fakes = fake_need(calloc(n, sizeof(*fakes)));
	if (rpc_timers_init(&options.timers) < 0 || rpc_server_new(&bounds, &server, NULL) < 0 ||
	    !add_daemons(server, argv[1], fakes, n))
		return 1;
	serve(server);
	free(fakes);
	return 0;
}
