/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-agent: makes this node run what the cluster's BpfProgramConfigs say. Read config.c next. */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/log.h"
#include "base/text.h"

#define LOOK_S_DEFAULT 10
#define LOOK_S_MAX     3600

static const char usage[] =
	"usage: bpfd-agent --node NAME [OPTION]...\n"
	"Makes this node run what the cluster's BpfProgramConfigs say (man bpfd-agent).\n"
	"\n"
	"  --node NAME            this node ($NODE_NAME)\n"
	"  --socket PATH          bpfd's socket for the agent (/run/bpfd/agent/bpfd.sock)\n"
	"  --kubeconfig PATH      how to reach the API server; in a pod its service account\n"
	"  --namespace NAME       of pull secrets and revisions ($POD_NAMESPACE, else bpfd)\n"
	"  --http ADDRESS:PORT    metrics and health (none)\n"
	"  --csi-directory PATH   serve volumes of maps there (none)\n"
	"  --registration-directory PATH\n"
	"                         where the kubelet looks for plugins; with --csi-directory\n"
	"  --look-seconds N       how often bpfd is asked what it has (10)\n"
	"  --verbose              say more\n"
	"  --version, --help\n";

enum {
	OPT_NODE = 1,
	OPT_SOCKET,
	OPT_KUBECONFIG,
	OPT_NAMESPACE,
	OPT_HTTP,
	OPT_PLUGINS,
	OPT_REGISTRATION,
	OPT_LOOK,
	OPT_VERBOSE,
	OPT_VERSION,
	OPT_HELP
};

static const struct option options_table[] = {
	{"node", required_argument, NULL, OPT_NODE},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"kubeconfig", required_argument, NULL, OPT_KUBECONFIG},
	{"namespace", required_argument, NULL, OPT_NAMESPACE},
	{"http", required_argument, NULL, OPT_HTTP},
	{"csi-directory", required_argument, NULL, OPT_PLUGINS},
	{"registration-directory", required_argument, NULL, OPT_REGISTRATION},
	{"look-seconds", required_argument, NULL, OPT_LOOK},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char *or_else(const char *value, const char *fallback)
{
	return value && *value ? value : fallback;
}

/* Return: 0, 1 (done, end well), -1 (wrong). */
static int take_option(struct agent_options *o, int option)
{
	const char **const texts[] = {[OPT_NODE] = &o->node,
				      [OPT_SOCKET] = &o->socket,
				      [OPT_KUBECONFIG] = &o->kubeconfig,
				      [OPT_NAMESPACE] = &o->namespace,
				      [OPT_HTTP] = &o->http,
				      [OPT_PLUGINS] = &o->plugins,
				      [OPT_REGISTRATION] = &o->registration};

	if (option > 0 && option <= OPT_REGISTRATION) {
		*texts[option] = optarg;
		return 0;
	}
	switch (option) {
	case OPT_LOOK:
		return text_parse_u32(optarg, &o->look_s) == 0 && o->look_s > 0 &&
				       o->look_s <= LOOK_S_MAX
			       ? 0
			       : -1;
	case OPT_VERBOSE:
		log_open(LOG_LEVEL_DEBUG);
		return 0;
	case OPT_VERSION:
		puts("bpfd-agent " BPFD_VERSION);
		return 1;
	case OPT_HELP:
		fputs(usage, stdout);
		return 1;
	default:
		return -1;
	}
}

static int parse(int argc, char **argv, struct agent_options *o)
{
	*o = (struct agent_options){
		.node = getenv("NODE_NAME"),
		.socket = "/run/bpfd/agent/bpfd.sock",
		.namespace = or_else(getenv("POD_NAMESPACE"), "bpfd"),
		.look_s = LOOK_S_DEFAULT,
	};
	for (int option; (option = getopt_long(argc, argv, "", options_table, NULL)) >= 0;) {
		int r = take_option(o, option);

		if (r != 0)
			return r;
	}
	if (optind < argc || !o->node || !*o->node || strlen(o->node) > 253 ||
	    !o->plugins != !o->registration)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	_reason_ struct reason why = {0};
	struct agent_options options;
	struct agent agent;
	int signals;
	int r;

	mallopt(M_ARENA_MAX, 1);
	log_open(LOG_LEVEL_INFO);
	r = parse(argc, argv, &options);
	if (r > 0)
		return EXIT_SUCCESS;
	if (r < 0) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signals = kube_loop_signals();
	r = agent_start(&agent, &options, &why);
	if (r == 0)
		r = kube_loop_serve_adopt(agent.loop, signals);
	agent_done(&agent);
	if (r == 0)
		return EXIT_SUCCESS;
	log_error("%s", why.text);
	if (why.hint[0])
		log_error("hint: %s", why.hint);
	return EXIT_FAILURE;
}
