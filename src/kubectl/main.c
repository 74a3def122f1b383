/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl-bpf: reads the command line, runs one verb, says what went wrong. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kubectl/cluster.h"
#include "kubectl/print.h"
#include "kubectl/verb.h"

#define ERROR_STATUS(verb) ((verb) && (verb)->error_status ? (verb)->error_status : STATUS_FAILED)

static void print_error(const struct kubectl *k, int r)
{
	fflush(stdout);
	print(stderr, "error: %s\n", *k->why.text ? k->why.text : strerror(-r));
	if (*k->why.hint)
		print(stderr, "hint: %s\n", k->why.hint);
}

/* kubectl takes "--watch" as "--watch=true". */
static void complete_flags(struct command_line *line)
{
	static char full[] = "--watch=true";

	for (size_t i = line->at; i < line->end; i++)
		if (strcmp(line->argv[i], "--watch") == 0 || strcmp(line->argv[i], "-w") == 0)
			line->argv[i] = full;
}

static int read_words(struct kubectl *k, const struct verb *verb, struct command_line *line,
		      const struct options *sets)
{
	int r;

	if (!verb->is_raw)
		complete_flags(line);
	while (verb->is_raw && line->at < line->end)
		line->args[line->n_args++] = line->argv[line->at++];
	r = options_read(line, sets, &k->why);
	if (r < 0)
		k->is_usage = true;
	return r;
}

/* The verb's own options and arguments, then run it. */
static int run_verb(struct kubectl *k, const struct verb *verb, struct command_line *line)
{
	_free_ void *values = calloc(1, verb->options_size + 1);
	const struct options own = {verb->options, values};
	const struct options alone[] = {{verb_global_options, k}, {0}};
	const struct options both[] = {{verb_global_options, k}, own, {0}};
	struct call call = {.options = values, .args = line->args};
	int r;

	if (!values)
		return -ENOMEM;
	line->stops = false;
	r = read_words(k, verb, line, verb->options ? both : alone);
	call.n = line->n_args;
	if (r == 0 && k->wants_help)
		verb_print_help(verb, stdout);
	else if (r == 0 && k->wants_version)
		print(stdout, "kubectl-bpf %s\n", BPFD_VERSION);
	else if (r == 0 && call.n < verb->min_args)
		r = verb_usage(k, "%s needs %s", verb->name, verb->args);
	else if (r == 0 && call.n > verb->max_args)
		r = verb_usage(k, "%s does not take \"%s\"", verb->name, call.args[verb->max_args]);
	else if (r == 0)
		r = verb->run(k, &call);
	if (k->is_usage)
		reason_hint(&k->why, "see \"kubectl bpf %s --help\"", verb->name);
	if (verb->options)
		options_done(&own);
	return r;
}

static int fail_verb(struct kubectl *k, const char *word)
{
	const char *nearest = verb_nearest(word);

	reason_hint(&k->why, nearest ? "did you mean \"kubectl bpf %s\"?" : "see kubectl bpf %s",
		    nearest ? nearest : "--help");
	return verb_usage(k, "unknown verb \"%s\"", word);
}

static int run(struct kubectl *k, struct command_line *line, const struct verb **ret_verb)
{
	const struct options sets[] = {{verb_global_options, k}, {0}};
	const char *const *words;
	size_t n_words = 0;
	int r;

	line->stops = true;
	r = options_read(line, sets, &k->why);
	words = (const char *const *)(line->argv + line->at);
	if (r < 0) {
		k->is_usage = true;
		return r;
	}
	if (k->wants_version) {
		print(stdout, "kubectl-bpf %s\n", BPFD_VERSION);
		return STATUS_OK;
	}
	if (line->at == line->end) {
		verb_print_overview(k->wants_help ? stdout : stderr);
		return k->wants_help ? STATUS_OK : verb_usage(k, "no verb");
	}
	*ret_verb = verb_find(words, line->end - line->at, &n_words);
	if (!*ret_verb)
		return fail_verb(k, words[0]);
	line->at += n_words;
	return run_verb(k, *ret_verb, line);
}

int main(int argc, char **argv)
{
	struct kubectl k = {.namespace = "bpfd"};
	struct command_line line = {.argv = argv, .at = 1, .end = argc > 0 ? (size_t)argc : 1};
	_free_ const char **args = calloc(line.end + 1, sizeof(*args));
	const struct verb *verb = NULL;
	int r = args ? 0 : -ENOMEM;

	signal(SIGPIPE, SIG_IGN);
	line.args = args;
	if (r == 0)
		r = run(&k, &line, &verb);
	if (fflush(stdout) != 0 && r >= 0)
		r = fail(&k.why, -errno, "standard output: %s", strerror(errno));
	if (r < 0)
		print_error(&k, r);
	cluster_close(&k);
	reason_done(&k.why);
	return r >= 0 ? r : k.is_usage ? STATUS_USAGE : ERROR_STATUS(verb);
}
