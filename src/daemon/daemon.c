/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of starting and ending, and the loop. */
#include "chain/load/load.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/reason.h"
#include "daemon/confine.h"
#include "daemon/directories.h"
#include "daemon/images/images.h"
#include "daemon/keeper.h"
#include "daemon/maps_server.h"
#include "daemon/options.h"
#include "daemon/reconcile/recover.h"
#include "daemon/store/store.h"
#include "daemon/volume/endpoints.h"
#include "daemon/worker.h"
#include "forkserver/client.h"
#include "kernel/tracefs.h"
#include "rpc/standard/reflection.h"
#include "wire/descriptors.h"

#define DEFAULT_RUNTIME_DIR "/run/bpfd"
#define DEFAULT_STATE_DIR   "/var/lib/bpfd"
#define DEFAULT_CONFIG	    "/etc/bpfd/bpfd.yaml"
#define GRACE_MS	    2000
#define FILES		    16384
#define FETCHERS	    8

static const char *first(const char *a, const char *b, const char *c)
{
	return a ? a : b ? b : c;
}

static int read_settings(struct daemon *d, const struct options *o, struct reason *why)
{
	const char *config = o->config ? o->config : DEFAULT_CONFIG;
	int r = settings_load(config, &d->settings, why);

	if (r < 0)
		return r;
	log_open(o->is_debug ? LOG_LEVEL_DEBUG : d->settings.log_level);
	r = paths_init(&d->paths,
		       first(o->runtime_dir, d->settings.runtime_dir, DEFAULT_RUNTIME_DIR),
		       first(o->state_dir, d->settings.state_dir, DEFAULT_STATE_DIR), config);
	return r < 0 ? fail(why, r,
			    r == -EINVAL ? "directories must be absolute paths"
					 : "the runtime directory's path is too long for a socket")
		     : 0;
}

/* A connection takes two descriptors, a call of ReadMap one more: 1024 are too few for all that the
 * servers let in. */
static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= FILES)
		return;
	files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* Before 5.11 programs and maps count as locked memory; here chains are loaded. */
static void raise_memlock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &all);
}

static int start_forkserver(struct daemon *d, const struct options *o, struct reason *why)
{
	paths_buf path;

	snprintf(path, sizeof(path), "%s/bpfd-forkserver",
		 o->libexec ? o->libexec : BPFD_LIBEXECDIR);
	return forkserver_start(path, &d->writer.forkserver, why);
}

static int open_keeper(struct daemon *d, struct reason *why)
{
	char self[PATHS_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int r;

	if (n < 0)
		return fail(why, -errno, "cannot find my own executable: is /proc mounted?");
	self[n] = '\0';
	r = keeper_new(d->paths.keeper_socket, self, &d->keeper, why);
	/* Soon this process may start no other one. */
	if (r == 0 && !kernel_has(KERNEL_PERF_LINK))
		r = keeper_prepare(d->keeper, why);
	return r;
}

static void fill_context(struct daemon *d, struct context *ctx)
{
	ctx->settings = &d->settings;
	ctx->paths = &d->paths;
	ctx->keeper = d->keeper;
	ctx->events_fd = -1;
	ctx->limits = &d->limits;
	ctx->images = d->images;
	ctx->endpoints = d->endpoints;
}

/* All but images of registries works without it. */
static void open_images(struct daemon *d)
{
	_reason_ struct reason why = {0};

	if (images_open(d->paths.state, d->paths.db, &d->images, &why) < 0)
		log_warning("images of registries cannot be used: %s", why.text);
}

static int open_state(struct daemon *d, struct reason *why)
{
	int r = store_open(d->paths.db, &d->writer.store, why);

	if (r == 0)
		r = store_open(d->paths.db, &d->reader.store, why);
	if (r < 0)
		return r;
	if (d->settings.kubernetes.is_on)
		r = endpoints_new(&d->endpoints, why);
	if (r < 0)
		return r;
	open_images(d);
	chain_limits_probe(&d->limits);
	fill_context(d, &d->reader);
	fill_context(d, &d->writer);
	fill_context(d, &d->fetcher);
	d->fetcher.forkserver = d->writer.forkserver;
	/* Kept open: closing a detached mount waits for a grace period. */
	d->writer.events_fd = tracefs_open(NULL);
	return recover(&d->writer, why);
}

static int start_serving(struct daemon *d, struct reason *why)
{
	struct rpc_service service;
	size_t len;
	const void *descriptors = wire_descriptors(&len);
	int r = calls_init(&d->calls);

	if (r < 0)
		return fail(why, r, "out of memory");
	r = rpc_reflection_new(descriptors, len, &d->reflection, why);
	service = calls_service(&d->calls, &d->calls.main_door);
	service.reflection = d->reflection;
	if (r == 0)
		r = rpc_server_new(NULL, &d->rpc, why);
	if (r == 0 && rpc_server_set_health(d->rpc, "bpfd.v1.Bpfd", true) < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = rpc_server_listen_adopt(d->rpc, take_fd(&d->sockets.api), &service, why);
	service.userdata = &d->calls.agent_door;
	if (r == 0 && d->sockets.agent >= 0)
		r = rpc_server_listen_adopt(d->rpc, take_fd(&d->sockets.agent), &service, why);
	if (r == 0)
		r = maps_server_new_adopt(d->event, take_fd(&d->sockets.maps), &d->reader, &d->maps,
					  why);
	if (r == 0 && d->endpoints) {
		d->calls.endpoints = d->endpoints;
		endpoints_start(d->endpoints, &d->calls, d->event);
		endpoints_settle(d->endpoints);
	}
	return r;
}

static int on_rpc(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct daemon *d = userdata;
	struct rpc_server_stats stats;

	(void)source;
	(void)fd;
	(void)events;
	rpc_server_stats(d->rpc, &stats);
	d->status.connections = (uint32_t)stats.connections_open;
	return rpc_server_dispatch(d->rpc) < 0 ? -EIO : 0;
}

static int on_worker(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct daemon *d = userdata;

	(void)source;
	(void)fd;
	(void)events;
	worker_dispatch(d->worker);
	return 0;
}

static int on_fetchers(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct daemon *d = userdata;

	(void)source;
	(void)fd;
	(void)events;
	worker_dispatch(d->fetchers);
	return 0;
}

static void ended(void *userdata)
{
	struct daemon *d = userdata;

	sd_event_exit(d->event, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *d = userdata;

	(void)si;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sd_notify(0, "STOPPING=1");
	rpc_server_shutdown(d->rpc, GRACE_MS, ended, d);
	return 0;
}

static int add_sources(struct daemon *d)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r = sd_event_add_signal(d->event, NULL, SIGTERM, on_signal, d);
	if (r >= 0)
		r = sd_event_add_signal(d->event, NULL, SIGINT, on_signal, d);
	if (r >= 0)
		r = sd_event_add_io(d->event, NULL, rpc_server_fd(d->rpc), EPOLLIN, on_rpc, d);
	if (r >= 0)
		r = sd_event_add_io(d->event, NULL, worker_fd(d->worker), EPOLLIN, on_worker, d);
	if (r >= 0)
		r = sd_event_add_io(d->event, NULL, worker_fd(d->fetchers), EPOLLIN, on_fetchers,
				    d);
	return r < 0 ? r : sd_event_set_watchdog(d->event, 1);
}

static int probe(struct daemon *d, struct reason *why)
{
	_reason_ struct reason inner = {0};

	d->status.started = time(NULL);
	d->calls.ctx = &d->reader;
	d->calls.status = &d->status;
	/* Without the answers the daemon still serves; the status says what it knows. */
	if (kernel_probe(&d->status.kernel, &inner) < 0)
		log_warning("cannot probe the kernel: %s", inner.text);
	return sd_event_default(&d->event) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

int daemon_start(struct daemon *d, const struct options *o, struct reason *why)
{
	int r = read_settings(d, o, why);

	raise_files();
	raise_memlock();
	if (r == 0)
		r = d->lock_fd = directories_prepare(&d->paths, why);
	if (r >= 0)
		r = start_forkserver(d, o, why);
	if (r == 0)
		r = open_keeper(d, why);
	if (r == 0)
		r = sockets_open(&d->paths, d->keeper, &d->sockets, why);
	if (r == 0)
		r = sockets_open_agent(&d->paths, &d->settings, &d->sockets, why);
	if (r == 0)
		r = confine(d->settings.kubernetes.is_on, why);
	if (r == 0)
		r = open_state(d, why);
	if (r == 0)
		r = probe(d, why);
	if (r == 0)
		r = start_serving(d, why);
	return r;
}

int daemon_serve(struct daemon *d, struct reason *why)
{
	int r = worker_start(&d->writer, 1, &d->worker, why);

	if (r == 0)
		r = worker_start(&d->fetcher, FETCHERS, &d->fetchers, why);
	d->calls.worker = d->worker;
	d->calls.fetchers = d->fetchers;
	if (r == 0 && add_sources(d) < 0)
		r = fail(why, -EIO, "cannot set up the event loop");
	if (r < 0)
		return r;
	sd_notifyf(0, "READY=1\nSTATUS=serving %s", d->paths.socket);
	log_info("bpfd " BPFD_VERSION " serves %s", d->paths.socket);
	/* Starting has touched four times the code that waiting needs. */
	memory_forget_code();
	r = sd_event_loop(d->event);
	return r < 0 ? fail(why, r, "the event loop failed: %s", strerror(-r)) : 0;
}

void daemon_done(struct daemon *d)
{
	d->calls.is_ending = true;
	worker_free(d->fetchers);
	worker_free(d->worker);
	endpoints_free(d->endpoints);
	maps_server_free(d->maps);
	rpc_server_free(d->rpc);
	rpc_reflection_free(d->reflection);
	calls_done(&d->calls);
	sd_event_unref(d->event);
	store_free(d->reader.store);
	store_free(d->writer.store);
	images_free(d->images);
	keeper_free(d->keeper);
	forkserver_free(d->writer.forkserver);
	if (d->event)
		fd_close(&d->writer.events_fd);
	settings_done(&d->settings);
	fd_close(&d->sockets.api);
	fd_close(&d->sockets.maps);
	fd_close(&d->sockets.agent);
	fd_close(&d->lock_fd);
}
