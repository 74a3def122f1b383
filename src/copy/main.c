/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-image-copy: what "bpfctl image copy" and "push" execute, so that bpfctl needs no libcurl. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"
#include "copy/place.h"
#include "manifest/settings.h"
#include "registry/auth/login.h"

#define EXIT_USAGE 2
#define CONFIG	   "/etc/bpfd/bpfd.yaml"

static const char usage[] =
	"usage: bpfctl image copy [OPTIONS] FROM TO\n"
	"       bpfctl image push [OPTIONS] oci:DIRECTORY[:TAG] IMAGE\n"
	"\n"
	"FROM and TO are local OCI layouts (oci:DIRECTORY[:TAG]) or images of registries\n"
	"(quay.io/you/counter:v1). All machines of an image are copied. Prints name and digest.\n"
	"\n"
	"      --insecure             without TLS, for a registry of your own\n"
	"  -u, --username NAME        log in under this name; without it the logins of podman and\n"
	"                             docker are used\n"
	"      --password-file FILE   with the password in this file, - for standard input\n"
	"      --config FILE          where \"registries\" says how they are reached\n"
	"                             (default: " CONFIG ")\n"
	"  -h, --help                 show this\n";

static const struct option options[] = {
	{"insecure", no_argument, NULL, 'i'},
	{"username", required_argument, NULL, 'u'},
	{"password-file", required_argument, NULL, 'p'},
	{"config", required_argument, NULL, 'c'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct order {
	struct place_options place;
	const char *password_file;
	const char *config;
	const char *from;
	const char *to;
};

/* 0: go on; else end with this code - 1. */
static int parse(int argc, char **argv, struct order *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, "u:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_SUCCESS + 1;
		}
		if (c == 'i')
			ret->place.insecure = true;
		else if (c == 'u')
			ret->place.username = optarg;
		else if (c == 'p')
			ret->password_file = optarg;
		else if (c == 'c')
			ret->config = optarg;
		else
			return EXIT_USAGE + 1;
	}
	if (optind + 2 != argc || !ret->place.username != !ret->password_file)
		return EXIT_USAGE + 1;
	ret->from = argv[optind];
	ret->to = argv[optind + 1];
	return 0;
}

static int run(struct order *o, struct reason *why)
{
	_cleanup_(settings_done) struct settings settings = {0};
	_place_ struct place from = {.dir = -1};
	_place_ struct place to = {.dir = -1};
	_free_ char *password = NULL;
	char digest[DIGEST_TEXT_SIZE];
	/* A configuration that only the daemon may read is none for its users. */
	bool is_ours = o->config || access(CONFIG, R_OK) == 0;
	int r = is_ours ? settings_load(o->config ? o->config : CONFIG, &settings, why) : 0;

	if (r == 0 && o->password_file) {
		r = login_read_password(o->password_file, &password, why);
		o->place.password = password;
	}
	o->place.settings = &settings;
	if (r == 0)
		r = place_open(&o->place, o->from, false, &from, why);
	if (r == 0)
		r = place_open(&o->place, o->to, true, &to, why);
	if (r == 0)
		r = copy_image(&from, &to, digest, why);
	if (password)
		explicit_bzero(password, strlen(password));
	if (r == 0)
		printf("%s %s\n", o->to, digest);
	return r;
}

int main(int argc, char **argv)
{
	_reason_ struct reason why = {0};
	struct order o = {0};
	int end = parse(argc, argv, &o);

	if (end > 0) {
		if (end - 1 == EXIT_USAGE)
			fputs(usage, stderr);
		return end - 1;
	}
	if (run(&o, &why) < 0) {
		fprintf(stderr, "error: %s\n", why.text);
		if (why.hint[0] != '\0')
			fprintf(stderr, "hint: %s\n", why.hint);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
