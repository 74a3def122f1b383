/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-inspect: what "bpfctl image inspect", "history" and "tree" execute, so that bpfctl
 * needs neither libbpf nor libcurl. Which of them, the end of its argv[0] says. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "cli/output/output.h"
#include "copy/tool.h"
#include "inspect/show.h"

static const char usage[] =
	"usage: bpfctl image inspect [OPTIONS] IMAGE\n"
	"       bpfctl image history [OPTIONS] IMAGE\n"
	"       bpfctl image tree [OPTIONS] IMAGE\n"
	"\n"
	"inspect shows what an image or a file holds before it runs: programs, maps and their memory,\n"
	"globals with their defaults, which are what load --global sets, licence, the kernel's types\n"
	"it depends on, labels and provenance. history shows how it was made, tree what lies below\n"
	"its name. IMAGE is an image of the daemon's store, else of a registry, of a layout\n"
	"(oci:DIRECTORY[:TAG]), or an object file. Nothing is loaded.\n"
	"\n"
	"  -o, --output FORMAT        table, wide, json, yaml or name\n"
	"  -s, --socket PATH          the daemon's\n" TOOL_USAGE;

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},
	TOOL_SOCKET,
	TOOL_OPTIONS,
};

/* @format: of what is one record when none is asked for. */
static const struct verb {
	const char *name;
	const char *format;
	int (*show)(struct subject *subject, const char *name, struct output *out,
		    struct reason *why);
} verbs[] = {
	{"inspect", "detail", show_inspect},
	{"history", "table", show_history},
	{"tree", "table", show_tree},
};

struct command {
	struct tool tool;
	const char *format;
	const char *name;
};

static const struct verb *find_verb(const char *name)
{
	const char *space = strrchr(name, ' ');

	for (size_t i = 0; space && i < array_size(verbs); i++)
		if (strcmp(verbs[i].name, space + 1) == 0)
			return &verbs[i];
	return &verbs[0];
}

/* 0; 1: help was asked for; -1: not a command line. */
static int parse(int argc, char **argv, struct command *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, "o:s:" TOOL_SHORT, options, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (c == 'o')
			ret->format = optarg;
		else if (tool_take(&ret->tool, c, optarg) < 0)
			return -1;
	}
	if (optind + 1 != argc || !tool_is_whole(&ret->tool))
		return -1;
	ret->name = argv[optind];
	return 0;
}

static int show(const struct verb *verb, const struct command *c, struct reason *why)
{
	const struct subject_ask ask = {c->tool.place, c->tool.socket, c->name};
	_subject_ struct subject subject = {.dir = -1};
	_output_ struct output *out = NULL;
	enum output_format format;
	int r = output_parse_format(c->format ? c->format : verb->format, &format);

	if (r < 0)
		return fail(why, r, "\"%s\" is none of table, wide, json, yaml, name", c->format);
	if (format == OUTPUT_TABLE && strcmp(verb->format, "detail") == 0)
		format = OUTPUT_DETAIL;
	out = output_new(format, stdout);
	if (!out)
		return fail(why, -ENOMEM, "out of memory");
	r = subject_open(&ask, &subject, why);
	if (r == 0)
		r = verb->show(&subject, c->name, out, why);
	return r < 0 ? r : output_finish(out);
}

static int run(const struct verb *verb, struct command *c, struct reason *why)
{
	int r = tool_begin(&c->tool, why);

	if (r == 0)
		r = show(verb, c, why);
	tool_done(&c->tool);
	return r;
}

int main(int argc, char **argv)
{
	const struct verb *verb = find_verb(argv[0]);
	struct command command = {.format = NULL};
	_reason_ struct reason why = {0};
	int r = parse(argc, argv, &command);

	if (r != 0) {
		fputs(usage, r < 0 ? stderr : stdout);
		return r < 0 ? TOOL_USAGE_EXIT : EXIT_SUCCESS;
	}
	if (run(verb, &command, &why) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "error: %s\n", why.text);
	if (why.hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", why.hint);
	return EXIT_FAILURE;
}
