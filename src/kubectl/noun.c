/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the kinds of objects and the columns of each. */
#include "kubectl/noun.h"

#include <string.h>

#include "cli/output/output.h"
#include "kube/json.h"
#include "kubectl/print.h"

static void show_number(struct output *out, const char *title, const json_t *object,
			const char *path)
{
	long long n = kube_number(object, path);

	output_number(out, NULL, title, n > 0 ? (uint64_t)n : 0);
}

static void show_text(struct output *out, const char *title, const json_t *object, const char *path)
{
	output_text(out, NULL, title, kube_text(object, path));
}

static void show_age(struct output *out, const json_t *object)
{
	output_time(out, NULL, "+AGE",
		    print_parse_time(kube_text(object, "metadata.creationTimestamp")));
}

static void show_config(struct output *out, const json_t *object)
{
	show_text(out, "NAME", object, "metadata.name");
	show_number(out, "DESIRED", object, "status.desired");
	show_number(out, "LOADED", object, "status.loaded");
	show_number(out, "FAILED", object, "status.failed");
	show_number(out, "NOTSELECTED", object, "status.notselected");
	show_text(out, "ROLLOUT", object, "status.rollout.phase");
	show_text(out, "+REVISION", object, "status.revision");
	show_age(out, object);
	show_text(out, "SUMMARY", object, "status.summary");
}

static void show_program(struct output *out, const json_t *object)
{
	const json_t *programs = kube_get(object, "status.programs");
	json_t *program;
	size_t i;

	show_text(out, "NAME", object, "metadata.name");
	show_text(out, "CONFIG", object, "spec.config");
	show_text(out, "NODE", object, "spec.node");
	show_text(out, "PHASE", object, "status.phase");
	output_words(out, NULL, "+IDS");
	json_array_foreach(programs, i, program)
	{
		long long id = kube_number(program, "id");

		output_word_number(out, id > 0 ? (uint64_t)id : 0);
	}
	output_words_end(out);
	show_text(out, "+REVISION", object, "status.revision");
	show_age(out, object);
	show_text(out, "MESSAGE", object, "status.message");
}

/* How many different programs are at the hooks; ids are small sets of a node. */
static size_t count_programs(const json_t *hooks)
{
	size_t n = 0, i, k;
	json_t *hook;

	json_array_foreach(hooks, i, hook)
	{
		for (k = 0; k < i; k++)
			if (kube_number(json_array_get(hooks, k), "programId") ==
			    kube_number(hook, "programId"))
				break;
		n += k == i;
	}
	return n;
}

static void show_node(struct output *out, const json_t *object)
{
	const json_t *hooks = kube_get(object, "status.hooks");
	size_t i, n_foreign = 0;
	json_t *hook;

	json_array_foreach(hooks, i, hook) n_foreign += kube_flag(hook, "foreign");
	show_text(out, "NAME", object, "metadata.name");
	show_text(out, "KERNEL", object, "status.kernel");
	show_text(out, "ARCH", object, "status.architecture");
	show_text(out, "DISTRIBUTION", object, "status.distribution");
	show_text(out, "BPFD", object, "status.daemonVersion");
	show_text(out, "+AGENT", object, "status.agentVersion");
	show_text(out, "HEALTH", object, "status.health");
	output_number(out, NULL, "PROGRAMS", count_programs(hooks));
	output_number(out, NULL, "HOOKS", json_array_size(hooks));
	output_number(out, NULL, "FOREIGN", n_foreign);
}

static const struct noun nouns[] = {
	{"configs",
	 (const char *const[]){"config", "cfg", "c", "bpc", "bpfprogramconfig", "bpfprogramconfigs",
			       "bpfprogramconfig.bpfd.io", "bpfprogramconfigs.bpfd.io", NULL},
	 "bpfprogramconfigs", show_config, noun_describe_config},
	{"programs",
	 (const char *const[]){"program", "prog", "p", "bpp", "bpfprogram", "bpfprograms",
			       "bpfprogram.bpfd.io", "bpfprograms.bpfd.io", NULL},
	 "bpfprograms", show_program, noun_describe_program},
	{"nodes",
	 (const char *const[]){"node", "no", "n", "bpn", "bpfnode", "bpfnodes", "bpfnode.bpfd.io",
			       "bpfnodes.bpfd.io", NULL},
	 "bpfnodes", show_node, noun_describe_node},
};

static bool is_word(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && memcmp(name, word, len) == 0;
}

const struct noun *noun_find(const char *word, size_t len)
{
	for (size_t i = 0; i < array_size(nouns); i++) {
		if (is_word(nouns[i].name, word, len))
			return &nouns[i];
		for (const char *const *alias = nouns[i].aliases; *alias; alias++)
			if (is_word(*alias, word, len))
				return &nouns[i];
	}
	return NULL;
}

const struct noun *noun_at(size_t i)
{
	return i < array_size(nouns) ? &nouns[i] : NULL;
}

const char *noun_strip(const char *word)
{
	const char *slash = strchr(word, '/');

	return slash && noun_find(word, (size_t)(slash - word)) ? slash + 1 : word;
}
