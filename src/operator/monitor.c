/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the operator's numbers. */
#include "operator/monitor.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "http/health.h"
#include "http/openmetrics.h"
#include "kube/client.h"
#include "operator/config.h"
#include "operator/operator.h"
#include "operator/serving.h"
#include "operator/webhook/webhook.h"

struct op_monitor {
	struct op *op;
	struct health *health;
};

static void add_configs(const struct op *op, struct text *out)
{
	for (int which = 0; which < 3; which++) {
		static const char *const names[] = {"bpfd_operator_config_desired_nodes",
						    "bpfd_operator_config_loaded_nodes",
						    "bpfd_operator_config_failed_nodes"};
		static const char *const help[] = {"Nodes a config is for.",
						   "Nodes where all of it is loaded.",
						   "Nodes where it is not."};
		static const char *const paths[] = {"desired", "loaded", "failed"};

		for (const struct op_config *c = op->configs; c; c = c->next) {
			struct metric_label label = {"config", c->name};

			openmetrics_add(
				out,
				&(struct metric){.name = names[which],
						 .help = help[which],
						 .type = METRIC_GAUGE,
						 .labels = &label,
						 .n_labels = 1,
						 .value = (double)kube_number(c->publication.wanted,
									      paths[which])},
				1);
		}
	}
}

static size_t count_configs(const struct op *op)
{
	size_t n = 0;

	for (const struct op_config *c = op->configs; c; c = c->next)
		n++;
	return n;
}

static void collect(void *userdata, struct text *out)
{
	const struct op_monitor *m = userdata;
	const struct op *op = m->op;
	struct webhook_stats stats = {0};

	if (op->serving)
		op_serving_stats(op->serving, &stats);
	const struct metric rows[] = {
		{"bpfd_operator_leads", "1 for the one that leads.", METRIC_GAUGE, NULL, 0,
		 operator_leads(op)},
		{"bpfd_operator_configs", "Configs of the cluster.", METRIC_GAUGE, NULL, 0,
		 (double)count_configs(op)},
		{"bpfd_operator_api_requests", "Requests to the API server.", METRIC_COUNTER, NULL,
		 0, (double)kube_client_requests(op->client)},
		{"bpfd_operator_api_writes", "Those that write.", METRIC_COUNTER, NULL, 0,
		 (double)kube_client_writes(op->client)},
		{"bpfd_operator_api_errors", "Those that failed.", METRIC_COUNTER, NULL, 0,
		 (double)kube_client_errors(op->client)},
		{"bpfd_operator_reviews_allowed", "Objects the webhook let through.",
		 METRIC_COUNTER, NULL, 0, (double)stats.allowed},
		{"bpfd_operator_reviews_denied", "Objects it refused.", METRIC_COUNTER, NULL, 0,
		 (double)stats.denied},
		{"bpfd_operator_reviews_malformed", "Requests that were no review.", METRIC_COUNTER,
		 NULL, 0, (double)stats.malformed},
	};

	openmetrics_add(out, rows, array_size(rows));
	add_configs(op, out);
}

static void look(struct op_monitor *m)
{
	const char *what = NULL;

	if (operator_is_synced(m->op, &what) && m->op->serving)
		what = op_serving_wants(m->op->serving);
	health_set_ready(m->health, what == NULL, what);
}

static void on_health(void *userdata)
{
	struct op_monitor *m = userdata;

	look(m);
	health_dispatch(m->health);
}

int op_monitor_new(struct op *op, const char *at, struct op_monitor **ret, struct reason *why)
{
	struct op_monitor *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->op = op;
	r = health_new(&(struct health_options){.at = at, .collect = collect, .userdata = m},
		       &m->health, why);
	if (r == 0)
		r = kube_loop_add_fd(op->loop, health_fd(m->health), on_health, m);
	if (r < 0) {
		op_monitor_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void op_monitor_free(struct op_monitor *m)
{
	if (!m)
		return;
	if (m->health)
		kube_loop_remove_fd(m->op->loop, health_fd(m->health));
	health_free(m->health);
	free(m);
}
