/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-copy: what "bpfctl image copy", "push", "save" and "load" execute, so that bpfctl
 * needs neither libcurl nor libarchive. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "copy/verbs.h"

static const char usage[] =
	"usage: bpfctl image copy [OPTIONS] FROM TO\n"
	"       bpfctl image push [OPTIONS] oci:DIRECTORY[:TAG] IMAGE\n"
	"       bpfctl image save -o FILE|oci:DIRECTORY[:TAG] IMAGE\n"
	"       bpfctl image load FILE|oci:DIRECTORY[:TAG] IMAGE\n"
	"\n"
	"copy and push: FROM and TO are local OCI layouts (oci:DIRECTORY[:TAG]) or images of\n"
	"registries (quay.io/you/counter:v1). All machines of an image are copied, and its signatures.\n"
	"save writes an image of the daemon's store into an OCI archive or a layout: what is there,\n"
	"this machine's. load puts one of a file or a layout into the store, under the name IMAGE.\n"
	"Prints name and digest.\n"
	"\n"
	"  -o, --output TARGET        save: where to\n"
	"  -s, --socket PATH          save, load: the daemon's\n" TOOL_USAGE;

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},
	TOOL_SOCKET,
	TOOL_OPTIONS,
};

/* The verbs, told by the end of argv[0]. @words: how many come behind the options. */
static const struct {
	const char *name;
	int words;
	int (*run)(struct copy_command *command, struct reason *why);
} verbs[] = {
	{"copy", 2, copy_copy},
	{"push", 2, copy_copy},
	{"save", 1, copy_save},
	{"load", 2, copy_load},
};

static size_t find_verb(const char *name)
{
	const char *space = strrchr(name, ' ');

	for (size_t i = 0; space && i < array_size(verbs); i++)
		if (strcmp(verbs[i].name, space + 1) == 0)
			return i;
	return 0;
}

/* 0; 1: help was asked for; -1: not a command line. */
static int parse(int argc, char **argv, int words, struct copy_command *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, "o:s:" TOOL_SHORT, options, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (c == 'o')
			ret->output = optarg;
		else if (tool_take(&ret->tool, c, optarg) < 0)
			return -1;
	}
	if (optind + words != argc || !tool_is_whole(&ret->tool) ||
	    (words == 1) != (ret->output != NULL))
		return -1;
	ret->from = argv[optind];
	ret->to = words > 1 ? argv[optind + 1] : NULL;
	return 0;
}

static int run(size_t verb, struct copy_command *c, struct reason *why)
{
	int r = tool_begin(&c->tool, why);

	if (r == 0)
		r = verbs[verb].run(c, why);
	tool_done(&c->tool);
	return r;
}

int main(int argc, char **argv)
{
	size_t verb = find_verb(argv[0]);
	struct copy_command command = {.from = NULL};
	_reason_ struct reason why = {0};
	int r = parse(argc, argv, verbs[verb].words, &command);

	if (r != 0) {
		fputs(usage, r < 0 ? stderr : stdout);
		return r < 0 ? TOOL_USAGE_EXIT : EXIT_SUCCESS;
	}
	r = run(verb, &command, &why);
	if (r == 0 && command.out.data)
		fputs(command.out.data, stdout);
	text_done(&command.out);
	if (r == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "error: %s\n", why.text);
	if (why.hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", why.hint);
	return EXIT_FAILURE;
}
