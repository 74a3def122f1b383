/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-build: what "bpfctl image build" executes with the arguments behind "build", so that
 * bpfctl itself needs neither libarchive nor libbpf. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "image/build/build.h"

#define EXIT_USAGE 2
#define LABELS_MAX 256

static const char usage[] =
	"usage: bpfctl image build -t oci:DIRECTORY[:TAG] [--label KEY=VALUE]... [--arch ARCH] "
	"OBJECT\n"
	"\n"
	"Write an OCI image layout with one BPF object in it, or add to one that is there.\n"
	"\n"
	"  -t, --tag oci:DIRECTORY[:TAG]   where to; without TAG: latest\n"
	"  -l, --label KEY=VALUE           add a label, or replace one taken from the object\n"
	"      --arch ARCH                 architecture in the image, as Go names it (amd64)\n"
	"  -h, --help                      show this\n";

static const struct option options[] = {
	{"tag", required_argument, NULL, 't'},
	{"label", required_argument, NULL, 'l'},
	{"arch", required_argument, NULL, 'a'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* "oci:DIRECTORY[:TAG]", cut in place. */
static int parse_target(char *text, struct image_build *ret)
{
	char *colon;

	if (strncmp(text, "oci:", 4) != 0 || text[4] == '\0' || text[4] == ':')
		return -1;
	ret->layout = text + 4;
	colon = strchr(text + 4, ':');
	if (colon) {
		*colon = '\0';
		ret->tag = colon + 1;
	}
	return 0;
}

/* 0: go on; else end with this code - 1. */
static int parse(int argc, char **argv, const char **labels, struct image_build *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, "t:l:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_SUCCESS + 1;
		}
		if (c == 't' && parse_target(optarg, ret) == 0)
			continue;
		if (c == 'a')
			ret->architecture = optarg;
		else if (c == 'l' && ret->n_labels < LABELS_MAX)
			labels[ret->n_labels++] = optarg;
		else
			return EXIT_USAGE + 1;
	}
	if (!ret->layout || optind + 1 != argc)
		return EXIT_USAGE + 1;
	ret->object = argv[optind];
	return 0;
}

int main(int argc, char **argv)
{
	const char *labels[LABELS_MAX];
	struct image_build what = {.labels = labels};
	_reason_ struct reason why = {0};
	char digest[DIGEST_TEXT_SIZE];
	int end = parse(argc, argv, labels, &what);

	if (end > 0) {
		if (end - 1 == EXIT_USAGE)
			fputs(usage, stderr);
		return end - 1;
	}
	if (image_build(&what, digest, &why) < 0) {
		fprintf(stderr, "bpfctl image build: %s\n", why.text);
		if (why.hint[0] != '\0')
			fprintf(stderr, "hint: %s\n", why.hint);
		return EXIT_FAILURE;
	}
	printf("oci:%s:%s %s\n", what.layout, what.tag ? what.tag : "latest", digest);
	return EXIT_SUCCESS;
}
