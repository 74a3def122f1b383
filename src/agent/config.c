/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the life of one config on this node: which revision, is it for us, apply, publish, retire.
 * Applying is declarative: the daemon loads nothing twice, however often it is asked. */
#include "agent/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/desire.h"
#include "agent/gather.h"
#include "agent/job.h"
#include "agent/status.h"
#include "agent/volumes.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/event.h"
#include "kube/revision.h"
#include "manifest/program_config.h"
#include "model/config.h"

#define RETRY_MS     2000
#define SLOW_MS	     4000
#define RETRY_MAX_MS 300000

static void done_and_again(struct agent_config *c)
{
	c->is_busy = false;
	kube_timer_stop(c->agent->loop, &c->slow);
	if (c->is_dirty)
		agent_config_reconcile(c);
}

static void send_event(struct agent_config *c, bool is_warning, const char *reason,
		       const char *note)
{
	kube_events_send(c->agent->events, &(struct kube_event){.api_version = STATUS_API_VERSION,
								.kind = "BpfProgramConfig",
								.name = c->name,
								.uid = kube_uid(c->object),
								.reason = reason,
								.action = "Apply",
								.note = note,
								.is_warning = is_warning});
}

static void take_seen(struct agent_config *c, const struct job *job)
{
	if (!job->seen)
		return;
	json_decref(c->agent->seen);
	c->agent->seen = json_incref(job->seen);
}

/* --- what is published --- */

static const json_t *of_daemon(const struct agent_config *c)
{
	return json_object_get(json_object_get(c->agent->seen, "configs"), c->name);
}

static void publish(struct agent_config *c, bool is_pending)
{
	_json_ json_t *warnings = json_array();
	struct status_config from = {
		.generation = kube_number(c->object, "metadata.generation"),
		.revision = c->revision,
		.error = c->error,
		.warnings = warnings,
		.programs = json_object_get(of_daemon(c), "programs"),
		.is_pending = is_pending,
	};
	json_t *status;

	json_array_extend(warnings, c->warnings);
	json_array_extend(warnings, c->applied_warnings);
	status = status_of_config(&from);
	if (!status)
		return;
	publication_head_adopt(&c->publication,
			       status_program_head(c->publication.name, c->name,
						   kube_uid(c->object), c->agent->options.node));
	publication_set_adopt(&c->publication, status);
}

void agent_config_refresh(struct agent_config *c)
{
	if (*c->revision && !c->is_busy && !c->is_gone && (*c->applied || c->error))
		publish(c, false);
}

void agent_config_fail_adopt(struct agent_config *c, json_t *error, bool again)
{
	bool is_news = !json_equal(error, c->error);

	json_decref(c->error);
	c->error = error;
	c->agent->failures++;
	if (is_news)
		send_event(c, true, kube_text(error, "reason"), kube_text(error, "message"));
	if (!c->is_gone)
		publish(c, false);
	if (again)
		kube_timer_set(c->agent->loop, &c->retry,
			       kube_backoff_ms(RETRY_MS, c->failures++, RETRY_MAX_MS));
}

/* --- retiring --- */

static void on_deleted(struct job *job)
{
	struct agent_config *c = job->userdata;

	take_seen(c, job);
	if (job->why.code) {
		agent_config_fail_adopt(c, status_error(&job->why), true);
	} else {
		c->applied[0] = '\0';
		publication_remove(&c->publication);
	}
	done_and_again(c);
}

/* Neither the daemon nor the API server shall have it of this node. */
static void retire(struct agent_config *c)
{
	struct job *job;

	json_decref(take_ptr(c->error));
	if (!*c->applied && !kube_flag(of_daemon(c), "isManaged")) {
		publication_remove(&c->publication);
		return;
	}
	job = job_new(JOB_DELETE, c->name);
	if (!job)
		return;
	job->done = on_deleted;
	job->userdata = c;
	c->is_busy = true;
	worker_add_adopt(c->agent->worker, job);
}

/* --- applying --- */

static void on_applied(struct job *job)
{
	struct agent_config *c = job->userdata;

	json_decref(take_ptr(c->secrets));
	take_seen(c, job);
	if (job->why.code) {
		c->applied[0] = '\0';
		agent_config_fail_adopt(c, status_error(&job->why), true);
	} else {
		bool was_broken = c->error != NULL;

		memcpy(c->applied, c->tried, sizeof(c->applied));
		c->failures = 0;
		json_decref(take_ptr(c->error));
		json_decref(c->applied_warnings);
		c->applied_warnings = json_incref(job->warnings);
		if (!c->is_gone)
			publish(c, false);
		/* Good news of each of 10,000 nodes is no news: the operator tells once. */
		if (was_broken && !c->is_gone)
			send_event(c, false, "Loaded", kube_text(c->publication.wanted, "message"));
	}
	done_and_again(c);
}

static void hash_text(const char *text, char ret[static KUBE_HASH_SIZE])
{
	_json_ json_t *value = json_string(text);

	kube_hash(value, ret);
}

/* The daemon has what we gave it last, and it is this. */
static bool is_there(const struct agent_config *c)
{
	return strcmp(c->applied, c->tried) == 0 && kube_flag(of_daemon(c), "isManaged");
}

static void submit(struct agent_config *c, const struct config *config, const char *manifest)
{
	struct job *job = job_new(JOB_APPLY, c->name);
	_reason_ struct reason why = {0};
	int r = job ? text_set(&job->manifest, manifest) : -ENOMEM;

	if (r == 0)
		r = gather_logins(c, config, job, &why);
	if (r < 0) {
		job_free(job);
		json_decref(take_ptr(c->secrets));
		agent_config_fail_adopt(c, status_error(&why), true);
		return;
	}
	job->done = on_applied;
	job->userdata = c;
	c->is_busy = true;
	c->agent->applies++;
	kube_timer_stop(c->agent->loop, &c->retry);
	kube_timer_set(c->agent->loop, &c->slow, SLOW_MS);
	worker_add_adopt(c->agent->worker, job);
}

/* The interfaces that are there count too where a config names them by pattern. */
static void add_world(const struct agent_config *c, const struct config *config, struct text *t)
{
	size_t i;
	json_t *interface;

	if (!desire_needs_interfaces(config))
		return;
	text_add(t, "\n#");
	json_array_foreach(json_object_get(c->agent->seen, "interfaces"), i, interface) text_add(
		t, " %s/%lld", kube_text(interface, "name"), kube_number(interface, "index"));
	text_add(t, "\n");
}

/* @secrets: the config as it came, with the names of secrets. */
static void apply(struct agent_config *c, struct config *config, const struct config *secrets)
{
	struct desire_world world = {.addresses = c->agent->addresses,
				     .interfaces = json_object_get(c->agent->seen, "interfaces"),
				     .pods = c->agent->pods};
	json_t *warnings = json_array();
	_reason_ struct reason why = {0};
	_text_ struct text manifest = {0};
	char hash[KUBE_HASH_SIZE];
	int r = desire(config, &world, warnings, &why);

	json_decref(c->warnings);
	c->warnings = warnings;
	if (r < 0) {
		agent_config_fail_adopt(c, status_error(&why), true);
		return;
	}
	json_decref(c->grants);
	c->grants = agent_volumes_grants(config);
	manifest_format(config, &manifest);
	add_world(c, config, &manifest);
	if (manifest.r < 0)
		return;
	hash_text(manifest.data, hash);
	/* What failed like this waits for its turn. */
	if (strcmp(hash, c->tried) == 0 && kube_timer_is_set(&c->retry))
		return;
	memcpy(c->tried, hash, sizeof(hash));
	if (is_there(c)) {
		json_decref(take_ptr(c->error));
		agent_config_refresh(c);
	} else if (gather_secrets(c, secrets)) {
		submit(c, secrets, manifest.data);
	}
}

/* --- deciding --- */

static json_t *document(const struct agent_config *c, const json_t *spec)
{
	json_t *labels = kube_get(c->object, "metadata.labels");

	return json_pack("{s:s, s:s, s:{s:s, s:O*}, s:O}", "apiVersion", STATUS_API_VERSION, "kind",
			 "BpfProgramConfig", "metadata", "name", c->name, "labels", labels, "spec",
			 spec);
}

/* One parser for bpfctl and the cluster: the object goes through it as JSON. */
static int parse(const struct agent_config *c, const json_t *spec, struct manifest *ret,
		 struct reason *why)
{
	_json_ json_t *object = document(c, spec);
	_free_ char *text = object ? json_dumps(object, JSON_INDENT(1)) : NULL;

	if (!text)
		return -ENOMEM;
	return manifest_parse_object(text, strlen(text), ret, why);
}

static bool is_for_us(const struct agent_config *c, const struct config *config)
{
	return selector_match(&config->node_selector, &c->agent->labels);
}

/* The revision that is for this node is in @stored, or the spec itself. */
static void reconcile_spec(struct agent_config *c, const json_t *spec)
{
	struct manifest manifest = {0}, original = {0};
	_reason_ struct reason why = {0};
	int r = parse(c, spec, &manifest, &why);

	revision_hash(spec, c->revision);
	if (r == 0)
		r = parse(c, spec, &original, &why);
	if (r < 0) {
		agent_config_fail_adopt(c, status_error(&why), false);
	} else if (!is_for_us(c, &manifest.configs[0])) {
		retire(c);
	} else if (desire_needs_pods(&manifest.configs[0]) && !c->agent->has_pods) {
		agent_follow_pods(c->agent);
	} else {
		apply(c, &manifest.configs[0], &original.configs[0]);
	}
	manifest_done(&manifest);
	manifest_done(&original);
}

static void reconcile_turn(struct agent_config *c, const struct config *config)
{
	const json_t *spec = json_object_get(c->object, "spec");
	struct revision_node node = {c->agent->options.node, &c->agent->labels};
	const char *stored;

	switch (revision_choose(c->object, config, &node, &stored)) {
	case REVISION_SPEC:
		reconcile_spec(c, spec);
		break;
	case REVISION_STORED:
		if (gather_revision(c, stored))
			reconcile_spec(c, c->stored);
		break;
	case REVISION_NONE:
		retire(c);
		break;
	case REVISION_WAIT:
		break;
	}
}

void agent_config_reconcile(struct agent_config *c)
{
	struct manifest manifest = {0};
	_reason_ struct reason why = {0};
	const json_t *spec = json_object_get(c->object, "spec");

	if (c->is_busy || !agent_is_ready(c->agent, NULL)) {
		c->is_dirty = true;
		return;
	}
	c->is_dirty = false;
	if (c->is_gone || kube_is_deleted(c->object)) {
		retire(c);
		return;
	}
	if (parse(c, spec, &manifest, &why) < 0) {
		revision_hash(spec, c->revision);
		agent_config_fail_adopt(c, status_error(&why), false);
	} else {
		reconcile_turn(c, &manifest.configs[0]);
	}
	manifest_done(&manifest);
}

void agent_config_go_on(struct agent_config *c)
{
	c->is_busy = false;
	agent_config_reconcile(c);
}

void agent_config_retry(void *userdata)
{
	struct agent_config *c = userdata;

	c->applied[0] = '\0';
	agent_config_reconcile(c);
}

void agent_config_slow(void *userdata)
{
	struct agent_config *c = userdata;

	if (c->is_busy && !c->is_gone && !c->error)
		publish(c, true);
}
