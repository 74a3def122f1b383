/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how failures, programs, hooks and events are laid out. */
#include "kubectl/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/output/table.h"
#include "kube/json.h"
#include "kubectl/cluster.h"
#include "kubectl/print.h"
#include "kubectl/verb.h"

void story_done(struct story *story)
{
	json_decref(story->failed);
	json_decref(story->fine);
}

static int keep(json_t **list, size_t *n, json_t *program)
{
	if (!*list)
		*list = json_array();
	if ((*n)++ >= STORY_PROGRAMS)
		return 0;
	return json_array_append(*list, program) < 0 ? -ENOMEM : 0;
}

int story_collect(void *userdata, json_t *program)
{
	struct story *story = userdata;

	if (strcmp(kube_text(program, "status.phase"), "Failed") == 0)
		return keep(&story->failed, &story->n_failed, program);
	return keep(&story->fine, &story->n_fine, program);
}

/* --- failures --- */

static void tell_failure(const json_t *program)
{
	const json_t *error = kube_get(program, "status.error");
	const char *message = kube_text(error, "message"), *reason = kube_text(error, "reason");

	if (!*message)
		message = kube_text(program, "status.message");
	print(stdout, "  %s on %s: %s\n", kube_text(program, "spec.config"),
	      kube_text(program, "spec.node"), *reason ? reason : "Failed");
	print_indented("    ", message);
	if (*kube_text(error, "hint"))
		print(stdout, "    hint: %s\n", kube_text(error, "hint"));
	if (*kube_text(error, "verifier"))
		print(stdout, "    the kernel's verifier said:\n");
	print_indented("      | ", kube_text(error, "verifier"));
}

static void tell_rest(size_t n, const char *what)
{
	if (n > STORY_PROGRAMS)
		print(stdout, "  … and %zu more: kubectl bpf get programs%s\n", n - STORY_PROGRAMS,
		      what);
}

/* --- what runs --- */

static void cell_number(struct table *t, const char *title, const json_t *object, const char *key)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", kube_number(object, key));
	table_cell(t, title, text, true);
}

/* The first cell of a row: indented, as what belongs to the title above. */
static void cell_first(struct table *t, const char *title, const char *value)
{
	char text[512];

	snprintf(text, sizeof(text), "  %s", *value ? value : "-");
	table_cell(t, title, text, false);
}

static void row_program(struct table *t, const json_t *node, const json_t *program)
{
	table_row(t);
	cell_first(t, "  NODE", kube_text(node, "spec.node"));
	table_cell(t, "PROGRAM", kube_text(program, "name"), false);
	cell_number(t, "ID", program, "id");
	table_cell(t, "TYPE", kube_text(program, "type"), false);
	table_cell(t, "TAG", kube_text(program, "tag"), false);
}

static void row_link(struct table *t, const json_t *node, const json_t *link)
{
	table_row(t);
	cell_first(t, "  NODE", kube_text(node, "spec.node"));
	table_cell(t, "HOOK", kube_text(link, "hook"), false);
	cell_number(t, "LINK", link, "id");
	cell_number(t, "PRIORITY", link, "priority");
	table_cell(t, "STATE", kube_text(link, "state"), false);
	table_cell(t, "MODE", kube_text(link, "mode"), false);
}

static void row_map(struct table *t, const json_t *node, const json_t *map)
{
	table_row(t);
	cell_first(t, "  NODE", kube_text(node, "spec.node"));
	table_cell(t, "MAP", kube_text(map, "name"), false);
	cell_number(t, "ID", map, "id");
	table_cell(t, "TYPE", kube_text(map, "type"), false);
	table_cell(t, "PATH", kube_text(map, "path"), false);
}

/* Rows of the members @key of each program, or of the programs. */
static void add_rows(struct table *t, const json_t *objects, const char *key,
		     void (*row)(struct table *t, const json_t *node, const json_t *part))
{
	json_t *object, *program, *part;
	size_t i, k, m;

	json_array_foreach(objects, i, object)
	{
		json_array_foreach(kube_get(object, "status.programs"), k, program)
		{
			if (!key)
				row(t, object, program);
			json_array_foreach(key ? json_object_get(program, key) : NULL, m, part)
				row(t, object, part);
		}
	}
}

static bool has_rows(const json_t *objects, const char *key)
{
	json_t *object, *program;
	size_t i, k;

	json_array_foreach(objects, i, object)
	{
		json_array_foreach(kube_get(object, "status.programs"), k, program)
		{
			if (!key || json_array_size(json_object_get(program, key)))
				return true;
		}
	}
	return false;
}

static void free_table(struct table **table)
{
	table_free(*table);
}

static int tell_table(const char *title, const struct story *story, const char *key,
		      void (*row)(struct table *t, const json_t *node, const json_t *part))
{
	_cleanup_(free_table) struct table *t = table_new(stdout);

	if (!t)
		return -ENOMEM;
	if (!has_rows(story->failed, key) && !has_rows(story->fine, key))
		return 0;
	print(stdout, "%s:\n", title);
	add_rows(t, story->failed, key, row);
	add_rows(t, story->fine, key, row);
	return table_print(t);
}

int story_tell(const struct story *story)
{
	json_t *program;
	size_t i;
	int r;

	if (story->n_failed)
		print(stdout, "Failures:\n");
	json_array_foreach(story->failed, i, program) tell_failure(program);
	tell_rest(story->n_failed, "");
	r = tell_table("Programs", story, NULL, row_program);
	if (r == 0)
		r = tell_table("Links", story, "links", row_link);
	if (r == 0)
		r = tell_table("Maps", story, "maps", row_map);
	tell_rest(story->n_fine, " -o wide");
	return r;
}

/* --- parts of one object --- */

void story_conditions(const json_t *object)
{
	const json_t *conditions = kube_get(object, "status.conditions");
	json_t *c;
	size_t i;

	if (json_array_size(conditions))
		print(stdout, "Conditions:\n");
	json_array_foreach(conditions, i, c)
	{
		char age[PRINT_AGE_SIZE];

		print_age(kube_text(c, "lastTransitionTime"), age);
		print(stdout, "  %s=%s (%s, %s): %s\n", kube_text(c, "type"),
		      kube_text(c, "status"), kube_text(c, "reason"), age, kube_text(c, "message"));
	}
}

int story_hooks(const json_t *node)
{
	_cleanup_(free_table) struct table *t = table_new(stdout);
	const json_t *hooks = kube_get(node, "status.hooks");
	json_t *hook;
	size_t i;

	if (!t)
		return -ENOMEM;
	if (json_array_size(hooks))
		print(stdout, "Hooks:\n");
	json_array_foreach(hooks, i, hook)
	{
		table_row(t);
		cell_first(t, "  HOOK", kube_text(hook, "hook"));
		cell_number(t, "POSITION", hook, "position");
		table_cell(t, "PROGRAM", kube_text(hook, "program"), false);
		cell_number(t, "ID", hook, "programId");
		table_cell(t, "BY", kube_flag(hook, "foreign") ? "others" : "bpfd", false);
	}
	return table_print(t);
}

/* --- events --- */

struct events {
	const char *kind;
	const char *name;
	const char *uid;
	json_t *list;
};

static const char *time_of(const json_t *event)
{
	const char *last = kube_text(event, "series.lastObservedTime");

	return *last ? last : kube_text(event, "eventTime");
}

static int collect_event(void *userdata, json_t *event)
{
	struct events *events = userdata;
	const char *uid = kube_text(event, "involvedObject.uid");

	if (strcmp(kube_text(event, "involvedObject.kind"), events->kind) != 0 ||
	    strcmp(kube_text(event, "involvedObject.name"), events->name) != 0 ||
	    (*uid && strcmp(uid, events->uid) != 0))
		return 0;
	return json_array_append(events->list, event) < 0 ? -ENOMEM : 0;
}

/* Take the latest out of @list; NULL when it is empty. */
static json_t *take_latest(json_t *list)
{
	size_t best = 0, i;
	json_t *event, *found;

	json_array_foreach(
		list, i, event) if (strcmp(time_of(event), time_of(json_array_get(list, best))) > 0)
		best = i;
	found = json_incref(json_array_get(list, best));
	json_array_remove(list, best);
	return found;
}

static void tell_event(const json_t *event)
{
	long long count = kube_number(event, "series.count");
	char age[PRINT_AGE_SIZE], times[32] = "";

	print_age(time_of(event), age);
	if (count > 1)
		snprintf(times, sizeof(times), ", %lld times", count);
	print(stdout, "  %s %s %s ago%s (%s): %s\n", kube_text(event, "type"),
	      kube_text(event, "reason"), age, times, kube_text(event, "reportingComponent"),
	      kube_text(event, "message"));
}

int story_events(struct kubectl *k, const char *kind, const json_t *object)
{
	/* What is written by events.k8s.io is read here too, and this way the role "view" may. */
	static const char path[] =
		"/api/v1/namespaces/default/events?fieldSelector=involvedObject.kind%3D";
	_json_ json_t *list = json_array();
	struct events events = {kind, kube_name(object), kube_uid(object), list};
	_text_ struct text query = {0};
	int r;

	text_add(&query, "%s%s,involvedObject.name%%3D", path, kind);
	cluster_encode(&query, events.name);
	r = cluster_each(k, query.data, collect_event, &events);
	if (r == -EACCES || r == -ENOENT) {
		print(stdout, "Events: cannot be read: %s\n", k->why.text);
		reason_done(&k->why);
		return 0;
	}
	if (r == 0)
		print(stdout, json_array_size(list) ? "Events:\n" : "Events:        none\n");
	for (int i = 0; r == 0 && i < STORY_EVENTS; i++) {
		_json_ json_t *event = take_latest(list);

		if (!event)
			break;
		tell_event(event);
	}
	return r;
}
