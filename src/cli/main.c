/* SPDX-License-Identifier: Apache-2.0 */
/* bpfctl: reads the command line, runs one verb, says what went wrong. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/verb.h"

static const struct {
	int error;
	int code;
} exit_codes[] = {
	{ECONNREFUSED, EXIT_NO_DAEMON}, {EPIPE, EXIT_NO_DAEMON},	{ETIMEDOUT, EXIT_NO_DAEMON},
	{ENOENT, EXIT_NOT_FOUND},	{ENODEV, EXIT_NOT_FOUND},	{ESRCH, EXIT_NOT_FOUND},
	{EACCES, EXIT_DENIED},		{EPERM, EXIT_DENIED},		{EBUSY, EXIT_CONFLICT},
	{EEXIST, EXIT_CONFLICT},	{EOPNOTSUPP, EXIT_UNSUPPORTED}, {ENOSYS, EXIT_UNSUPPORTED},
};

static int exit_code(const struct cli *cli, int r)
{
	if (cli->is_usage)
		return EXIT_USAGE;
	for (size_t i = 0; i < array_size(exit_codes); i++)
		if (exit_codes[i].error == -r)
			return exit_codes[i].code;
	return EXIT_FAILED;
}

static size_t count_lines(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* Our own error, else the connection's. */
static void print_error(const struct cli *cli, int r)
{
	const char *text = cli->why.text, *hint = cli->why.hint, *detail = "";

	if (!*text) {
		text = bpfd_error_text(cli->conn);
		hint = bpfd_error_hint(cli->conn);
		detail = bpfd_error_detail(cli->conn);
	}
	fflush(stdout);
	if (*detail && cli->is_verbose)
		fprintf(stderr, "%s%s", detail, detail[strlen(detail) - 1] == '\n' ? "" : "\n");
	fprintf(stderr, "error: %s\n", *text ? text : strerror(-r));
	if (*hint)
		fprintf(stderr, "hint: %s\n", hint);
	if (*detail && !cli->is_verbose)
		fprintf(stderr, "hint: --verbose shows the whole log (%zu lines)\n",
			count_lines(detail));
}

/* The verb's own options and arguments, then run it. */
static int run_verb(struct cli *cli, const struct verb *verb, struct command_line *line)
{
	_free_ void *values = calloc(1, verb->options_size + 1);
	const struct options own = {verb->options, values};
	const struct options sets[] = {{verb_global_options, cli}, own, {0}};
	struct call call = {.options = values, .args = line->args};
	struct bpfd_open_opts open_opts = {.size = sizeof(open_opts)};
	int r = 0;

	if (!values)
		return -ENOMEM;
	line->stops = false;
	while (verb->is_raw && line->at < line->end)
		line->args[line->n_args++] = line->argv[line->at++];
	r = options_read(line, sets, &cli->why);
	if (r < 0)
		cli->is_usage = true;
	call.n = line->n_args;
	open_opts.socket = cli->socket;
	if (r == 0 && cli->wants_help)
		verb_print_help(verb, stdout);
	else if (r == 0 && call.n < verb->min_args)
		r = verb_usage(cli, "%s needs %s", verb->name, verb->args);
	else if (r == 0 && call.n > verb->max_args)
		r = verb_usage(cli, "%s does not take \"%s\"", verb->name,
			       call.args[verb->max_args]);
	else if (r == 0)
		r = bpfd_open(&open_opts, &cli->conn) < 0 ? -ENOMEM : verb->run(cli, &call);
	if (cli->is_usage)
		reason_hint(&cli->why, "see \"bpfctl help %s\"", verb->name);
	options_done(&own);
	return r;
}

static int run(struct cli *cli, struct command_line *line)
{
	const struct options sets[] = {{verb_global_options, cli}, {0}};
	const char *const *words;
	const struct verb *verb;
	size_t n_words = 0;
	int r;

	line->stops = true;
	r = options_read(line, sets, &cli->why);
	words = (const char *const *)(line->argv + line->at);
	if (r < 0) {
		cli->is_usage = true;
		return r;
	}
	if (cli->wants_version) {
		printf("bpfctl %s\n", bpfd_version_library());
		return 0;
	}
	if (line->at == line->end) {
		verb_print_overview(cli->wants_help ? stdout : stderr);
		return cli->wants_help ? 0 : verb_usage(cli, "no verb");
	}
	verb = verb_find(words, line->end - line->at, &n_words);
	if (!verb) {
		const char *nearest = verb_nearest(words[0]);

		reason_hint(&cli->why, nearest ? "did you mean \"bpfctl %s\"?" : "see bpfctl %s",
			    nearest ? nearest : "help");
		return verb_usage(cli, "unknown verb \"%s\"", words[0]);
	}
	line->at += n_words;
	return run_verb(cli, verb, line);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	struct command_line line = {.argv = argv, .at = 1, .end = argc > 0 ? (size_t)argc : 1};
	_free_ const char **args = calloc(line.end + 1, sizeof(*args));
	int r = args ? 0 : -ENOMEM;
	int code = EXIT_OK;

	line.args = args;
	if (r == 0)
		r = run(&cli, &line);
	if (fflush(stdout) != 0 && r >= 0)
		r = fail(&cli.why, -errno, "standard output: %s", strerror(errno));
	if (r < 0) {
		print_error(&cli, r);
		code = exit_code(&cli, r);
	}
	bpfd_close(cli.conn);
	reason_done(&cli.why);
	return code;
}
