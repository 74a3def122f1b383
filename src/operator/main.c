/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-operator: rolls BpfProgramConfigs out over the nodes and tells how they fare. Read config.c
 * next. */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/reason.h"
#include "kube/loop.h"
#include "operator/operator.h"

static const char usage[] =
	"usage: bpfd-operator [OPTION]...\n"
	"Rolls BpfProgramConfigs out over the nodes of a cluster (man bpfd-operator).\n"
	"\n"
	"  --kubeconfig PATH      how to reach the API server; in a pod its service account\n"
	"  --namespace NAME       where it keeps lease, revisions and certificate ($POD_NAMESPACE, else bpfd)\n"
	"  --http ADDRESS:PORT    metrics and health (none)\n"
	"  --webhook ADDRESS:PORT the validating webhook (none)\n"
	"  --service NAME         Service in front of the webhook (bpfd-webhook)\n"
	"  --version, --help\n";

enum {
	OPT_KUBECONFIG = 1,
	OPT_NAMESPACE,
	OPT_HTTP,
	OPT_WEBHOOK,
	OPT_SERVICE,
	OPT_VERSION,
	OPT_HELP
};

static const struct option options_table[] = {
	{"kubeconfig", required_argument, NULL, OPT_KUBECONFIG},
	{"namespace", required_argument, NULL, OPT_NAMESPACE},
	{"http", required_argument, NULL, OPT_HTTP},
	{"webhook", required_argument, NULL, OPT_WEBHOOK},
	{"service", required_argument, NULL, OPT_SERVICE},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

/* Return: 0, 1 (done, end well), -1 (wrong). */
static int take_option(struct operator_options *o, int option)
{
	const char **texts[] = {[OPT_KUBECONFIG] = &o->kubeconfig,
				[OPT_NAMESPACE] = &o->namespace,
				[OPT_HTTP] = &o->http,
				[OPT_WEBHOOK] = &o->webhook,
				[OPT_SERVICE] = &o->service};

	if (option > 0 && option <= OPT_SERVICE) {
		*texts[option] = optarg;
		return 0;
	}
	if (option != OPT_VERSION && option != OPT_HELP)
		return -1;
	fputs(option == OPT_VERSION ? "bpfd-operator " BPFD_VERSION "\n" : usage, stdout);
	return 1;
}

static int parse(int argc, char **argv, struct operator_options *o)
{
	const char *namespace = getenv("POD_NAMESPACE");

	o->namespace = namespace && *namespace ? namespace : "bpfd";
	o->service = "bpfd-webhook";
	for (int option; (option = getopt_long(argc, argv, "", options_table, NULL)) >= 0;) {
		int r = take_option(o, option);

		if (r != 0)
			return r;
	}
	return optind < argc ? -1 : 0;
}

/* Unique among the candidates also when two have the same host name. */
static void make_identity(char *ret, size_t size)
{
	const char *pod = getenv("POD_NAME");
	char host[256] = "operator";
	unsigned int random = 0;

	gethostname(host, sizeof(host) - 1);
	if (getrandom(&random, sizeof(random), 0) < 0)
		random = (unsigned int)getpid();
	snprintf(ret, size, "%.250s_%08x", pod && *pod ? pod : host, random);
}

int main(int argc, char **argv)
{
	struct operator_options options = {0};
	_reason_ struct reason why = {0};
	struct op op;
	char identity[272];
	int signals;
	int r = parse(argc, argv, &options);

	mallopt(M_ARENA_MAX, 1);
	log_open(LOG_LEVEL_INFO);
	if (r > 0)
		return EXIT_SUCCESS;
	if (r < 0) {
		fputs(usage, stderr);
		return 2;
	}
	make_identity(identity, sizeof(identity));
	options.identity = identity;
	signal(SIGPIPE, SIG_IGN);
	signals = kube_loop_signals();
	r = operator_start(&op, &options, &why);
	if (r == 0)
		r = kube_loop_serve_adopt(op.loop, signals);
	operator_done(&op);
	if (r == 0)
		return EXIT_SUCCESS;
	log_error("%s", why.text);
	if (why.hint[0])
		log_error("hint: %s", why.hint);
	return EXIT_FAILURE;
}
