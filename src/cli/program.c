/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the verbs of programs: load, unload, and how one is shown. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/image/login.h"
#include "cli/noun.h"

static void free_programs(struct bpfd_programs **programs)
{
	bpfd_programs_free(*programs);
}

static void free_description(struct bpfd_description **description)
{
	bpfd_description_free(*description);
}

static void show_pairs(struct output *out, const struct bpfd_program *p)
{
	const char *key, *value;

	output_pairs(out, "labels", "+LABELS");
	for (size_t i = 0; bpfd_program_label(p, i, &key, &value); i++)
		output_pair(out, key, value);
	output_pairs_end(out);
	output_pairs(out, "globals", "+GLOBALS");
	for (size_t i = 0; bpfd_program_global(p, i, &key, &value); i++)
		output_pair(out, key, value);
	output_pairs_end(out);
}

/* What the kernel tells; lists leave it out. */
static void show_kernel(struct output *out, const struct bpfd_program *p)
{
	bool is_detail = output_format(out) == OUTPUT_DETAIL;
	uint32_t map;

	output_text(out, "tag", is_detail ? "TAG" : NULL, bpfd_program_tag(p));
	output_number(out, "instructions", is_detail ? "INSTRUCTIONS" : NULL,
		      bpfd_program_instructions(p));
	output_number(out, "bytes_jited", is_detail ? "JITED BYTES" : NULL,
		      bpfd_program_bytes_jited(p));
	output_number(out, "bytes_memlock", is_detail ? "MEMORY BYTES" : NULL,
		      bpfd_program_bytes_memlock(p));
	output_words(out, "map_ids", is_detail ? "MAP IDS" : NULL);
	for (size_t i = 0; bpfd_program_map_id(p, i, &map); i++)
		output_word_number(out, map);
	output_words_end(out);
}

void program_show(struct output *out, const struct bpfd_program *p)
{
	output_number(out, "id", "ID", bpfd_program_id(p));
	output_text(out, "name", "NAME", bpfd_program_name(p));
	output_text(out, "type", "TYPE", bpfd_program_type(p));
	output_number(out, "links", "LINKS", bpfd_program_links(p));
	output_text(out, "config", "CONFIG", bpfd_program_config(p));
	output_bool(out, "is_missing", NULL, bpfd_program_is_missing(p));
	output_text(out, "state", "STATE", bpfd_program_is_missing(p) ? "missing" : "loaded");
	output_time(out, "loaded_at", "AGE", bpfd_program_loaded_at(p));
	output_text(out, "function", "+FUNCTION", bpfd_program_function(p));
	output_text(out, "section", "+SECTION", bpfd_program_section(p));
	output_number(out, "owner_uid", "+OWNER", bpfd_program_owner_uid(p));
	output_text(out, "bytecode", "+BYTECODE", bpfd_program_bytecode(p));
	output_text(out, "digest", NULL, bpfd_program_digest(p));
	output_text(out, "uuid", NULL, bpfd_program_uuid(p));
	if (*bpfd_program_tag(p))
		show_kernel(out, p);
	show_pairs(out, p);
}

static void put_program(struct output *out, const struct bpfd_program *p)
{
	output_record(out, "program", bpfd_program_name(p));
	program_show(out, p);
	output_record_end(out);
}

int program_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_programs) struct bpfd_programs *programs = NULL;
	const struct bpfd_program *p;
	int r = bpfd_program_list(cli->conn, opts, &programs);

	if (r < 0)
		return r;
	if (!opts->ref)
		output_list(out, "programs");
	for (size_t i = 0; (p = bpfd_programs_get(programs, i)); i++)
		put_program(out, p);
	if (!opts->ref)
		output_list_end(out);
	return 0;
}

/* What only a description has room for. */
static void show_description(struct output *out, const struct bpfd_description *d)
{
	const char *note;

	if (output_format(out) == OUTPUT_DETAIL) {
		const struct bpfd_program *p = bpfd_description_program(d);

		output_text(out, NULL, "DIGEST", bpfd_program_digest(p));
		output_text(out, NULL, "UUID", bpfd_program_uuid(p));
	}
	output_number(out, "run_count", "RUNS", bpfd_description_run_count(d));
	output_number(out, "run_time_ns", "RUN TIME NS", bpfd_description_run_time_ns(d));
	output_words(out, "notes", "NOTES");
	for (size_t i = 0; (note = bpfd_description_note(d, i)); i++)
		output_word(out, note);
	output_words_end(out);
}

int program_describe(struct cli *cli, const char *ref, struct output *out)
{
	_cleanup_(free_description) struct bpfd_description *d = NULL;
	const struct bpfd_link *link;
	const struct bpfd_map *map;
	int r = bpfd_program_describe(cli->conn, ref, &d);

	if (r < 0)
		return r;
	output_record(out, "program", bpfd_program_name(bpfd_description_program(d)));
	program_show(out, bpfd_description_program(d));
	show_description(out, d);
	output_list(out, output_format(out) == OUTPUT_DETAIL ? "attached" : "link_list");
	for (size_t i = 0; (link = bpfd_description_link(d, i)); i++) {
		output_record(out, "link", "");
		link_show(out, link);
		output_record_end(out);
	}
	output_list_end(out);
	output_list(out, output_format(out) == OUTPUT_DETAIL ? "its maps" : "map_list");
	for (size_t i = 0; (map = bpfd_description_map(d, i)); i++) {
		output_record(out, "map", "");
		map_show(out, map);
		output_record_end(out);
	}
	output_list_end(out);
	output_record_end(out);
	return 0;
}

struct load_options {
	const char *name;
	const char **programs;
	const char *type;
	const char **globals;
	const char **labels;
	const char **map_shares;
	const char **exports;
	bool want_log;
	const char *format;
	const char *pull_policy;
	struct login_options login;
};

static const struct option load_options[] = {
	{'n', "name", "NAME", OPTION_TEXT, offsetof(struct load_options, name),
	 "name of the program, or NAME-function of several"},
	{'p', "program", "ENTRY[:TYPE[:NAME]]", OPTION_LIST,
	 offsetof(struct load_options, programs), "only this function or section (repeatable)"},
	{'t', "type", "KIND", OPTION_TEXT, offsetof(struct load_options, type),
	 "hook kind, where the object does not tell"},
	{'g', "global", "NAME=VALUE", OPTION_LIST, offsetof(struct load_options, globals),
	 "set a global variable (repeatable)"},
	{'l', "label", "KEY=VALUE", OPTION_LIST, offsetof(struct load_options, labels),
	 "label the programs (repeatable)"},
	{0, "share-map", "MAP=PROGRAM", OPTION_LIST, offsetof(struct load_options, map_shares),
	 "use the map of a loaded program (repeatable)"},
	{'e', "export", "MAP[:OWNER[:GROUP[:MODE]]]", OPTION_LIST,
	 offsetof(struct load_options, exports), "pin a map for applications (repeatable)"},
	{0, "log", NULL, OPTION_FLAG, offsetof(struct load_options, want_log),
	 "print the verifier's whole log"},
	{0, "pull-policy", "POLICY", OPTION_TEXT, offsetof(struct load_options, pull_policy),
	 "of an image: Always, IfNotPresent (the default) or Never"},
	LOGIN_OPTIONS(load_options, login),
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct load_options, format),
	 "wide, json, yaml or name"},
	{0},
};

/* "ID NAME" a line, for people and for scripts. */
static int print_loaded(struct cli *cli, const struct bpfd_programs *programs, const char *format)
{
	_output_ struct output *out = format ? noun_output_new(cli, format) : NULL;
	const struct bpfd_program *p;
	const char *text;

	if (format && !out)
		return -EINVAL;
	for (size_t i = 0; (text = bpfd_programs_warning(programs, i)); i++)
		fprintf(stderr, "warning: %s\n", text);
	text = bpfd_programs_log(programs);
	if (*text)
		fprintf(stderr, "%s\n", text);
	if (out)
		output_list(out, "programs");
	for (size_t i = 0; (p = bpfd_programs_get(programs, i)); i++)
		if (out)
			put_program(out, p);
		else
			printf("%" PRIu32 " %s\n", bpfd_program_id(p), bpfd_program_name(p));
	if (!out)
		return 0;
	output_list_end(out);
	return output_finish(out);
}

static int run_load(struct cli *cli, const struct call *call)
{
	const struct load_options *o = call->options;
	struct bpfd_load_opts opts = {
		.size = sizeof(opts),
		.bytecode = call->args[0],
		.programs = (const char *const *)o->programs,
		.name = o->name,
		.type = o->type,
		.globals = (const char *const *)o->globals,
		.labels = (const char *const *)o->labels,
		.map_shares = (const char *const *)o->map_shares,
		.exports = (const char *const *)o->exports,
		.want_log = o->want_log,
		.pull_policy = o->pull_policy,
	};
	_cleanup_(free_programs) struct bpfd_programs *programs = NULL;
	enum output_format format;
	int r;

	/* Not after the fact. */
	if (output_parse_format(o->format, &format) < 0)
		return verb_usage(cli, "-o %s: formats are wide, json, yaml and name", o->format);
	r = strncmp(call->args[0], "image://", 8) == 0 ? login_send(cli, &o->login, call->args[0])
						       : 0;
	if (r >= 0)
		r = bpfd_program_load(cli->conn, &opts, &programs);
	return r < 0 ? r : print_loaded(cli, programs, o->format);
}

const struct verb verb_load = {
	.name = "load",
	.args = "BYTECODE",
	.min_args = 1,
	.max_args = 1,
	.options = load_options,
	.options_size = sizeof(struct load_options),
	.help = "load programs into the kernel",
	.more = "BYTECODE is a file (x.o, file:///x.o), a local OCI layout (oci:DIR[:TAG]) or an image\n"
		"(image://registry/repo:tag). Prints id and name of each program. Nothing runs before\n"
		"it is attached.\n\n"
		"  bpfctl load oci:./xdp-counter --name counter --global sampling=1\n"
		"  bpfctl attach counter xdp:eth0 --priority 55",
	.run = run_load,
};

struct unload_options {
	bool force;
};

static const struct option unload_options[] = {
	{'f', "force", NULL, OPTION_FLAG, offsetof(struct unload_options, force),
	 "detach its links first"},
	{0},
};

static int run_unload(struct cli *cli, const struct call *call)
{
	const struct unload_options *o = call->options;

	for (size_t i = 0; i < call->n; i++) {
		int r = bpfd_program_unload(cli->conn, call->args[i], o->force);

		if (r < 0)
			return r;
		printf("program %s unloaded\n", call->args[i]);
	}
	return 0;
}

int program_delete(struct cli *cli, const char *name)
{
	int r = bpfd_program_unload(cli->conn, name, true);

	if (r == 0)
		printf("program %s deleted\n", name);
	return r;
}

const struct verb verb_unload = {
	.name = "unload",
	.args = "PROGRAM...",
	.min_args = 1,
	.max_args = VERB_ANY,
	.options = unload_options,
	.options_size = sizeof(struct unload_options),
	.help = "unload programs",
	.run = run_unload,
};
