/* SPDX-License-Identifier: Apache-2.0 */
/* Owns completion: what kubectl 1.26 and later asks by kubectl_complete-bpf. */
#include <string.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/cluster.h"
#include "kubectl/noun.h"
#include "kubectl/print.h"
#include "kubectl/verb.h"

/* Of cobra: offer these words and no files; offer files. */
#define NO_FILES ":4\n"
#define FILES	 ":0\n"

static bool begins(const char *word, const char *with)
{
	return strncmp(word, with, strlen(with)) == 0;
}

static void offer(const char *word, const char *help, const char *typed)
{
	if (begins(word, typed))
		print(stdout, "%s%s%s\n", word, help ? "\t" : "", help ? help : "");
}

static void offer_options(const struct option *o, const char *typed)
{
	for (; o && o->name; o++) {
		char word[64];

		snprintf(word, sizeof(word), "--%s", o->name);
		offer(word, o->help, typed);
	}
}

/* First words, or the second ones behind @first. */
static void offer_verbs(const char *first, const char *typed)
{
	size_t len = first ? strlen(first) : 0;
	const struct verb *v;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		bool is_behind = len && begins(v->name, first) && v->name[len] == ' ';

		if (v->is_hidden)
			continue;
		if (is_behind)
			offer(v->name + len + 1, v->help, typed);
		else if (!len && !strchr(v->name, ' '))
			offer(v->name, v->help, typed);
	}
	if (!len)
		offer("rollout", "status, history, undo, pause and resume", typed);
}

static void offer_nouns(const char *typed)
{
	const struct noun *noun;

	for (size_t i = 0; (noun = noun_at(i)); i++)
		offer(noun->name, NULL, typed);
}

static int offer_name(void *userdata, json_t *object)
{
	offer(kube_name(object), NULL, userdata);
	return 0;
}

static void offer_names(struct kubectl *k, const struct noun *noun, const char *typed)
{
	_text_ struct text path = {0};

	text_add(&path, CLUSTER_API "%s", noun->collection);
	/* Without an answer there is nothing to offer, and no place to say why. */
	cluster_each(k, path.data, offer_name, (void *)(uintptr_t)typed);
	reason_done(&k->why);
}

/* Words behind the verb. */
static void offer_args(struct kubectl *k, const struct verb *v, const struct call *rest)
{
	const char *typed = rest->args[rest->n - 1];
	bool has_nouns = v == &verb_get || v == &verb_describe;
	const struct noun *noun = NULL;

	if (begins(typed, "-")) {
		offer_options(v->options, typed);
		offer_options(verb_global_options, typed);
		return;
	}
	if (has_nouns && rest->n > 1)
		noun = noun_find(rest->args[0], strlen(rest->args[0]));
	else if (has_nouns)
		offer_nouns(typed);
	else if (v != &verb_diff)
		noun = v == &verb_nodes ? noun_find("node", 4) : noun_at(0);
	if (noun)
		offer_names(k, noun, typed);
}

static int run_complete(struct kubectl *k, const struct call *call)
{
	const char *typed = call->n ? call->args[call->n - 1] : "";
	size_t n_words = 0;
	const struct verb *v = call->n > 1 ? verb_find(call->args, call->n - 1, &n_words) : NULL;

	if (v)
		offer_args(k, v,
			   &(struct call){.args = call->args + n_words, .n = call->n - n_words});
	else if (call->n <= 2)
		offer_verbs(call->n == 2 ? call->args[0] : NULL, typed);
	print(stdout, v == &verb_diff ? FILES : NO_FILES);
	return STATUS_OK;
}

const struct verb verb_complete = {
	.name = "__complete",
	.args = "WORD...",
	.max_args = VERB_ANY,
	.is_raw = true,
	.is_hidden = true,
	.help = "offer words",
	.run = run_complete,
};
