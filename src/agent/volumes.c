/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the decision about a pod's volume; making it is the daemon's, speaking CSI is src/csi's. */
#include "agent/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "bpfd/bpfd.h"
#include "csi/csi.h"
#include "kube/json.h"
#include "model/config.h"

/* The kubelet asks again; meanwhile the loop stands still. */
#define CALL_MS 10000

struct agent_volumes {
	struct agent *agent;
	struct bpfd_conn *conn;
	struct csi_server *server;
};

json_t *agent_volumes_grants(const struct config *config)
{
	json_t *grants = json_object();

	for (size_t i = 0; i < config->n_exports; i++) {
		const struct config_export *e = &config->exports[i];
		json_t *list = json_array();

		for (size_t k = 0; k < e->namespaces.n; k++)
			json_array_append_new(list, json_string(e->namespaces.items[k]));
		json_object_set_new(grants, e->map, list);
	}
	return grants;
}

bool agent_volumes_may(const json_t *grants, const char *map, const char *namespace)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(grants, map), i, one)
	{
		const char *name = json_string_value(one);

		if (strcmp(name, "*") == 0 || (*namespace && strcmp(name, namespace) == 0))
			return true;
	}
	return false;
}

/* By the name of a config, else of one of its programs. */
static const struct agent_config *find(const struct agent *agent, const char *name)
{
	const struct agent_config *c = agent_config_find(agent, name);
	const char *config;
	json_t *seen, *program;
	size_t i;

	if (c)
		return c;
	json_object_foreach(json_object_get(agent->seen, "configs"), config, seen)
	{
		json_array_foreach(json_object_get(seen, "programs"), i, program)
		{
			if (strcmp(kube_text(program, "name"), name) == 0)
				return agent_config_find(agent, config);
		}
	}
	return NULL;
}

static int allow(void *userdata, const struct csi_request *rq, struct reason *why)
{
	const struct agent_volumes *v = userdata;
	const struct agent_config *c = find(v->agent, rq->program);

	if (!c || !*c->applied)
		return fail(why, -ENOENT, "no config %s is loaded on this node%s%s", rq->program,
			    c && c->error ? ": " : "",
			    c && c->error ? kube_text(c->error, "message") : "");
	for (size_t i = 0; rq->maps[i]; i++) {
		if (agent_volumes_may(c->grants, rq->maps[i], rq->namespace))
			continue;
		fail(why, -EACCES, "map %s of config %s is not for pods of namespace %s",
		     rq->maps[i], c->name, *rq->namespace ? rq->namespace : "(not told)");
		reason_hint(why, "name the namespace under spec.maps[].namespaces of the config");
		return -EACCES;
	}
	return 0;
}

static void on_csi(void *userdata)
{
	struct agent_volumes *v = userdata;

	if (csi_server_dispatch(v->server) < 0)
		log_error("the server of volumes is broken");
}

int agent_volumes_new(struct agent *agent, const char *plugins, const char *registration,
		      struct agent_volumes **ret, struct reason *why)
{
	struct bpfd_open_opts opts = {
		.size = sizeof(opts), .socket = agent->options.socket, .timeout_ms = CALL_MS};
	struct csi_options options = {.node = agent->options.node,
				      .version = BPFD_VERSION,
				      .plugin_directory = plugins,
				      .registration_directory = registration,
				      .allow = allow};
	struct agent_volumes *v = calloc(1, sizeof(*v));
	int r = v ? bpfd_open(&opts, &v->conn) : -ENOMEM;

	if (r == 0) {
		v->agent = agent;
		options.conn = v->conn;
		options.userdata = v;
		r = csi_server_new(&options, &v->server, why);
	}
	if (r == 0)
		r = kube_loop_add_fd(agent->loop, csi_server_fd(v->server), on_csi, v);
	if (r < 0) {
		agent_volumes_free(v);
		return fail(why, r, "cannot serve volumes: %s", strerror(-r));
	}
	*ret = v;
	return 0;
}

void agent_volumes_free(struct agent_volumes *v)
{
	if (!v)
		return;
	if (v->server)
		kube_loop_remove_fd(v->agent->loop, csi_server_fd(v->server));
	csi_server_free(v->server);
	bpfd_close(v->conn);
	free(v);
}
