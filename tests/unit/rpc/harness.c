/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the thread of the tested server. */
#include "harness.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct harness {
	char dir[32];
	char path[48];
	const struct rpc_reflection *reflection;
	struct rpc_server *server;
	struct echo *echo;
	pthread_t thread;
	int wake_fd;
	sem_t done;
	void (*fn)(struct rpc_server *server, void *userdata);
	void *userdata;
	uint64_t wakeups;
	bool is_stopping;
};

static void *serve(void *userdata)
{
	struct harness *h = userdata;
	struct pollfd p[2] = {{.fd = rpc_server_fd(h->server), .events = POLLIN},
			      {.fd = h->wake_fd, .events = POLLIN}};
	uint64_t n;

	while (!h->is_stopping && poll(p, 2, -1) >= 0) {
		if (p[0].revents) {
			h->wakeups++;
			rpc_server_dispatch(h->server);
		}
		if (p[1].revents && read(h->wake_fd, &n, sizeof(n)) > 0) {
			h->fn(h->server, h->userdata);
			sem_post(&h->done);
		}
	}
	return NULL;
}

static void must(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	perror(what);
	abort();
}

static void listen_on(struct rpc_server *server, void *userdata)
{
	struct harness *h = userdata;
	struct rpc_service service = echo_service(h->echo);

	unlink(h->path);
	service.reflection = h->reflection;
	must(rpc_server_listen_adopt(server, echo_listen(h->path), &service, NULL) == 0, "listen");
	must(chmod(h->path, 0666) == 0, "chmod");
}

void harness_reflect(struct harness *h, const struct rpc_reflection *reflection)
{
	h->reflection = reflection;
	harness_run(h, listen_on, h);
}

struct harness *harness_start(const struct rpc_server_options *options)
{
	struct harness *h = calloc(1, sizeof(*h));

	must(h, "calloc");
	snprintf(h->dir, sizeof(h->dir), "/tmp/rpc-test.XXXXXX");
	must(mkdtemp(h->dir), "mkdtemp");
	/* Also for clients that run as another user. */
	must(chmod(h->dir, 0711) == 0, "chmod");
	snprintf(h->path, sizeof(h->path), "%s/sock", h->dir);
	h->echo = echo_new();
	h->wake_fd = eventfd(0, EFD_CLOEXEC);
	sem_init(&h->done, 0, 0);
	must(rpc_server_new(options, &h->server, NULL) == 0, "rpc_server_new");
	listen_on(h->server, h);
	must(pthread_create(&h->thread, NULL, serve, h) == 0, "pthread_create");
	return h;
}

void harness_run(struct harness *h, void (*fn)(struct rpc_server *server, void *userdata),
		 void *userdata)
{
	const uint64_t one = 1;

	h->fn = fn;
	h->userdata = userdata;
	must(write(h->wake_fd, &one, sizeof(one)) > 0, "eventfd");
	sem_wait(&h->done);
}

static void get_stats(struct rpc_server *server, void *userdata)
{
	rpc_server_stats(server, userdata);
}

struct rpc_server_stats harness_stats(struct harness *h)
{
	struct rpc_server_stats stats;

	harness_run(h, get_stats, &stats);
	return stats;
}

bool harness_wait_connections(struct harness *h, uint64_t n)
{
	int i;

	for (i = 0; i < 500 && harness_stats(h).connections_open != n; i++)
		usleep(10000);
	return i < 500;
}

const char *harness_path(const struct harness *h)
{
	return h->path;
}

static void get_wakeups(struct rpc_server *server, void *userdata)
{
	struct harness *h = userdata;

	(void)server;
	h->userdata = NULL;
}

uint64_t harness_wakeups(struct harness *h)
{
	harness_run(h, get_wakeups, h);
	return h->wakeups;
}

static void stop(struct rpc_server *server, void *userdata)
{
	struct harness *h = userdata;

	(void)server;
	h->is_stopping = true;
}

void harness_stop(struct harness *h)
{
	harness_run(h, stop, h);
	pthread_join(h->thread, NULL);
	rpc_server_free(h->server);
	echo_free(h->echo);
	unlink(h->path);
	rmdir(h->dir);
	close(h->wake_fd);
	sem_destroy(&h->done);
	free(h);
}
