/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from reports to a config's status: count, step the rollout, publish; and its end. */
#include "operator/config.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "kube/client.h"
#include "kube/event.h"
#include "kube/revision.h"
#include "manifest/program_config.h"
#include "model/config.h"
#include "operator/finalizer.h"
#include "operator/keep.h"
#include "operator/operator.h"
#include "operator/sweep.h"

#define SOON_MS	 200
#define PAUSE_MS 1000
/* Each node reads each write of the status: 10,000 nodes need not do so every second. */
#define PAUSE_MAX_MS 10000

/* --- reports --- */

static int compare(const void *a, const void *b)
{
	const struct report *left = a, *right = b;

	return strcmp(left->node, right->node);
}

static struct report *find_report(const struct op_config *c, const char *node)
{
	struct report key = {.node = (char *)(uintptr_t)node};
	struct report **at = tfind(&key, (void *const *)&c->reports, compare);

	return at ? *at : NULL;
}

static struct report *add_report(struct op_config *c, const json_t *object)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report || text_set(&report->node, kube_text(object, "spec.node")) < 0 ||
	    text_set(&report->object, kube_name(object)) < 0 ||
	    !tsearch(report, &c->reports, compare)) {
		if (report)
			report_done(report);
		free(report);
		return NULL;
	}
	c->n_reports++;
	return report;
}

void op_config_report(struct op_config *c, const json_t *object)
{
	struct report *report = find_report(c, kube_text(object, "spec.node"));
	bool is_new = !report;

	if (is_new)
		report = add_report(c, object);
	if (report && (report_take(report, object) > 0 || is_new))
		op_config_touch(c);
}

struct walk {
	void (*visit)(struct report *report, void *arg);
	void *arg;
};

static void on_node(const void *at, VISIT which, void *closure)
{
	struct walk *walk = closure;

	if (which == postorder || which == leaf)
		walk->visit(*(struct report *const *)at, walk->arg);
}

void op_config_each(const struct op_config *c, void (*visit)(struct report *report, void *arg),
		    void *arg)
{
	struct walk walk = {visit, arg};

	twalk_r(c->reports, on_node, &walk);
}

struct by_object {
	const char *object;
	struct report *found;
};

static void match_object(struct report *report, void *arg)
{
	struct by_object *by = arg;

	if (strcmp(report->object, by->object) == 0)
		by->found = report;
}

static void drop_report(struct op_config *c, struct report *report)
{
	tdelete(report, &c->reports, compare);
	c->n_reports--;
	report_done(report);
	free(report);
}

void op_config_report_gone(struct op_config *c, const char *object)
{
	struct by_object by = {object, NULL};

	op_config_each(c, match_object, &by);
	if (!by.found)
		return;
	drop_report(c, by.found);
	if (!c->object && c->n_reports == 0)
		op_config_free(c);
	else
		op_config_touch(c);
}

/* --- what decides --- */

/* The nodes that a config is for, and what they report. */
struct survey {
	const struct op_config *c;
	const struct config *config;
	struct rollout_node *nodes;
	size_t n;
	struct tally_counts counts;
	json_t *reasons;
	int r;
};

static void add_node(struct survey *s, const struct op_node *node, const struct report *report)
{
	const struct config_rollout *rollout = &s->config->rollout;
	struct rollout_node *n = array_add((void **)&s->nodes, &s->n, sizeof(*n));

	if (!n) {
		s->r = -ENOMEM;
		return;
	}
	n->name = node->name;
	n->place = revision_place(s->c->name, node->name);
	n->is_canary =
		rollout->has_canary_nodes && selector_match(&rollout->canary_nodes, &node->labels);
	if (!report)
		return;
	n->is_updated = strcmp(report->revision, s->c->revision) == 0;
	n->is_loaded = report->is_loaded;
	n->is_failed = report->is_failed;
	n->for_ms = kube_now_ms() - report->since_ms;
}

static void survey_node(const void *at, VISIT which, void *closure)
{
	const struct op_node *node = *(struct op_node *const *)at;
	struct survey *s = closure;
	const struct report *report;

	if ((which != postorder && which != leaf) || !node->is_there || !node->has_agent)
		return;
	if (!selector_match(&s->config->node_selector, &node->labels)) {
		s->counts.not_selected++;
		return;
	}
	report = find_report(s->c, node->name);
	s->counts.desired++;
	s->counts.loaded += report && report->is_loaded;
	s->counts.failed += report && report->is_failed;
	s->counts.updated += report && strcmp(report->revision, s->c->revision) == 0;
	if (report && report->is_failed)
		tally_reason(s->reasons, report);
	add_node(s, node, report);
}

static int parse(const struct op_config *c, struct manifest *ret, struct reason *why)
{
	_json_ json_t *document =
		json_pack("{s:s, s:s, s:{s:s}, s:O}", "apiVersion", MANIFEST_API_VERSION, "kind",
			  MANIFEST_KIND, "metadata", "name", c->name, "spec",
			  json_object_get(c->object, "spec"));
	_free_ char *text = document ? json_dumps(document, JSON_INDENT(1)) : NULL;

	if (!text)
		return -ENOMEM;
	return manifest_parse_object(text, strlen(text), ret, why);
}

/* --- what comes of it --- */

static void tell_rollout(const struct op_config *c, enum rollout_phase before)
{
	const struct rollout_state *r = &c->rollout;
	char note[512];

	if (r->phase == before)
		return;
	snprintf(note, sizeof(note), "revision %s: %s%s%s", r->revision,
		 rollout_phase_name(r->phase), *r->message ? ": " : "", r->message);
	kube_events_send(c->op->events, &(struct kube_event){.api_version = MANIFEST_API_VERSION,
							     .kind = MANIFEST_KIND,
							     .name = c->name,
							     .uid = kube_uid(c->object),
							     .reason = "Rollout",
							     .action = "Rollout",
							     .note = note,
							     .is_warning = r->is_failure});
}

static json_t *status_of(const struct op_config *c, const struct survey *s)
{
	const char *phase = rollout_phase_name(c->rollout.phase);
	json_t *reasons = tally_reasons(s->reasons);
	char summary[256];

	tally_summary(&s->counts, reasons, c->rollout.message, summary);
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o}", "observedGeneration",
		(json_int_t)kube_number(c->object, "metadata.generation"), "desired",
		(json_int_t)s->counts.desired, "loaded", (json_int_t)s->counts.loaded, "failed",
		(json_int_t)s->counts.failed, "notselected", (json_int_t)s->counts.not_selected,
		"updated", (json_int_t)s->counts.updated, "summary", summary, "revision",
		c->revision, "reasons", reasons, "rollout", rollout_write(&c->rollout),
		"conditions", tally_conditions(&s->counts, phase, summary));
}

static uint64_t pause_for(size_t nodes)
{
	return nodes < PAUSE_MS ? PAUSE_MS : nodes > PAUSE_MAX_MS ? PAUSE_MAX_MS : nodes;
}

static void survey_and_publish(struct op_config *c, const struct config *config)
{
	struct survey s = {.c = c, .config = config, .reasons = json_object()};
	enum rollout_phase before = c->rollout.phase;
	struct rollout_view view = {.spec = config->has_rollout ? &config->rollout : NULL,
				    .revision = c->revision};
	const json_t *annotations = kube_get(c->object, "metadata.annotations");
	uint64_t wait_ms;

	twalk_r(c->op->nodes, survey_node, &s);
	view.nodes = s.nodes;
	view.n_nodes = s.n;
	view.is_resumed = keep_is_resumed(annotations, c->revision);
	wait_ms = rollout_step(&c->rollout, &view);
	tell_rollout(c, before);
	c->publication.pause_ms = pause_for(s.counts.desired);
	if (s.r == 0)
		publication_set_adopt(&c->publication, status_of(c, &s));
	if (wait_ms)
		kube_timer_set(c->op->loop, &c->timer, wait_ms + 1);
	free(s.nodes);
	json_decref(s.reasons);
}

/* A spec that no reader takes: the nodes say so too, if the webhook let it through. */
static void publish_refusal(struct op_config *c, const struct reason *why)
{
	json_t *status = json_pack("{s:I, s:s, s:[o]}", "observedGeneration",
				   (json_int_t)kube_number(c->object, "metadata.generation"),
				   "summary", why->text, "conditions",
				   kube_condition("Degraded", true, "Invalid", why->text));

	publication_set_adopt(&c->publication, status);
}

/* --- the look at one config --- */

static void end_config(struct op_config *c)
{
	if (c->n_reports == 0 && finalizer_has(c))
		finalizer_set(c, false);
}

static void look_at(struct op_config *c)
{
	struct manifest manifest = {0};
	_reason_ struct reason why = {0};

	revision_hash(json_object_get(c->object, "spec"), c->revision);
	if (!c->has_rollout_state) {
		rollout_read(kube_get(c->object, "status.rollout"), &c->rollout);
		c->has_rollout_state = true;
	}
	if (parse(c, &manifest, &why) < 0)
		publish_refusal(c, &why);
	else if (keep_revision(c))
		survey_and_publish(c, &manifest.configs[0]);
	manifest_done(&manifest);
}

static void on_timer(void *userdata)
{
	struct op_config *c = userdata;

	if (!operator_may_act(c->op) || c->call || !c->object)
		return;
	if (kube_is_deleted(c->object))
		end_config(c);
	else if (!finalizer_has(c))
		finalizer_set(c, true);
	else
		look_at(c);
}

void op_config_touch(struct op_config *c)
{
	if (kube_timer_is_set(&c->timer) && c->timer.at_ms < kube_now_ms() + SOON_MS)
		return;
	kube_timer_set(c->op->loop, &c->timer, SOON_MS);
}

void op_config_touch_all(struct op *op)
{
	for (struct op_config *c = op->configs; c; c = c->next)
		op_config_touch(c);
}

void op_config_forget_all(struct op *op)
{
	for (struct op_config *c = op->configs; c; c = c->next) {
		c->has_rollout_state = false;
		c->kept[0] = '\0';
		publication_forget(&c->publication);
	}
}

static bool may_write(void *userdata)
{
	return operator_may_act(userdata);
}

/* --- the table --- */

struct op_config *op_config_find(const struct op *op, const char *name)
{
	for (struct op_config *c = op->configs; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static json_t *head_of(const char *name)
{
	return json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", MANIFEST_API_VERSION, "kind",
			 MANIFEST_KIND, "metadata", "name", name);
}

static struct op_config *add(struct op *op, const char *name)
{
	struct op_config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->op = op;
	c->timer.fn = on_timer;
	c->timer.userdata = c;
	c->publication = (struct publication){.client = op->client,
					      .path = OP_CONFIGS_PATH,
					      .manager = "bpfd-operator",
					      .is_others = true,
					      .pause_ms = PAUSE_MS,
					      .may_write = may_write,
					      .userdata = op,
					      .on_trouble = operator_log_trouble};
	if (text_set(&c->name, name) < 0 || publication_init(&c->publication, name) < 0) {
		free(c->name);
		free(c);
		return NULL;
	}
	publication_head_adopt(&c->publication, head_of(name));
	c->next = op->configs;
	op->configs = c;
	return c;
}

/* Made again under its name: nothing of the old one counts. */
static void forget_other(struct op_config *c, const json_t *object)
{
	if (!c->object || strcmp(kube_uid(c->object), kube_uid(object)) == 0)
		return;
	c->has_rollout_state = false;
	c->kept[0] = '\0';
	publication_doubt(&c->publication);
}

static bool is_news(const struct op_config *c, const json_t *object)
{
	return !c->object || strcmp(kube_uid(c->object), kube_uid(object)) != 0 ||
	       kube_number(c->object, "metadata.generation") !=
		       kube_number(object, "metadata.generation") ||
	       !json_equal(kube_get(c->object, "metadata.finalizers"),
			   kube_get(object, "metadata.finalizers")) ||
	       !json_equal(kube_get(c->object, "metadata.annotations"),
			   kube_get(object, "metadata.annotations")) ||
	       kube_is_deleted(c->object) != kube_is_deleted(object);
}

struct op_config *op_config_for(struct op *op, const char *name)
{
	struct op_config *c = op_config_find(op, name);

	return c ? c : add(op, name);
}

void op_config_update(struct op *op, json_t *object)
{
	struct op_config *c = op_config_for(op, kube_name(object));
	bool news;

	if (!c)
		return;
	forget_other(c, object);
	news = is_news(c, object);
	json_object_del(json_object_get(object, "metadata"), "managedFields");
	json_decref(c->object);
	c->object = json_incref(object);
	if (news) {
		sweep_secrets(op);
		kube_timer_set(op->loop, &c->timer, 0);
	}
}

void op_config_gone(struct op *op, const char *name)
{
	struct op_config *c = op_config_find(op, name);

	if (!c)
		return;
	op_config_free(c);
	sweep_secrets(op);
}

static void free_report(void *report)
{
	report_done(report);
	free(report);
}

void op_config_free(struct op_config *c)
{
	struct op_config **at = &c->op->configs;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	kube_call_cancel(c->call);
	kube_timer_stop(c->op->loop, &c->timer);
	publication_done(&c->publication);
	tdestroy(c->reports, free_report);
	json_decref(c->object);
	free(c->name);
	free(c);
}
