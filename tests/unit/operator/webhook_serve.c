/* SPDX-License-Identifier: Apache-2.0 */
/* The webhook and the health server alone, for tests/interop/webhook.sh.
 *	webhook_serve DIRECTORY REQUEST_MS CONNECTIONS
 * writes ca.pem and ports (webhook and health) there. SIGUSR1: another CA and certificate, the
 *bundle first; SIGUSR2: ready. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "http/health.h"
#include "http/openmetrics.h"
#include "operator/webhook/certificate.h"
#include "operator/webhook/webhook.h"

struct serve {
	const char *dir;
	struct webhook *webhook;
	struct health *health;
	char *bundle;
};

static void must(int r, const struct reason *why, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "webhook_serve: %s: %s (%d)\n", what, why->text, r);
	exit(1);
}

/* Nobody sees half of it. */
static void put(const struct serve *serve, const char *name, const char *content)
{
	char path[4096], whole[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/.%s", serve->dir, name);
	snprintf(whole, sizeof(whole), "%s/%s", serve->dir, name);
	file = fopen(path, "we");
	if (!file || fputs(content, file) < 0 || fclose(file) != 0 || rename(path, whole) < 0)
		exit(1);
}

static void new_certificate(struct serve *serve)
{
	static const char *const names[] = {"bpfd-webhook.bpfd.svc", "localhost", "127.0.0.1",
					    NULL};
	const struct certificate_order order = {names, (int64_t)time(NULL), 3600};
	_certificate_pair_ struct certificate_pair ca = {.key = NULL}, pair = {.key = NULL};
	struct reason why = {.code = 0};
	char *bundle = NULL;

	must(certificate_make_ca(&order, &ca, &why), &why, "CA");
	must(certificate_make(&ca, &order, &pair, &why), &why, "certificate");
	must(certificate_bundle(ca.certificate, serve->bundle, order.now, &bundle), &why, "bundle");
	free(serve->bundle);
	serve->bundle = bundle;
	put(serve, "ca.pem", bundle);
	must(webhook_set_certificate(serve->webhook, &pair, &why), &why, "set");
}

static void collect(void *userdata, struct text *out)
{
	const struct serve *serve = userdata;
	const struct metric_label allowed = {"result", "allowed"}, denied = {"result", "denied"};
	struct webhook_stats stats;

	webhook_stats(serve->webhook, &stats);
	const struct metric rows[] = {
		{"bpfd_operator_reviews", "Reviews answered.", METRIC_COUNTER, &allowed, 1,
		 (double)stats.allowed},
		{"bpfd_operator_reviews", "Reviews answered.", METRIC_COUNTER, &denied, 1,
		 (double)stats.denied},
	};
	openmetrics_add(out, rows, array_size(rows));
}

static int catch (void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void start(struct serve *serve, char **argv)
{
	const struct webhook_options webhook = {"127.0.0.1:0", (unsigned int)atoi(argv[3]),
						(unsigned int)atoi(argv[2])};
	const struct health_options health = {"127.0.0.1:0", collect, serve};
	struct reason why = {.code = 0};
	char ports[32];

	must(webhook_new(&webhook, &serve->webhook, &why), &why, "webhook");
	must(health_new(&health, &serve->health, &why), &why, "health");
	new_certificate(serve);
	snprintf(ports, sizeof(ports), "%u %u\n", webhook_port(serve->webhook),
		 health_port(serve->health));
	put(serve, "ports", ports);
}

/* Return: whether to go on. */
static bool take_signal(struct serve *serve, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGUSR1)
		new_certificate(serve);
	if (info.ssi_signo == SIGUSR2)
		health_set_ready(serve->health, true, NULL);
	return info.ssi_signo != SIGTERM;
}

int main(int argc, char **argv)
{
	struct serve serve = {.dir = argv[1]};
	struct pollfd p[3];
	bool is_going = true;

	if (argc != 4)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	p[2] = (struct pollfd){.fd = catch (), .events = POLLIN};
	start(&serve, argv);
	p[0] = (struct pollfd){.fd = webhook_fd(serve.webhook), .events = POLLIN};
	p[1] = (struct pollfd){.fd = health_fd(serve.health), .events = POLLIN};
	while (is_going && (poll(p, 3, -1) >= 0 || errno == EINTR)) {
		if (p[0].revents && webhook_dispatch(serve.webhook) < 0)
			return 1;
		if (p[1].revents && health_dispatch(serve.health) < 0)
			return 1;
		if (p[2].revents)
			is_going = take_signal(&serve, p[2].fd);
	}
	webhook_free(serve.webhook);
	health_free(serve.health);
	free(serve.bundle);
	close(p[2].fd);
	return 0;
}
