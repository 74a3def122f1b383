/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "rollout history", "undo", "pause" and "resume". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/output/table.h"
#include "kube/client.h"
#include "kube/json.h"
#include "kube/revision.h"
#include "kubectl/cluster.h"
#include "kubectl/noun.h"
#include "kubectl/print.h"
#include "kubectl/verb.h"

#define RESUMED "bpfd.io/resumed"

/* --- revisions --- */

/* @only: with its label a ControllerRevision may be of another config of the same beginning. */
struct revisions {
	const json_t *config;
	json_t *list;
};

static int collect(void *userdata, json_t *revision)
{
	struct revisions *all = userdata;
	const json_t *owner = json_array_get(kube_get(revision, "metadata.ownerReferences"), 0);
	const char *uid = kube_text(owner, "uid");

	if (*uid && strcmp(uid, kube_uid(all->config)) != 0)
		return 0;
	return json_array_append(all->list, revision) < 0 ? -ENOMEM : 0;
}

static int read_revisions(struct kubectl *k, const json_t *config, json_t **ret)
{
	_json_ json_t *list = json_array();
	struct revisions all = {config, list};
	_text_ struct text path = {0};
	int r;

	text_add(&path, "/apis/apps/v1/namespaces/");
	cluster_encode(&path, k->namespace);
	text_add(&path, "/controllerrevisions");
	cluster_select_config(&path, kube_name(config));
	r = cluster_each(k, path.data, collect, &all);
	if (r == 0)
		*ret = take_ptr(list);
	return r;
}

static void hash_of(const json_t *revision, char ret[static KUBE_HASH_SIZE])
{
	revision_hash(json_object_get(revision, "data"), ret);
}

static bool has_hash(const json_t *revision, const char *hash)
{
	char own[KUBE_HASH_SIZE];

	hash_of(revision, own);
	return strcmp(own, hash) == 0;
}

/* The latest before @limit (0: of all) that is not @skip; NULL: none. */
static json_t *latest(const json_t *list, long long limit, const char *skip)
{
	json_t *best = NULL, *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		long long number = kube_number(item, "revision");

		if ((limit && number >= limit) || (skip && has_hash(item, skip)))
			continue;
		if (!best || number > kube_number(best, "revision"))
			best = item;
	}
	return best;
}

/* By number, hash or name. */
static json_t *named(const json_t *list, const char *word)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		char number[24];

		snprintf(number, sizeof(number), "%lld", kube_number(item, "revision"));
		if (strcmp(word, number) == 0 || strcmp(word, kube_name(item)) == 0 ||
		    has_hash(item, word))
			return item;
	}
	return NULL;
}

static int fail_named(struct kubectl *k, const json_t *config, const char *word)
{
	reason_hint(&k->why, "see kubectl bpf rollout history %s", kube_name(config));
	return fail(&k->why, -ENOENT, "config %s has no revision \"%s\"", kube_name(config), word);
}

static int read_config(struct kubectl *k, const char *word, json_t **ret)
{
	_text_ struct text path = {0};

	cluster_path(&path, "bpfprogramconfigs", noun_strip(word));
	return cluster_get(k, path.data, ret);
}

/* --- history --- */

struct history_options {
	const char *revision;
};

static const char *bytecode_of(const json_t *spec)
{
	const json_t *bytecode = json_object_get(spec, "bytecode");
	const char *url = kube_text(bytecode, "image.url");

	if (json_is_string(bytecode))
		return json_string_value(bytecode);
	return *url ? url : kube_text(bytecode, "path");
}

static void row(struct table *t, const json_t *config, const json_t *revision)
{
	char hash[KUBE_HASH_SIZE], now[KUBE_HASH_SIZE], number[24], age[PRINT_AGE_SIZE];
	bool is_now, is_stable;

	hash_of(revision, hash);
	revision_hash(json_object_get(config, "spec"), now);
	is_now = strcmp(hash, now) == 0;
	is_stable = strcmp(hash, kube_text(config, "status.rollout.stableRevision")) == 0;
	snprintf(number, sizeof(number), "%lld", kube_number(revision, "revision"));
	print_age(kube_text(revision, "metadata.creationTimestamp"), age);
	table_row(t);
	table_cell(t, "REVISION", number, true);
	table_cell(t, "HASH", hash, false);
	table_cell(t, "AGE", age, false);
	table_cell(t, "USE",
		   is_now && is_stable ? "current,stable"
		   : is_now	       ? "current"
		   : is_stable	       ? "stable"
				       : "",
		   false);
	table_cell(t, "BYTECODE", bytecode_of(json_object_get(revision, "data")), false);
}

static int tell_history(const json_t *config, const json_t *list)
{
	struct table *t = table_new(stdout);
	long long limit = 0;
	json_t *revision;
	int r;

	if (!t)
		return -ENOMEM;
	if (json_array_size(list) == 0)
		print(stderr, "no revisions of %s: bpfd-operator makes them\n", kube_name(config));
	while ((revision = latest(list, limit, NULL))) {
		limit = kube_number(revision, "revision");
		row(t, config, revision);
		if (limit <= 0)
			break;
	}
	r = table_print(t);
	table_free(t);
	return r;
}

static int run_history(struct kubectl *k, const struct call *call)
{
	const struct history_options *o = call->options;
	_json_ json_t *config = NULL, *list = NULL;
	json_t *revision;
	int r = read_config(k, call->args[0], &config);

	if (r == 0)
		r = read_revisions(k, config, &list);
	if (r < 0)
		return r;
	if (!o->revision)
		return tell_history(config, list);
	revision = named(list, o->revision);
	if (!revision)
		return fail_named(k, config, o->revision);
	return print_object(json_object_get(revision, "data"), true);
}

static const struct option history_options[] = {
	{0, "revision", "REVISION", OPTION_TEXT, offsetof(struct history_options, revision),
	 "show the spec of this one, by number or hash"},
	{0},
};

const struct verb verb_history = {
	.name = "rollout history",
	.args = "CONFIG",
	.min_args = 1,
	.max_args = 1,
	.options = history_options,
	.options_size = sizeof(struct history_options),
	.help = "list the revisions of a config that are kept",
	.run = run_history,
};

/* --- undo --- */

struct undo_options {
	const char *revision;
};

struct undo {
	const char *wanted;
	char hash[KUBE_HASH_SIZE];
	long long number;
};

/* What was good last, when that is not what the spec says; else the one before. */
static json_t *choose(struct kubectl *k, const json_t *config, const json_t *list,
		      const char *wanted)
{
	const char *stable = kube_text(config, "status.rollout.stableRevision");
	char now[KUBE_HASH_SIZE];
	json_t *found;

	if (wanted && strcmp(wanted, "0") != 0) {
		found = named(list, wanted);
		if (!found)
			fail_named(k, config, wanted);
		return found;
	}
	revision_hash(json_object_get(config, "spec"), now);
	found = *stable && strcmp(stable, now) != 0 ? named(list, stable) : NULL;
	if (!found)
		found = latest(list, 0, now);
	if (!found)
		fail(&k->why, -ENOENT, "config %s has no earlier revision", kube_name(config));
	return found;
}

/* The earlier spec with today's rollout. */
static json_t *spec_of(const json_t *revision, const json_t *config)
{
	json_t *spec = json_copy(json_object_get(revision, "data"));
	json_t *rollout = kube_get(config, "spec.rollout");

	json_object_del(spec, "rollout");
	if (rollout)
		json_object_set(spec, "rollout", rollout);
	return spec;
}

static json_t *patch_spec(const json_t *config, json_t *spec)
{
	return json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:o}]", "op", "replace", "path",
			 "/metadata/resourceVersion", "value",
			 kube_text(config, "metadata.resourceVersion"), "op", "replace", "path",
			 "/spec", "value", spec);
}

static int undo(struct kubectl *k, const json_t *config, void *userdata, json_t **ret_patch)
{
	struct undo *u = userdata;
	_json_ json_t *list = NULL;
	const json_t *revision;
	json_t *spec;
	int r = read_revisions(k, config, &list);

	if (r < 0)
		return r;
	revision = choose(k, config, list, u->wanted);
	if (!revision)
		return -ENOENT;
	hash_of(revision, u->hash);
	u->number = kube_number(revision, "revision");
	spec = spec_of(revision, config);
	if (!spec)
		return -ENOMEM;
	if (json_equal(spec, json_object_get(config, "spec"))) {
		json_decref(spec);
		return 0;
	}
	*ret_patch = patch_spec(config, spec);
	return *ret_patch ? 0 : -ENOMEM;
}

/* Ask @change for a patch of the config that is named. */
static int change_config(struct kubectl *k, const char *name, struct cluster_change change)
{
	_text_ struct text path = {0};

	cluster_path(&path, "bpfprogramconfigs", name);
	change.path = path.data;
	return cluster_change(k, &change);
}

static int run_undo(struct kubectl *k, const struct call *call)
{
	const struct undo_options *o = call->options;
	const char *name = noun_strip(call->args[0]);
	struct undo u = {.wanted = o->revision};
	int r = change_config(
		k, name,
		(struct cluster_change){.type = KUBE_JSON_PATCH, .change = undo, .userdata = &u});

	if (r < 0)
		return r;
	print(stdout, "%s: %s revision %lld (%s)\n", name, r ? "back at" : "is already at",
	      u.number, u.hash);
	return STATUS_OK;
}

static const struct option undo_options[] = {
	{0, "to-revision", "REVISION", OPTION_TEXT, offsetof(struct undo_options, revision),
	 "by number, hash or name (default: the stable one, else the one before)"},
	{0},
};

const struct verb verb_undo = {
	.name = "rollout undo",
	.args = "CONFIG",
	.min_args = 1,
	.max_args = 1,
	.options = undo_options,
	.options_size = sizeof(struct undo_options),
	.help = "put the spec of an earlier revision back",
	.more = "spec.rollout stays as it is: the way back is a rollout like others.",
	.run = run_undo,
};

/* --- pause and resume --- */

static bool is_phase(const json_t *config, const char *phase)
{
	return strcmp(kube_text(config, "status.rollout.phase"), phase) == 0;
}

static json_t *patch_paused(const json_t *config, bool is_paused)
{
	return json_pack("{s:{s:s}, s:{s:{s:b}}}", "metadata", "resourceVersion",
			 kube_text(config, "metadata.resourceVersion"), "spec", "rollout", "paused",
			 is_paused);
}

static int pause_config(struct kubectl *k, const json_t *config, void *userdata, json_t **ret_patch)
{
	(void)userdata;
	if (kube_flag(config, "spec.rollout.paused"))
		return fail(&k->why, -EALREADY, "config %s is paused already", kube_name(config));
	*ret_patch = patch_paused(config, true);
	return *ret_patch ? 0 : -ENOMEM;
}

static int resume_config(struct kubectl *k, const json_t *config, void *userdata,
			 json_t **ret_patch)
{
	const char *revision = kube_text(config, "status.rollout.revision");

	(void)userdata;
	if (is_phase(config, "RolledBack")) {
		reason_hint(&k->why,
			    "change the spec, or make it what runs: kubectl bpf rollout undo %s",
			    kube_name(config));
		return fail(&k->why, -EINVAL,
			    "config %s was rolled back; there is nothing to go on with",
			    kube_name(config));
	}
	if (!kube_flag(config, "spec.rollout.paused") && !is_phase(config, "Paused"))
		return fail(&k->why, -EALREADY, "config %s is not paused", kube_name(config));
	*ret_patch = patch_paused(config, false);
	if (*ret_patch && *revision)
		json_object_set_new(json_object_get(*ret_patch, "metadata"), "annotations",
				    json_pack("{s:s}", RESUMED, revision));
	return *ret_patch ? 0 : -ENOMEM;
}

static int run_pause(struct kubectl *k, const struct call *call)
{
	const char *name = noun_strip(call->args[0]);
	int r = change_config(
		k, name, (struct cluster_change){.type = KUBE_MERGE_PATCH, .change = pause_config});

	if (r >= 0)
		print(stdout, "%s: paused; changes wait for kubectl bpf rollout resume %s\n", name,
		      name);
	return r < 0 ? r : STATUS_OK;
}

static int run_resume(struct kubectl *k, const struct call *call)
{
	const char *name = noun_strip(call->args[0]);
	int r = change_config(
		k, name,
		(struct cluster_change){.type = KUBE_MERGE_PATCH, .change = resume_config});

	if (r >= 0)
		print(stdout, "%s: resumed\n", name);
	return r < 0 ? r : STATUS_OK;
}

const struct verb verb_pause = {
	.name = "rollout pause",
	.args = "CONFIG",
	.min_args = 1,
	.max_args = 1,
	.help = "let no more nodes follow a change",
	.run = run_pause,
};

const struct verb verb_resume = {
	.name = "rollout resume",
	.args = "CONFIG",
	.min_args = 1,
	.max_args = 1,
	.help = "go on with a rollout that is paused, also by failures",
	.more = "Sets spec.rollout.paused to false, and the annotation bpfd.io/resumed to the revision, so that "
		"failures of\nthis revision pause it no more.",
	.run = run_resume,
};
