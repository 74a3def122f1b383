/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-trust: what "bpfctl image sign", "image verify" and "trust" execute, so that bpfctl needs
 * neither libcurl nor OpenSSL. Which of them, its argv[0] says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"
#include "manifest/settings.h"
#include "registry/auth/login.h"
#include "sign/command.h"

#define EXIT_USAGE 2
#define PREFIX	   "bpfctl "

static const struct command_verb *const verbs[] = {
	&command_sign,
	&command_verify,
	&command_trust_import,
	&command_trust_list,
};

static const struct command_verb *find(const char *name)
{
	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	for (size_t i = 0; i < array_size(verbs); i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

static int run(const struct command_verb *verb, struct command *c, struct reason *why)
{
	_cleanup_(settings_done) struct settings settings = {0};
	_free_ char *password = NULL;
	/* A configuration that only the daemon may read is none for its users. */
	bool is_ours = c->config || access(COMMAND_CONFIG, R_OK) == 0;
	int r = settings_load(is_ours && c->config ? c->config
			      : is_ours		   ? COMMAND_CONFIG
						   : "/etc/bpfd/none.yaml",
			      &settings, why);

	if (r == 0 && c->password_file) {
		r = login_read_password(c->password_file, &password, why);
		c->place.password = password;
	}
	c->place.settings = &settings;
	if (!c->policy)
		c->policy = settings.policy_file;
	if (r == 0)
		r = verb->run(c, why);
	if (password)
		explicit_bzero(password, strlen(password));
	return r;
}

int main(int argc, char **argv)
{
	const struct command_verb *verb = find(argv[0]);
	_reason_ struct reason why = {0};
	struct command command = {0};
	int r;

	if (!verb) {
		fputs("bpfctl image sign, bpfctl image verify and bpfctl trust start this\n",
		      stderr);
		return EXIT_FAILURE;
	}
	r = command_parse(verb, argc, argv, &command);
	if (r != 0) {
		fprintf(r < 0 ? stderr : stdout, "%s%s", verb->usage, command_options_usage);
		return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;
	}
	r = run(verb, &command, &why);
	if (r == 0 && command.out.data)
		fputs(command.out.data, stdout);
	text_done(&command.out);
	if (r < 0) {
		fprintf(stderr, "error: %s\n", why.text);
		if (why.hint[0] != '\0')
			fprintf(stderr, "hint: %s\n", why.hint);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
