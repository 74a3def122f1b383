/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "rollout status": waiting until a config is where it is to be. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "kube/client.h"
#include "kube/json.h"
#include "kube/loop.h"
#include "kube/watch.h"
#include "kubectl/cluster.h"
#include "kubectl/noun.h"
#include "kubectl/print.h"
#include "kubectl/text/progress.h"
#include "kubectl/verb.h"

#define TURN_MS 60000

struct status_options {
	const char *watch;
	const char *timeout;
};

/* @told: the last line. @is_over: nothing more to wait for. @r: exit status or error. */
struct wait {
	struct kubectl *k;
	const char *name;
	bool watches;
	char *told;
	bool is_over;
	int r;
};

static void end(struct wait *w, int r)
{
	w->is_over = true;
	w->r = r;
}

static void on_object(void *userdata, json_t *object)
{
	struct wait *w = userdata;
	_text_ struct text line = {0};
	enum progress p = progress_of(object, &line);

	if (w->is_over || line.r < 0)
		return;
	if (!w->told || strcmp(w->told, line.data) != 0)
		print(stdout, "%s: %s\n", w->name, line.data);
	fflush(stdout);
	text_set(&w->told, line.data);
	if (p == PROGRESS_COMPLETE)
		end(w, STATUS_OK);
	else if (p == PROGRESS_FAILED)
		end(w, STATUS_FAILED);
	else if (!w->watches)
		end(w, STATUS_OK);
}

static void on_gone(void *userdata, json_t *object)
{
	struct wait *w = userdata;

	(void)object;
	end(w, fail(&w->k->why, -ENOENT, "config %s was deleted", w->name));
}

static void on_outage(void *userdata, const char *text)
{
	(void)userdata;
	if (text)
		print(stderr, "warning: the API server: %s; trying again\n", text);
}

static void on_timeout(void *userdata)
{
	struct wait *w = userdata;

	reason_hint(&w->k->why, "what keeps it: kubectl bpf describe %s", w->name);
	end(w, fail(&w->k->why, -ETIMEDOUT, "config %s is not complete in time: %s", w->name,
		    w->told ? w->told : "no answer"));
}

static int wait_for(struct wait *w, unsigned int timeout_ms)
{
	struct kubectl *k = w->k;
	_text_ struct text query = {0};
	struct kube_timer timer = {.fn = on_timeout, .userdata = w};
	struct kube_watch *watch = NULL;
	int r;

	text_add(&query, "fieldSelector=metadata.name%%3D");
	cluster_encode(&query, w->name);
	if (query.r < 0)
		return query.r;
	r = kube_watch_new(k->client,
			   &(struct kube_watch_options){.path = CLUSTER_API "bpfprogramconfigs",
							.query = query.data,
							.on_object = on_object,
							.on_gone = on_gone,
							.on_outage = on_outage,
							.userdata = w},
			   &watch);
	if (r == 0 && timeout_ms)
		kube_timer_set(k->loop, &timer, timeout_ms);
	while (r == 0 && !w->is_over)
		r = kube_loop_turn(k->loop, TURN_MS);
	kube_timer_stop(k->loop, &timer);
	kube_watch_free(watch);
	return r < 0 ? r : w->r;
}

static int parse(struct kubectl *k, const struct status_options *o, struct wait *w,
		 unsigned int *ret_ms)
{
	const char *watch = o->watch ? o->watch : "true";

	w->watches = strcmp(watch, "true") == 0;
	if (!w->watches && strcmp(watch, "false") != 0)
		return verb_usage(k, "--watch=%s: true or false", watch);
	if (o->timeout && progress_parse_duration(o->timeout, ret_ms) < 0)
		return verb_usage(k, "--timeout %s: a duration as 90s, 5m or 1h30m; 0 is no limit",
				  o->timeout);
	return 0;
}

static int run_status(struct kubectl *k, const struct call *call)
{
	struct wait w = {.k = k, .name = noun_strip(call->args[0])};
	_text_ struct text path = {0};
	_json_ json_t *object = NULL;
	unsigned int timeout_ms = 0;
	int r = parse(k, call->options, &w, &timeout_ms);

	if (r < 0)
		return r;
	/* Before the watch, which tries again whatever the error: a name that is not there. */
	cluster_path(&path, "bpfprogramconfigs", w.name);
	r = cluster_get(k, path.data, &object);
	if (r == 0)
		on_object(&w, object);
	if (r == 0)
		r = w.is_over ? w.r : wait_for(&w, timeout_ms);
	free(w.told);
	return r;
}

static const struct option status_options[] = {
	{'w', "watch", "BOOL", OPTION_TEXT, offsetof(struct status_options, watch),
	 "wait until it is over (default: true)"},
	{0, "timeout", "DURATION", OPTION_TEXT, offsetof(struct status_options, timeout),
	 "wait no longer, as 60s or 5m; 0: no limit (default)"},
	{0},
};

const struct verb verb_status = {
	.name = "rollout status",
	.args = "CONFIG",
	.min_args = 1,
	.max_args = 1,
	.options = status_options,
	.options_size = sizeof(struct status_options),
	.help = "wait until every node runs the config",
	.more = "Exit status: 0 when all selected nodes have loaded it (without waiting: also while it goes "
		"on), 1 when it\nhas failed, is paused, was rolled back, or when the time is over.",
	.run = run_status,
};
