/* SPDX-License-Identifier: Apache-2.0 */
/* Owns "status", "version" and "help": what concerns no noun. */
#include <errno.h>
#include <string.h>

#include "cli/noun.h"

static void free_status(struct bpfd_status **status)
{
	bpfd_status_free(*status);
}

static void free_version(struct bpfd_version **version)
{
	bpfd_version_free(*version);
}

struct output_options {
	const char *format;
};

static const struct option output_options[] = {
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct output_options, format),
	 "json or yaml"},
	{0},
};

static void show_methods(struct output *out, const struct bpfd_status *s)
{
	const struct bpfd_method *m;

	output_list(out, "methods");
	for (size_t i = 0; (m = bpfd_status_method(s, i)); i++) {
		uint64_t n = bpfd_method_requests(m);

		if (n == 0 && output_format(out) == OUTPUT_DETAIL)
			continue;
		output_record(out, "method", bpfd_method_name(m));
		output_text(out, "method", "METHOD", bpfd_method_name(m));
		output_number(out, "requests", "REQUESTS", n);
		output_number(out, "errors", "ERRORS", bpfd_method_errors(m));
		output_number(out, "latency_us_mean", "MEAN-US",
			      n ? bpfd_method_latency_us_sum(m) / n : 0);
		output_number(out, "latency_us_max", "MAX-US", bpfd_method_latency_us_max(m));
		output_number(out, "latency_us_sum", NULL, bpfd_method_latency_us_sum(m));
		output_record_end(out);
	}
	output_list_end(out);
}

static void show_status(struct output *out, const struct bpfd_status *s)
{
	const char *text;

	output_text(out, "version", "VERSION", bpfd_status_version(s));
	output_text(out, "kernel", "KERNEL", bpfd_status_kernel(s));
	output_number(out, "pid", "PID", bpfd_status_pid(s));
	output_number(out, "uptime_s", "UPTIME S", bpfd_status_uptime_s(s));
	output_number(out, "programs", "PROGRAMS", bpfd_status_programs(s));
	output_number(out, "links", "LINKS", bpfd_status_links(s));
	output_number(out, "connections", "CONNECTIONS", bpfd_status_connections(s));
	output_text(out, "runtime_dir", "RUNTIME", bpfd_status_runtime_dir(s));
	output_text(out, "state_dir", "STATE", bpfd_status_state_dir(s));
	output_text(out, "config", "CONFIG", bpfd_status_config_file(s));
	output_words(out, "features", "FEATURES");
	for (size_t i = 0; (text = bpfd_status_feature(s, i)); i++)
		output_word(out, text);
	output_words_end(out);
	if (output_format(out) == OUTPUT_DETAIL) {
		for (size_t i = 0; (text = bpfd_status_warning(s, i)); i++)
			output_text(out, "warning", "WARNING", text);
		return;
	}
	output_words(out, "warnings", NULL);
	for (size_t i = 0; (text = bpfd_status_warning(s, i)); i++)
		output_word(out, text);
	output_words_end(out);
}

static int run_status(struct cli *cli, const struct call *call)
{
	const struct output_options *o = call->options;
	_output_ struct output *out = noun_output_new(cli, o->format ? o->format : "detail");
	_cleanup_(free_status) struct bpfd_status *s = NULL;
	int r = out ? bpfd_status_get(cli->conn, &s) : -EINVAL;

	if (r < 0)
		return r;
	output_record(out, "status", "");
	show_status(out, s);
	show_methods(out, s);
	output_record_end(out);
	return output_finish(out);
}

const struct verb verb_status = {
	.name = "status",
	.args = "",
	.options = output_options,
	.options_size = sizeof(struct output_options),
	.help = "show what the daemon does, and what is degraded",
	.run = run_status,
};

static int run_version(struct cli *cli, const struct call *call)
{
	const struct output_options *o = call->options;
	_output_ struct output *out = noun_output_new(cli, o->format ? o->format : "detail");
	_cleanup_(free_version) struct bpfd_version *v = NULL;
	int r = out ? bpfd_version_get(cli->conn, &v) : -EINVAL;

	/* What can be said without a daemon is said. */
	if (!out)
		return r;
	output_record(out, "version", "");
	output_text(out, "client", "BPFCTL", bpfd_version_library());
	if (r == 0) {
		output_text(out, "daemon", "BPFD", bpfd_version_daemon(v));
		output_text(out, "api", "API", bpfd_version_api(v));
		output_text(out, "kernel", "KERNEL", bpfd_version_kernel(v));
	}
	output_record_end(out);
	output_finish(out);
	return r;
}

const struct verb verb_version = {
	.name = "version",
	.args = "",
	.options = output_options,
	.options_size = sizeof(struct output_options),
	.help = "show the versions of bpfctl and of the daemon",
	.run = run_version,
};

struct help_options {
	bool is_manual;
};

static const struct option help_options[] = {
	{0, "scdoc", NULL, OPTION_FLAG, offsetof(struct help_options, is_manual),
	 "all of it in scdoc's language, for the manual page"},
	{0},
};

static int run_help(struct cli *cli, const struct call *call)
{
	const struct help_options *o = call->options;
	const struct verb *verb;
	size_t n_words;

	if (o->is_manual) {
		verb_print_manual(stdout);
		return 0;
	}
	if (call->n == 0) {
		verb_print_overview(stdout);
		return 0;
	}
	verb = verb_find(call->args, call->n, &n_words);
	if (!verb)
		return verb_usage(cli, "unknown verb \"%s\"", call->args[0]);
	verb_print_help(verb, stdout);
	return 0;
}

const struct verb verb_help = {
	.name = "help",
	.args = "[VERB]",
	.max_args = 2,
	.options = help_options,
	.options_size = sizeof(struct help_options),
	.help = "show the verbs, or tell about one",
	.run = run_help,
};
