/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "get" and "describe" and the table of nouns. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/noun.h"

static const struct noun nouns[] = {
	{"programs", "program", (const char *const[]){"prog", "progs", "po", "p", NULL},
	 program_get},
	{"links", "link", (const char *const[]){"ln", "l", NULL}, link_get},
	{"maps", "map", (const char *const[]){"m", NULL}, map_get},
	{"hooks", "hook", (const char *const[]){"hk", "h", NULL}, hook_get},
	{"configs", "config",
	 (const char *const[]){"cfg", "c", "bpfprogramconfig", "bpfprogramconfigs", NULL},
	 config_get},
	{"images", "image", (const char *const[]){"img", "i", NULL}, image_get},
	{"interfaces", "interface", (const char *const[]){"if", "ifs", NULL}, interface_get},
};

static bool is_named(const struct noun *noun, const char *word)
{
	if (strcmp(word, noun->name) == 0 || strcmp(word, noun->singular) == 0)
		return true;
	for (const char *const *alias = noun->aliases; *alias; alias++)
		if (strcmp(word, *alias) == 0)
			return true;
	return false;
}

const struct noun *noun_find(struct cli *cli, const char *word)
{
	const char *names[array_size(nouns) + 1] = {0}, *nearest;

	for (size_t i = 0; i < array_size(nouns); i++) {
		if (is_named(&nouns[i], word))
			return &nouns[i];
		names[i] = nouns[i].name;
	}
	nearest = text_nearest(word, names);
	if (nearest)
		reason_hint(&cli->why, "did you mean %s?", nearest);
	verb_usage(cli,
		   "\"%s\" is none of: programs, links, maps, hooks, configs, images, interfaces",
		   word);
	return NULL;
}

struct output *noun_output_new(struct cli *cli, const char *format)
{
	enum output_format f;
	struct output *out;

	if (output_parse_format(format, &f) < 0) {
		verb_usage(cli, "-o %s: formats are table, wide, json, yaml and name", format);
		return NULL;
	}
	out = output_new(f, stdout);
	if (!out)
		fail(&cli->why, -ENOMEM, "out of memory");
	return out;
}

struct get_options {
	const char *format;
	const char **selector;
	const char *type;
};

static const struct option get_options[] = {
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct get_options, format),
	 "table, wide, json, yaml or name"},
	{'l', "selector", "KEY=VALUE,...", OPTION_COMMAS, offsetof(struct get_options, selector),
	 "only those with these labels"},
	{'t', "type", "KIND", OPTION_TEXT, offsetof(struct get_options, type),
	 "only those of this hook kind, as xdp"},
	{0},
};

static int run_get(struct cli *cli, const struct call *call)
{
	const struct get_options *o = call->options;
	struct bpfd_list_opts opts = {.size = sizeof(opts),
				      .selector = (const char *const *)o->selector,
				      .type = o->type,
				      .ref = call->n > 1 ? call->args[1] : NULL};
	const struct noun *noun = noun_find(cli, call->args[0]);
	_output_ struct output *out = noun ? noun_output_new(cli, o->format) : NULL;
	int r;

	if (!out)
		return -EINVAL;
	r = noun->get(cli, &opts, out);
	return r < 0 ? r : output_finish(out);
}

const struct verb verb_get = {
	.name = "get",
	.args = "programs|links|maps|hooks|configs|images|interfaces [NAME]",
	.min_args = 1,
	.max_args = 2,
	.options = get_options,
	.options_size = sizeof(struct get_options),
	.help = "list what there is",
	.more = "NAME is a name, an id, or an unambiguous beginning of a name. \"get hooks\" shows what\n"
		"runs where, ours and foreign, and warns where one can hide another. Internal maps (.rodata) are shown with -o wide.\n"
		"\"get interfaces\" lists those of the daemon's network namespace, or of the one that NAME is: a name, a path or\n"
		"container:ID.\n"
		"\"get configs -o yaml\" gives manifests that \"apply -f\" takes.",
	.run = run_get,
};

static const struct option describe_options[] = {
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct get_options, format),
	 "json or yaml"},
	{0},
};

static int run_describe(struct cli *cli, const struct call *call)
{
	const struct get_options *o = call->options;
	const struct noun *noun = noun_find(cli, call->args[0]);
	struct bpfd_list_opts opts = {.size = sizeof(opts), .ref = call->args[1]};
	_output_ struct output *out =
		noun ? noun_output_new(cli, o->format ? o->format : "detail") : NULL;
	int r;

	if (!out)
		return -EINVAL;
	r = noun->get == program_get ? program_describe(cli, opts.ref, out)
				     : noun->get(cli, &opts, out);
	return r < 0 ? r : output_finish(out);
}

const struct verb verb_describe = {
	.name = "describe",
	.args = "program|link|map|hook|config|image NAME",
	.min_args = 2,
	.max_args = 2,
	.options = describe_options,
	.options_size = sizeof(struct get_options),
	.help = "tell everything about one thing",
	.run = run_describe,
};
