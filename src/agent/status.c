/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the words of statuses, and the kinds of trouble by which the operator groups nodes. */
#include "agent/status.h"

#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "kube/json.h"

#define MESSAGE_MAX  1024
#define VERIFIER_MAX 4096

/* --- errors --- */

static const struct {
	int code;
	const char *reason;
} reasons[] = {
	{-ENOENT, "NotFound"},
	{-ENODEV, "NoSuchDevice"},
	{-EACCES, "Denied"},
	{-EPERM, "Denied"},
	{-EKEYREJECTED, "Untrusted"},
	{-EINVAL, "Invalid"},
	{-EBUSY, "Conflict"},
	{-EEXIST, "Conflict"},
	{-EFBIG, "TooLarge"},
	{-E2BIG, "TooLarge"},
	{-EMSGSIZE, "TooLarge"},
	{-ENOSPC, "NoSpace"},
	{-EOPNOTSUPP, "Unsupported"},
	{-ENOTSUP, "Unsupported"},
	{-EHOSTUNREACH, "Unreachable"},
	{-ECONNREFUSED, "Unreachable"},
	{-ETIMEDOUT, "Timeout"},
	{-EPIPE, "DaemonAway"},
	{-EBADMSG, "Broken"},
	{-ENOEXEC, "Broken"},
};

static const char *reason_word(const struct reason *why)
{
	if (why->detail)
		return "VerifierRejected";
	for (size_t i = 0; i < array_size(reasons); i++)
		if (reasons[i].code == why->code)
			return reasons[i].reason;
	return "Failed";
}

/* The last @max bytes, from the beginning of a line: what the verifier ends with is what counts. */
static const char *tail(const char *text, size_t max)
{
	size_t n = strlen(text);
	const char *line;

	if (n <= max)
		return text;
	line = strchr(text + n - max, '\n');
	return line ? line + 1 : "";
}

json_t *status_error_text(const char *reason, const char *message, const char *hint)
{
	json_t *error = json_object();

	kube_set_text(error, "reason", reason);
	kube_set_text(error, "message", message);
	kube_set_text(error, "hint", hint);
	return error;
}

json_t *status_error(const struct reason *why)
{
	json_t *error = status_error_text(reason_word(why), why->text, why->hint);

	if (why->detail)
		kube_set_text(error, "verifier", tail(why->detail, VERIFIER_MAX));
	return error;
}

/* --- BpfProgram --- */

static const char *first_missing(const json_t *programs)
{
	size_t i, k;
	json_t *program, *link;

	json_array_foreach(programs, i, program)
	{
		json_array_foreach(json_object_get(program, "links"), k, link)
		{
			if (strcmp(kube_text(link, "state"), "Attached") != 0)
				return kube_text(link, "hook");
		}
	}
	return NULL;
}

static void describe(const struct status_config *from, const char *missing, struct text *ret)
{
	size_t i, links = 0;
	json_t *program, *warning;

	if (from->error) {
		text_add(ret, "%s", kube_text(from->error, "message"));
		return;
	}
	if (missing) {
		text_add(ret, "%s is not attached any more", missing);
		return;
	}
	if (from->is_pending) {
		text_add(ret, "in progress");
		return;
	}
	json_array_foreach(from->programs, i, program) links +=
		json_array_size(json_object_get(program, "links"));
	text_add(ret, "%zu program%s, %zu link%s", json_array_size(from->programs),
		 json_array_size(from->programs) == 1 ? "" : "s", links, links == 1 ? "" : "s");
	json_array_foreach(from->warnings, i, warning)
		text_add(ret, "; %s", json_string_value(warning));
}

static void add_what_runs(json_t *status, const json_t *programs)
{
	kube_set_text(status, "digest", kube_text(json_array_get(programs, 0), "digest"));
	json_object_set_new(status, "programs", programs ? json_deep_copy(programs) : json_array());
}

json_t *status_of_config(const struct status_config *from)
{
	const char *missing = first_missing(from->programs);
	bool is_fine = !from->error && !missing && !from->is_pending;
	const char *phase = is_fine ? "Loaded" : from->error || missing ? "Failed" : "Pending";
	const char *reason = from->error ? kube_text(from->error, "reason")
			     : missing	 ? "Missing"
					 : phase;
	_text_ struct text message = {0};
	json_t *status;

	describe(from, missing, &message);
	if (message.len > MESSAGE_MAX)
		message.data[MESSAGE_MAX] = '\0';
	status = json_pack("{s:I, s:s, s:s, s:[o]}", "observedGeneration",
			   (json_int_t)from->generation, "revision", from->revision, "phase", phase,
			   "conditions", kube_condition("Loaded", is_fine, reason, message.data));
	kube_set_text(status, "message", message.data);
	add_what_runs(status, from->programs);
	if (from->error)
		json_object_set(status, "error", (json_t *)(uintptr_t)from->error);
	if (json_array_size(from->warnings))
		json_object_set(status, "warnings", (json_t *)(uintptr_t)from->warnings);
	return status;
}

json_t *status_program_head(const char *object, const char *name, const char *uid, const char *node)
{
	char config_label[KUBE_LABEL_SIZE], node_label[KUBE_LABEL_SIZE];

	kube_label_value(name, config_label);
	kube_label_value(node, node_label);
	return json_pack(
		"{s:s, s:s, s:{s:s, s:{s:s, s:s}, s:[{s:s, s:s, s:s, s:s, s:b}]}, s:{s:s, s:s}}",
		"apiVersion", STATUS_API_VERSION, "kind", "BpfProgram", "metadata", "name", object,
		"labels", "bpfd.io/config", config_label, "bpfd.io/node", node_label,
		"ownerReferences", "apiVersion", STATUS_API_VERSION, "kind", "BpfProgramConfig",
		"name", name, "uid", uid, "controller", 1, "spec", "config", name, "node", node);
}

/* --- BpfNode --- */

json_t *status_node_head(const json_t *node)
{
	return json_pack("{s:s, s:s, s:{s:s, s:[{s:s, s:s, s:s, s:s}]}, s:{s:s}}", "apiVersion",
			 STATUS_API_VERSION, "kind", "BpfNode", "metadata", "name", kube_name(node),
			 "ownerReferences", "apiVersion", "v1", "kind", "Node", "name",
			 kube_name(node), "uid", kube_uid(node), "spec", "node", kube_name(node));
}

static json_t *health_condition(const json_t *seen, const struct reason *why)
{
	const json_t *warnings = json_object_get(seen, "warnings");

	if (!seen)
		return kube_condition("Ready", false, "DaemonAway", why->text);
	if (json_array_size(warnings))
		return kube_condition("Ready", true, "Degraded",
				      json_string_value(json_array_get(warnings, 0)));
	return kube_condition("Ready", true, "Ready", "bpfd answers");
}

json_t *status_of_node(const json_t *node, const json_t *seen, const struct reason *why)
{
	static const struct {
		const char *to;
		const char *from;
	} facts[] = {{"kernel", "status.nodeInfo.kernelVersion"},
		     {"architecture", "status.nodeInfo.architecture"},
		     {"distribution", "status.nodeInfo.osImage"}};
	json_t *condition = health_condition(seen, why);
	json_t *status =
		json_pack("{s:s, s:[O]}", "agentVersion", BPFD_VERSION, "conditions", condition);

	for (size_t i = 0; i < array_size(facts); i++)
		kube_set_text(status, facts[i].to, kube_text(node, facts[i].from));
	kube_set_text(status, "health", kube_text(condition, "reason"));
	json_decref(condition);
	if (!seen)
		return status;
	kube_set_text(status, "kernel", kube_text(seen, "kernel"));
	kube_set_text(status, "daemonVersion", kube_text(seen, "version"));
	json_object_set(status, "features", json_object_get(seen, "features"));
	json_object_set(status, "warnings", json_object_get(seen, "warnings"));
	json_object_set(status, "hooks", json_object_get(seen, "hooks"));
	return status;
}
