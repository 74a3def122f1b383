/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-copy: what "bpfctl image copy", "push", "save" and "load" execute, so that bpfctl
 * needs neither libcurl nor libarchive. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"
#include "copy/verbs.h"
#include "manifest/settings.h"
#include "registry/auth/login.h"

#define EXIT_USAGE 2
#define CONFIG	   "/etc/bpfd/bpfd.yaml"

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
	"      --insecure             without TLS, for a registry of your own\n"
	"  -u, --username NAME        log in under this name; without it the logins of podman and\n"
	"                             docker are used\n"
	"      --password-file FILE   with the password in this file, - for standard input\n"
	"      --config FILE          where \"registries\" says how they are reached\n"
	"                             (default: " CONFIG ")\n"
	"  -s, --socket PATH          save, load: the daemon's\n"
	"  -h, --help                 show this\n";

static const struct option options[] = {
	{"insecure", no_argument, NULL, 'i'},
	{"username", required_argument, NULL, 'u'},
	{"password-file", required_argument, NULL, 'p'},
	{"config", required_argument, NULL, 'c'},
	{"output", required_argument, NULL, 'o'},
	{"socket", required_argument, NULL, 's'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
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

static int take(int option, const char *value, struct copy_command *ret)
{
	switch (option) {
	case 'i':
		ret->place.insecure = true;
		return 0;
	case 'u':
		ret->place.username = value;
		return 0;
	case 'p':
		ret->password_file = value;
		return 0;
	case 'c':
		ret->config = value;
		return 0;
	case 'o':
		ret->output = value;
		return 0;
	case 's':
		ret->socket = value;
		return 0;
	default:
		return -1;
	}
}

/* 0; 1: help was asked for; -1: not a command line. */
static int parse(int argc, char **argv, int words, struct copy_command *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, "o:s:u:h", options, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (take(c, optarg, ret) < 0)
			return -1;
	}
	if (optind + words != argc || !ret->place.username != !ret->password_file ||
	    (words == 1) != (ret->output != NULL))
		return -1;
	ret->from = argv[optind];
	ret->to = words > 1 ? argv[optind + 1] : NULL;
	return 0;
}

static int run(size_t verb, struct copy_command *c, struct reason *why)
{
	_cleanup_(settings_done) struct settings settings = {0};
	_free_ char *password = NULL;
	/* A configuration that only the daemon may read is none for its users. */
	bool is_ours = c->config || access(CONFIG, R_OK) == 0;
	int r = is_ours ? settings_load(c->config ? c->config : CONFIG, &settings, why) : 0;

	if (r == 0 && c->password_file) {
		r = login_read_password(c->password_file, &password, why);
		c->place.password = password;
	}
	c->place.settings = &settings;
	if (r == 0)
		r = verbs[verb].run(c, why);
	if (password)
		explicit_bzero(password, strlen(password));
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
		return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
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
