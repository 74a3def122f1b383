/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-trust: what "bpfctl image sign", "image verify" and "trust" execute, so that bpfctl needs
 * neither libcurl nor OpenSSL. Which of them, its argv[0] says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "sign/command.h"

#define PREFIX "bpfctl "

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
	int r = tool_begin(&c->tool, why);

	if (!c->policy)
		c->policy = c->tool.settings.policy_file;
	if (r == 0)
		r = verb->run(c, why);
	tool_done(&c->tool);
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
		fprintf(r < 0 ? stderr : stdout, "%s\n%s", verb->usage, TOOL_USAGE);
		return r < 0 ? TOOL_USAGE_EXIT : EXIT_SUCCESS;
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
