/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the agent's numbers. Ready is who can decide: the Node, the configs and bpfd were seen. */
#include "agent/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "base/cleanup.h"
#include "http/health.h"
#include "http/openmetrics.h"
#include "kube/client.h"
#include "kube/json.h"

struct agent_monitor {
	struct agent *agent;
	struct health *health;
};

static size_t count(const struct agent *agent, const char *phase)
{
	size_t n = 0;

	for (const struct agent_config *c = agent->configs; c; c = c->next)
		n += strcmp(kube_text(c->publication.wanted, "phase"), phase) == 0;
	return n;
}

static void add_configs(const struct agent *agent, struct text *out)
{
	static const char *const phases[] = {"Loaded", "Failed", "Pending"};

	for (size_t i = 0; i < array_size(phases); i++) {
		struct metric_label label = {"phase", phases[i]};
		struct metric row = {"bpfd_agent_configs",
				     "Configs that are for this node.",
				     METRIC_GAUGE,
				     &label,
				     1,
				     (double)count(agent, phases[i])};

		openmetrics_add(out, &row, 1);
	}
}

static void collect(void *userdata, struct text *out)
{
	const struct agent_monitor *m = userdata;
	const struct agent *agent = m->agent;
	const struct metric rows[] = {
		{"bpfd_agent_daemon_up", "1 when bpfd answers.", METRIC_GAUGE, NULL, 0,
		 agent->seen != NULL},
		{"bpfd_agent_api_up", "1 when the API server answers.", METRIC_GAUGE, NULL, 0,
		 !agent->is_api_away},
		{"bpfd_agent_applies", "Configs given to bpfd.", METRIC_COUNTER, NULL, 0,
		 (double)agent->applies},
		{"bpfd_agent_failures", "Configs that failed, each time.", METRIC_COUNTER, NULL, 0,
		 (double)agent->failures},
		{"bpfd_agent_api_requests", "Requests to the API server.", METRIC_COUNTER, NULL, 0,
		 (double)kube_client_requests(agent->client)},
		{"bpfd_agent_api_writes", "Those that write.", METRIC_COUNTER, NULL, 0,
		 (double)kube_client_writes(agent->client)},
		{"bpfd_agent_api_errors", "Those that failed.", METRIC_COUNTER, NULL, 0,
		 (double)kube_client_errors(agent->client)},
	};

	openmetrics_add(out, rows, array_size(rows));
	add_configs(agent, out);
}

static void on_health(void *userdata)
{
	struct agent_monitor *m = userdata;
	const char *what = NULL;
	bool is_ready = agent_is_ready(m->agent, &what);

	health_set_ready(m->health, is_ready, what);
	health_dispatch(m->health);
}

int agent_monitor_new(struct agent *agent, const char *at, struct agent_monitor **ret,
		      struct reason *why)
{
	struct agent_monitor *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->agent = agent;
	r = health_new(&(struct health_options){.at = at, .collect = collect, .userdata = m},
		       &m->health, why);
	if (r == 0)
		r = kube_loop_add_fd(agent->loop, health_fd(m->health), on_health, m);
	if (r < 0) {
		agent_monitor_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void agent_monitor_free(struct agent_monitor *m)
{
	if (!m)
		return;
	if (m->health)
		kube_loop_remove_fd(m->agent->loop, health_fd(m->health));
	health_free(m->health);
	free(m);
}
