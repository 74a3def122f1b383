/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of verbs and the help that is printed from it. */
#include "kubectl/verb.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define OPTION_WIDTH 28

static const struct verb *const verbs[] = {
	&verb_get,     &verb_nodes, &verb_describe, &verb_diff,	  &verb_status,
	&verb_history, &verb_undo,  &verb_pause,    &verb_resume, &verb_complete,
};

const struct option verb_global_options[] = {
	{0, "kubeconfig", "PATH", OPTION_TEXT, offsetof(struct kubectl, kubeconfig),
	 "how to reach the API server (default: $KUBECONFIG, else ~/.kube/config)"},
	{0, "context", "NAME", OPTION_TEXT, offsetof(struct kubectl, context),
	 "context of the kubeconfig (default: the current one)"},
	{'n', "namespace", "NAME", OPTION_TEXT, offsetof(struct kubectl, namespace),
	 "where bpfd is installed and keeps revisions (default: bpfd)"},
	{'h', "help", NULL, OPTION_FLAG, offsetof(struct kubectl, wants_help), "show help"},
	{0, "version", NULL, OPTION_FLAG, offsetof(struct kubectl, wants_version),
	 "show the version of kubectl-bpf"},
	{0},
};

const struct verb *verb_at(size_t i)
{
	return i < array_size(verbs) ? verbs[i] : NULL;
}

/* Does @name (one or two words) begin @words? Return: number of words, 0: no. */
static size_t match(const char *name, const char *const *words, size_t n)
{
	const char *blank = strchr(name, ' ');
	size_t len = blank ? (size_t)(blank - name) : strlen(name);

	if (n < 1 || strlen(words[0]) != len || memcmp(words[0], name, len) != 0)
		return 0;
	if (!blank)
		return 1;
	return n > 1 && strcmp(words[1], blank + 1) == 0 ? 2 : 0;
}

const struct verb *verb_find(const char *const *words, size_t n, size_t *ret_words)
{
	for (size_t i = 0; i < array_size(verbs); i++) {
		size_t n_words = match(verbs[i]->name, words, n);

		if (n_words == 0)
			continue;
		*ret_words = n_words;
		return verbs[i];
	}
	return NULL;
}

const char *verb_nearest(const char *word)
{
	const char *names[array_size(verbs) + 1] = {0};
	size_t len = strlen(word), n = 0;

	for (size_t i = 0; i < array_size(verbs); i++) {
		const char *name = verbs[i]->name;

		/* The first half of two words. */
		if (strncmp(name, word, len) == 0 && name[len] == ' ')
			return name;
		if (!verbs[i]->is_hidden)
			names[n++] = name;
	}
	return text_nearest(word, names);
}

int verb_usage(struct kubectl *k, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k->is_usage = true;
	return fail(&k->why, -EINVAL, "%s", text);
}

/* "  -f, --file FILE      help" */
static void print_option(const struct option *o, FILE *f)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
		 o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	if (strlen(left) > OPTION_WIDTH)
		fprintf(f, "  %s\n  %-*s %s\n", left, OPTION_WIDTH, "", o->help);
	else
		fprintf(f, "  %-*s %s\n", OPTION_WIDTH, left, o->help);
}

static void print_options(const char *title, const struct option *o, FILE *f)
{
	if (o && o->name)
		fprintf(f, "\n%s\n", title);
	for (; o && o->name; o++)
		print_option(o, f);
}

void verb_print_overview(FILE *f)
{
	fputs("kubectl bpf shows and steers the eBPF programs of a cluster that bpfd runs.\n\n"
	      "Usage: kubectl bpf VERB [ARGUMENTS] [OPTIONS]\n\nVerbs\n",
	      f);
	for (size_t i = 0; i < array_size(verbs); i++)
		if (!verbs[i]->is_hidden)
			fprintf(f, "  %-16s %s\n", verbs[i]->name, verbs[i]->help);
	print_options("Options of every verb", verb_global_options, f);
	fputs("\n\"kubectl bpf VERB --help\" tells more about one verb.\n", f);
}

void verb_print_help(const struct verb *verb, FILE *f)
{
	fprintf(f, "%s\n\nUsage: kubectl bpf %s%s%s [OPTIONS]\n", verb->help, verb->name,
		*verb->args ? " " : "", verb->args);
	print_options("Options", verb->options, f);
	print_options("Options of every verb", verb_global_options, f);
	if (verb->more)
		fprintf(f, "\n%s\n", verb->more);
}
