/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-inspect: what "bpfctl image inspect", "history" and "tree" execute, so that bpfctl
 * needs neither libbpf nor libcurl. Which of them, the end of its argv[0] says. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"
#include "cli/output/output.h"
#include "inspect/show.h"
#include "manifest/settings.h"
#include "registry/auth/login.h"

#define EXIT_USAGE 2
#define CONFIG	   "/etc/bpfd/bpfd.yaml"

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
	"      --insecure             without TLS, for a registry of your own\n"
	"  -u, --username NAME        log in under this name; without it the logins of podman and\n"
	"                             docker are used\n"
	"      --password-file FILE   with the password in this file, - for standard input\n"
	"      --config FILE          where \"registries\" says how they are reached\n"
	"                             (default: " CONFIG ")\n"
	"  -s, --socket PATH          the daemon's\n"
	"  -h, --help                 show this\n";

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},   {"insecure", no_argument, NULL, 'i'},
	{"username", required_argument, NULL, 'u'}, {"password-file", required_argument, NULL, 'p'},
	{"config", required_argument, NULL, 'c'},   {"socket", required_argument, NULL, 's'},
	{"help", no_argument, NULL, 'h'},	    {NULL, 0, NULL, 0},
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
	struct subject_ask ask;
	const char *format;
	const char *password_file;
	const char *config;
};

static const struct verb *find_verb(const char *name)
{
	const char *space = strrchr(name, ' ');

	for (size_t i = 0; space && i < array_size(verbs); i++)
		if (strcmp(verbs[i].name, space + 1) == 0)
			return &verbs[i];
	return &verbs[0];
}

static int take(int option, const char *value, struct command *ret)
{
	switch (option) {
	case 'o':
		ret->format = value;
		return 0;
	case 'i':
		ret->ask.place.insecure = true;
		return 0;
	case 'u':
		ret->ask.place.username = value;
		return 0;
	case 'p':
		ret->password_file = value;
		return 0;
	case 'c':
		ret->config = value;
		return 0;
	case 's':
		ret->ask.socket = value;
		return 0;
	default:
		return -1;
	}
}

/* 0; 1: help was asked for; -1: not a command line. */
static int parse(int argc, char **argv, struct command *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, "o:s:u:h", options, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (take(c, optarg, ret) < 0)
			return -1;
	}
	if (optind + 1 != argc || !ret->ask.place.username != !ret->password_file)
		return -1;
	ret->ask.name = argv[optind];
	return 0;
}

static int show(const struct verb *verb, const struct command *c, struct reason *why)
{
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
	r = subject_open(&c->ask, &subject, why);
	if (r == 0)
		r = verb->show(&subject, c->ask.name, out, why);
	return r < 0 ? r : output_finish(out);
}

static int run(const struct verb *verb, struct command *c, struct reason *why)
{
	_cleanup_(settings_done) struct settings settings = {0};
	_free_ char *password = NULL;
	/* A configuration that only the daemon may read is none for its users. */
	bool is_ours = c->config || access(CONFIG, R_OK) == 0;
	int r = is_ours ? settings_load(c->config ? c->config : CONFIG, &settings, why) : 0;

	if (r == 0 && c->password_file) {
		r = login_read_password(c->password_file, &password, why);
		c->ask.place.password = password;
	}
	c->ask.place.settings = &settings;
	if (r == 0)
		r = show(verb, c, why);
	if (password)
		explicit_bzero(password, strlen(password));
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
		return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
	}
	if (run(verb, &command, &why) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "error: %s\n", why.text);
	if (why.hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", why.hint);
	return EXIT_FAILURE;
}
