/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-build: what "bpfctl image build" and "image generate-build-args" execute, so that
 * bpfctl itself needs neither libarchive nor libbpf nor libcurl. Its argv[0] says which. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "build/command.h"

static const char usage[] =
	"usage: bpfctl image build [-t TARGET] [OPTIONS] OBJECT\n"
	"       bpfctl image build [-t TARGET] [OPTIONS] --arch ARCH=OBJECT...\n"
	"       bpfctl image generate-build-args OBJECT | --arch ARCH=OBJECT...\n"
	"\n"
	"Write an image with a BPF object for each machine. OBJECT may be a directory: clang compiles\n"
	"its *.bpf.c. generate-build-args prints what deploy/Containerfile.bytecode wants instead.\n"
	"\n"
	"  -t, --tag TARGET           oci:DIRECTORY[:TAG], a layout that is made or added to, or an\n"
	"                             image of a registry (quay.io/you/counter:v1); without it a\n"
	"                             layout here, named after the object\n"
	"  -l, --label KEY=VALUE      add a label, or replace one taken from the object\n"
	"      --arch ARCH[=OBJECT]   architecture as Go names it (amd64); several make an index\n" TOOL_USAGE;

static const struct option options[] = {
	{"tag", required_argument, NULL, 't'},
	{"label", required_argument, NULL, 'l'},
	{"arch", required_argument, NULL, 'a'},
	TOOL_OPTIONS,
};

/* "arm64=x.bpf.o", cut in place; "arm64" alone is that of the one object. */
static int take_machine(char *text, struct build_command *ret, const char **ret_alone)
{
	char *equals = strchr(text, '=');

	if (!equals) {
		*ret_alone = text;
		return 0;
	}
	if (ret->what.n_machines == IMAGE_MACHINES_MAX || equals == text || !equals[1])
		return -1;
	*equals = '\0';
	ret->what.machines[ret->what.n_machines++] = (struct image_machine){text, equals + 1};
	return 0;
}

static int take(int option, char *value, struct build_command *ret, const char **ret_alone)
{
	switch (option) {
	case 't':
		ret->target = value;
		return 0;
	case 'l':
		if (ret->what.n_labels == BUILD_LABELS_MAX)
			return -1;
		ret->labels[ret->what.n_labels++] = value;
		return 0;
	case 'a':
		return take_machine(value, ret, ret_alone);
	default:
		return tool_take(&ret->tool, option, value);
	}
}

/* 0; 1: help was asked for; -1: not a command line. */
static int parse(int argc, char **argv, struct build_command *ret)
{
	const char *alone = NULL;
	int c, n;

	while ((c = getopt_long(argc, argv, "t:l:" TOOL_SHORT, options, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (take(c, optarg, ret, &alone) < 0)
			return -1;
	}
	n = argc - optind;
	if (n != (ret->what.n_machines == 0) || (alone && n == 0) || !tool_is_whole(&ret->tool))
		return -1;
	if (n == 1)
		ret->what.machines[ret->what.n_machines++] =
			(struct image_machine){alone, argv[optind]};
	return 0;
}

static int run(struct build_command *c, bool is_arguments, struct reason *why)
{
	int r = tool_begin(&c->tool, why);

	c->what.labels = c->labels;
	if (r == 0)
		r = is_arguments ? build_arguments(c, why) : build_write(c, why);
	tool_done(&c->tool);
	return r;
}

int main(int argc, char **argv)
{
	bool is_arguments = strstr(argv[0], "generate-build-args") != NULL;
	struct build_command command = {.target = NULL};
	_reason_ struct reason why = {0};
	int r = parse(argc, argv, &command);

	if (r != 0) {
		fputs(usage, r < 0 ? stderr : stdout);
		return r < 0 ? TOOL_USAGE_EXIT : EXIT_SUCCESS;
	}
	r = run(&command, is_arguments, &why);
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
