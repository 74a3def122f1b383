/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of configs on this node: what the API server has, by name, and when one goes. What
 * is done about them is in config.c. */
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/status.h"
#include "base/text.h"

/* Many edits in a row are few writes. */
#define PAUSE_MS 500

static void free_if_gone(void *userdata)
{
	struct agent_config *c = userdata;

	if (c->is_gone && !c->is_busy && publication_is_idle(&c->publication))
		agent_config_free(c);
}

/* From the loop, where nobody up the stack holds it. */
static void free_soon(void *userdata)
{
	struct agent_config *c = userdata;

	if (c->is_gone)
		kube_timer_set(c->agent->loop, &c->end, 0);
}

struct agent_config *agent_config_find(const struct agent *agent, const char *name)
{
	for (struct agent_config *c = agent->configs; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static struct agent_config *add(struct agent *agent, const char *name)
{
	struct agent_config *c = calloc(1, sizeof(*c));
	char object[KUBE_NAME_SIZE];

	if (!c)
		return NULL;
	c->agent = agent;
	c->retry.fn = agent_config_retry;
	c->retry.userdata = c;
	c->slow.fn = agent_config_slow;
	c->slow.userdata = c;
	c->publication.client = agent->client;
	c->publication.path = STATUS_PROGRAMS;
	c->publication.manager = "bpfd-agent";
	c->publication.pause_ms = PAUSE_MS;
	c->publication.on_idle = free_soon;
	c->publication.on_trouble = agent_log_trouble;
	c->end.fn = free_if_gone;
	c->end.userdata = c;
	c->publication.userdata = c;
	kube_join_name(name, agent->options.node, object);
	if (text_set(&c->name, name) < 0 || publication_init(&c->publication, object) < 0) {
		free(c->name);
		free(c);
		return NULL;
	}
	c->next = agent->configs;
	agent->configs = c;
	return c;
}

/* A config that was deleted and made again is another one: its programs belong to nobody now. */
static bool is_other(const struct agent_config *c, const json_t *object)
{
	return c->object && strcmp(kube_uid(c->object), kube_uid(object)) != 0;
}

static bool is_same(const struct agent_config *c, const json_t *object)
{
	return c->object && !is_other(c, object) &&
	       json_equal(json_object_get(c->object, "spec"), json_object_get(object, "spec")) &&
	       json_equal(kube_get(c->object, "metadata.labels"),
			  kube_get(object, "metadata.labels")) &&
	       json_equal(kube_get(c->object, "status.rollout"),
			  kube_get(object, "status.rollout")) &&
	       kube_is_deleted(c->object) == kube_is_deleted(object);
}

static void keep(struct agent_config *c, json_t *object)
{
	json_object_del(json_object_get(object, "metadata"), "managedFields");
	json_decref(c->object);
	c->object = json_incref(object);
}

void agent_config_update(struct agent *agent, json_t *object)
{
	struct agent_config *c = agent_config_find(agent, kube_name(object));
	bool is_news;

	if (!c)
		c = add(agent, kube_name(object));
	if (!c)
		return;
	if (is_other(c, object))
		publication_doubt(&c->publication);
	is_news = !is_same(c, object) || c->is_gone;
	keep(c, object);
	c->is_gone = false;
	if (!is_news)
		return;
	c->failures = 0;
	kube_timer_stop(agent->loop, &c->retry);
	agent_config_reconcile(c);
}

void agent_config_gone(struct agent *agent, const char *name)
{
	struct agent_config *c = agent_config_find(agent, name);

	if (!c)
		return;
	c->is_gone = true;
	agent_config_reconcile(c);
}

void agent_config_free(struct agent_config *c)
{
	struct agent_config **at = &c->agent->configs;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	kube_timer_stop(c->agent->loop, &c->retry);
	kube_timer_stop(c->agent->loop, &c->slow);
	kube_timer_stop(c->agent->loop, &c->end);
	publication_done(&c->publication);
	json_decref(c->object);
	json_decref(c->stored);
	json_decref(c->secrets);
	json_decref(c->grants);
	json_decref(c->error);
	json_decref(c->warnings);
	json_decref(c->applied_warnings);
	free(c->name);
	free(c);
}
