/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the agent's knowledge: what the watches tell, what the daemon has, and who hears of it. */
#include "agent/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/desire.h"
#include "agent/job.h"
#include "agent/monitor.h"
#include "agent/status.h"
#include "agent/volumes.h"
#include "base/log.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/event.h"
#include "kube/json.h"
#include "kube/watch.h"

#define CONFIGS_PATH  "/apis/bpfd.io/v1alpha1/bpfprogramconfigs"
#define NODE_PAUSE_MS 10000
#define AWAY_LOOK_MS  2000
#define DOUBT_LOOKS   360 /* an hour */
#define REQUESTS_MAX  2

void agent_log_trouble(const struct publication *p, const char *text)
{
	log_warning("%s/%s cannot be written: %s", p->path, p->name, text);
}

static void look_again(struct agent *agent, uint64_t ms)
{
	kube_timer_set(agent->loop, &agent->look_timer, ms);
}

bool agent_is_ready(const struct agent *agent, const char **ret_what)
{
	const char *what = !agent->node					 ? "the Node object"
			   : !agent->seen				 ? "bpfd"
			   : !kube_watch_is_synced(agent->configs_watch) ? "the list of configs"
									 : NULL;

	if (what && ret_what)
		*ret_what = what;
	return what == NULL;
}

/* One that is freed on the way is not the next one: retiring frees only what is idle. */
void agent_reconcile_all(struct agent *agent)
{
	for (struct agent_config *c = agent->configs, *next; c; c = next) {
		next = c->next;
		agent_config_reconcile(c);
	}
}

/* What was published may be gone: nobody tells. */
static void doubt_all(struct agent *agent)
{
	publication_doubt(&agent->bpf_node);
	for (struct agent_config *c = agent->configs; c; c = c->next)
		publication_doubt(&c->publication);
}

/* --- the daemon --- */

static void publish_node(struct agent *agent)
{
	json_t *status;

	if (!agent->node)
		return;
	status = status_of_node(agent->node, agent->seen, &agent->daemon_why);
	if (!status)
		return;
	publication_head_adopt(&agent->bpf_node, status_node_head(agent->node));
	publication_set_adopt(&agent->bpf_node, status);
}

/* Configs of ours in the daemon that the cluster has no more: deleted while we were away. */
static void add_orphans(struct agent *agent)
{
	const char *name;
	json_t *config;

	json_object_foreach(json_object_get(agent->seen, "configs"), name,
			    config) if (kube_flag(config, "isManaged") &&
					!agent_config_find(agent, name))
	{
		_json_ json_t *ghost = json_pack("{s:{s:s, s:s}}", "metadata", "name", name,
						 "deletionTimestamp", "-");

		log_info("config %s is not in the cluster any more", name);
		agent_config_update(agent, ghost);
		agent_config_gone(agent, name);
	}
}

/* Not there although it was applied: the daemon has lost it, or somebody deleted it. */
static void reconcile_lost(struct agent *agent)
{
	for (struct agent_config *c = agent->configs, *next; c; c = next) {
		next = c->next;
		agent_config_reconcile(c);
	}
}

void agent_saw_adopt(struct agent *agent, json_t *seen)
{
	json_decref(agent->seen);
	agent->seen = seen;
	reason_done(&agent->daemon_why);
	publish_node(agent);
	if (!agent_is_ready(agent, NULL))
		return;
	add_orphans(agent);
	reconcile_lost(agent);
}

static void on_looked(struct job *job)
{
	struct agent *agent = job->userdata;

	agent->is_looking = false;
	if (job->seen) {
		if (!agent->seen)
			log_info("bpfd %s answers", kube_text(job->seen, "version"));
		agent_saw_adopt(agent, json_incref(job->seen));
		if (++agent->looks % DOUBT_LOOKS == 0)
			doubt_all(agent);
		look_again(agent, agent->options.look_s * 1000ull);
		return;
	}
	if (agent->seen || !agent->daemon_why.code)
		log_warning("bpfd cannot be asked: %s", job->why.text);
	json_decref(take_ptr(agent->seen));
	reason_done(&agent->daemon_why);
	fail(&agent->daemon_why, job->why.code, "%s", job->why.text);
	publish_node(agent);
	look_again(agent, AWAY_LOOK_MS);
}

static void look_now(void *userdata)
{
	struct agent *agent = userdata;
	struct job *job;

	if (agent->is_looking)
		return;
	job = job_new(JOB_LOOK, NULL);
	if (!job) {
		look_again(agent, AWAY_LOOK_MS);
		return;
	}
	job->done = on_looked;
	job->userdata = agent;
	agent->is_looking = true;
	worker_add_adopt(agent->worker, job);
}

static void on_worker(void *userdata)
{
	struct agent *agent = userdata;

	worker_dispatch(agent->worker);
}

/* --- the API server --- */

static void on_outage(void *userdata, const char *text)
{
	struct agent *agent = userdata;

	if (text && !agent->is_api_away)
		log_warning("the API server: %s; what runs keeps running", text);
	if (!text && agent->is_api_away)
		log_info("the API server answers again");
	agent->is_api_away = text != NULL;
}

static void on_config(void *userdata, json_t *object)
{
	agent_config_update(userdata, object);
}

static void on_config_gone(void *userdata, json_t *object)
{
	agent_config_gone(userdata, kube_name(object));
}

static void on_configs_synced(void *userdata)
{
	struct agent *agent = userdata;

	doubt_all(agent);
	if (!agent_is_ready(agent, NULL))
		return;
	add_orphans(agent);
	agent_reconcile_all(agent);
}

static void take_addresses(struct agent *agent)
{
	size_t i;
	json_t *address;

	json_decref(agent->addresses);
	agent->addresses = json_array();
	json_array_foreach(kube_get(agent->node, "status.addresses"), i,
			   address) if (strcmp(kube_text(address, "type"), "InternalIP") == 0)
		json_array_append(agent->addresses, json_object_get(address, "address"));
}

/* Heartbeats of the kubelet change the Node every few minutes; only some of it is our business. */
static void on_node(void *userdata, json_t *object)
{
	struct agent *agent = userdata;
	bool is_other = !agent->node || strcmp(kube_uid(agent->node), kube_uid(object)) != 0;
	bool is_news = is_other ||
		       !json_equal(kube_get(agent->node, "metadata.labels"),
				   kube_get(object, "metadata.labels")) ||
		       !json_equal(kube_get(agent->node, "status.addresses"),
				   kube_get(object, "status.addresses"));

	if (is_other)
		doubt_all(agent);
	json_decref(agent->node);
	agent->node = json_incref(object);
	if (!is_news)
		return;
	labels_done(&agent->labels);
	agent->labels = (struct labels){0};
	kube_labels(object, &agent->labels);
	take_addresses(agent);
	publish_node(agent);
	if (agent_is_ready(agent, NULL))
		agent_reconcile_all(agent);
}

/* The Node is gone from the cluster: what runs here is left as it is, the machine may come back. */
static void on_node_gone(void *userdata, json_t *object)
{
	struct agent *agent = userdata;

	(void)object;
	log_warning("the cluster has no node %s any more", agent->options.node);
	json_decref(take_ptr(agent->node));
}

static void pod_key(const json_t *pod, struct text *ret)
{
	text_add(ret, "%s/%s", kube_namespace(pod), kube_name(pod));
}

static void on_pod(void *userdata, json_t *object)
{
	struct agent *agent = userdata;
	_json_ json_t *pod = desire_pod(object);
	_text_ struct text key = {0};

	pod_key(object, &key);
	if (!pod || !key.data || json_equal(json_object_get(agent->pods, key.data), pod))
		return;
	json_object_set(agent->pods, key.data, pod);
	if (agent->has_pods)
		agent_reconcile_all(agent);
}

static void on_pod_gone(void *userdata, json_t *object)
{
	struct agent *agent = userdata;
	_text_ struct text key = {0};

	pod_key(object, &key);
	if (key.data && json_object_del(agent->pods, key.data) == 0)
		agent_reconcile_all(agent);
}

static void on_pods_synced(void *userdata)
{
	struct agent *agent = userdata;

	agent->has_pods = true;
	agent_reconcile_all(agent);
}

static void on_trouble(void *userdata, const char *text)
{
	(void)userdata;
	if (text)
		log_warning("a list of the API server: %s", text);
}

void agent_follow_pods(struct agent *agent)
{
	_text_ struct text query = {0};

	if (agent->pods_watch)
		return;
	text_add(&query, "fieldSelector=spec.nodeName%%3D%s", agent->options.node);
	if (query.data)
		kube_watch_new(agent->client,
			       &(struct kube_watch_options){.path = "/api/v1/pods",
							    .query = query.data,
							    .on_object = on_pod,
							    .on_gone = on_pod_gone,
							    .on_synced = on_pods_synced,
							    .on_outage = on_trouble,
							    .userdata = agent},
			       &agent->pods_watch);
}

static int watch_all(struct agent *agent)
{
	_text_ struct text query = {0};
	int r;

	text_add(&query, "fieldSelector=metadata.name%%3D%s", agent->options.node);
	if (query.r < 0)
		return query.r;
	r = kube_watch_new(agent->client,
			   &(struct kube_watch_options){.path = "/api/v1/nodes",
							.query = query.data,
							.on_object = on_node,
							.on_gone = on_node_gone,
							.on_outage = on_trouble,
							.userdata = agent},
			   &agent->node_watch);
	if (r < 0)
		return r;
	return kube_watch_new(agent->client,
			      &(struct kube_watch_options){.path = CONFIGS_PATH,
							   .on_object = on_config,
							   .on_gone = on_config_gone,
							   .on_synced = on_configs_synced,
							   .on_outage = on_outage,
							   .userdata = agent},
			      &agent->configs_watch);
}

/* --- beginning and end --- */

static int prepare(struct agent *agent, struct reason *why)
{
	int r = kube_access_load(agent->options.kubeconfig, NULL, &agent->access, why);

	if (r == 0)
		r = kube_loop_new(&agent->loop, why);
	if (r == 0)
		r = kube_client_new(agent->loop, &agent->access, &agent->client, why);
	if (r == 0)
		kube_client_limit(agent->client, REQUESTS_MAX);
	if (r == 0)
		r = kube_events_new(agent->client, "bpfd.io/agent", agent->options.node,
				    &agent->events);
	if (r == 0)
		r = worker_new(agent->options.socket, &agent->worker, why);
	if (r == 0)
		r = kube_loop_add_fd(agent->loop, worker_fd(agent->worker), on_worker, agent);
	return r;
}

int agent_start(struct agent *agent, const struct agent_options *options, struct reason *why)
{
	int r;

	*agent = (struct agent){.options = *options};
	agent->pods = json_object();
	agent->look_timer.fn = look_now;
	agent->look_timer.userdata = agent;
	r = prepare(agent, why);
	if (r < 0)
		return r;
	if (options->http)
		r = agent_monitor_new(agent, options->http, &agent->monitor, why);
	if (r == 0 && options->plugins)
		r = agent_volumes_new(agent, options->plugins, options->registration,
				      &agent->volumes, why);
	if (r < 0)
		return r;
	agent->bpf_node = (struct publication){.client = agent->client,
					       .path = STATUS_NODES,
					       .manager = "bpfd-agent",
					       .on_trouble = agent_log_trouble,
					       .pause_ms = NODE_PAUSE_MS};
	r = publication_init(&agent->bpf_node, options->node);
	if (r == 0)
		r = watch_all(agent);
	if (r == 0)
		look_now(agent);
	return r < 0 ? fail(why, r, "cannot begin: %s", strerror(-r)) : 0;
}

void agent_done(struct agent *agent)
{
	worker_free(agent->worker);
	agent_monitor_free(agent->monitor);
	agent_volumes_free(agent->volumes);
	while (agent->configs)
		agent_config_free(agent->configs);
	if (agent->loop)
		kube_timer_stop(agent->loop, &agent->look_timer);
	publication_done(&agent->bpf_node);
	kube_watch_free(agent->pods_watch);
	kube_watch_free(agent->configs_watch);
	kube_watch_free(agent->node_watch);
	kube_events_free(agent->events);
	kube_client_free(agent->client);
	kube_loop_free(agent->loop);
	kube_access_done(&agent->access);
	json_decref(agent->node);
	json_decref(agent->addresses);
	json_decref(agent->pods);
	json_decref(agent->seen);
	labels_done(&agent->labels);
	reason_done(&agent->daemon_why);
}
