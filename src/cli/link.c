/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the verbs of links: attach, detach, and how one is shown. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/noun.h"

static void free_links(struct bpfd_links **links)
{
	bpfd_links_free(*links);
}

static void show_counters(struct output *out, const struct bpfd_link *l)
{
	const char *verdict;
	uint64_t count;

	if (!bpfd_link_has_stats(l)) {
		output_text(out, NULL, "+RUNS", "");
		output_text(out, NULL, "+AVERAGE-NS", "");
		output_text(out, NULL, "+VERDICTS", "");
		return;
	}
	output_number(out, "runs", "+RUNS", bpfd_link_runs(l));
	output_number(out, "average_ns", "+AVERAGE-NS", bpfd_link_average_ns(l));
	output_pairs(out, "verdicts", "+VERDICTS");
	for (size_t i = 0; (verdict = bpfd_link_verdict(l, i, &count)); i++) {
		char text[24];

		snprintf(text, sizeof(text), "%" PRIu64, count);
		output_pair(out, verdict, text);
	}
	output_pairs_end(out);
}

void link_show(struct output *out, const struct bpfd_link *l)
{
	const char *key, *value, *verdict;

	output_number(out, "id", "ID", bpfd_link_id(l));
	output_text(out, "program", "PROGRAM", bpfd_link_program(l));
	output_text(out, "hook", "HOOK", bpfd_link_hook(l));
	output_number(out, "priority", "PRIORITY", bpfd_link_priority(l));
	output_text(out, "mode", "MODE", bpfd_link_mode(l));
	output_bool(out, "is_missing", NULL, bpfd_link_is_missing(l));
	output_text(out, "state", "STATE", bpfd_link_is_missing(l) ? "missing" : "attached");
	output_time(out, "attached_at", "AGE", bpfd_link_attached_at(l));
	output_number(out, "program_id", "+PROGRAM-ID", bpfd_link_program_id(l));
	output_number(out, "kernel_id", "+KERNEL-ID", bpfd_link_kernel_id(l));
	output_words(out, "proceed_on", "+PROCEED-ON");
	for (size_t i = 0; (verdict = bpfd_link_proceed_on(l, i)); i++)
		output_word(out, verdict);
	output_words_end(out);
	output_text(out, "chain_mode", "+CHAIN", bpfd_link_chain_mode(l));
	output_text(out, "chain_reason", "+REASON", bpfd_link_chain_reason(l));
	output_number(out, "segment", NULL, bpfd_link_segment(l));
	output_bool(out, "is_called", NULL, bpfd_link_is_called(l));
	output_bool(out, "stats", NULL, bpfd_link_has_stats(l));
	show_counters(out, l);
	output_text(out, "config", "+CONFIG", bpfd_link_config(l));
	output_number(out, "owner_uid", "+OWNER", bpfd_link_owner_uid(l));
	output_bool(out, "ends_with_daemon", "+TRANSIENT", bpfd_link_ends_with_daemon(l));
	output_text(out, "uuid", NULL, bpfd_link_uuid(l));
	output_pairs(out, "labels", "+LABELS");
	for (size_t i = 0; bpfd_link_label(l, i, &key, &value); i++)
		output_pair(out, key, value);
	output_pairs_end(out);
}

static void put_link(struct output *out, const struct bpfd_link *l)
{
	char id[16];

	snprintf(id, sizeof(id), "%" PRIu32, bpfd_link_id(l));
	output_record(out, "link", id);
	link_show(out, l);
	output_record_end(out);
}

int link_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_links) struct bpfd_links *links = NULL;
	const struct bpfd_link *l;
	int r = bpfd_link_list(cli->conn, opts, &links);
	/* The links of a program or hook are several. */
	bool is_list = !opts->ref || bpfd_links_count(links) > 1;

	if (r < 0)
		return r;
	if (is_list)
		output_list(out, "links");
	for (size_t i = 0; (l = bpfd_links_get(links, i)); i++)
		put_link(out, l);
	if (is_list)
		output_list_end(out);
	return 0;
}

struct attach_options {
	struct option_number priority;
	const char **proceed_on;
	const char *mode;
	const char *netns;
	const char **labels;
	const char *format;
	bool stats;
};

static const struct option attach_options[] = {
	{'p', "priority", "N", OPTION_NUMBER, offsetof(struct attach_options, priority),
	 "0 to 1000, lower runs first (default 50)"},
	{0, "proceed-on", "VERDICT,...", OPTION_COMMAS, offsetof(struct attach_options, proceed_on),
	 "run the next program after these, by name or code, as pass,dispatcher_return"},
	{'m', "mode", "MODE", OPTION_TEXT, offsetof(struct attach_options, mode),
	 "xdp: native, skb, offload, libxdp (default: native, else skb); call: a function of its own"},
	{0, "stats", NULL, OPTION_FLAG, offsetof(struct attach_options, stats),
	 "count runs and verdicts, time one run in 1024"},
	{'n', "netns", "NAME", OPTION_TEXT, offsetof(struct attach_options, netns),
	 "network namespace, by name or path"},
	{'l', "label", "KEY=VALUE", OPTION_LIST, offsetof(struct attach_options, labels),
	 "label the link (repeatable)"},
	{'o', "output", "FORMAT", OPTION_TEXT, offsetof(struct attach_options, format),
	 "wide, json, yaml or name"},
	{0},
};

static int print_attached(struct cli *cli, const struct bpfd_links *links, const char *format)
{
	_output_ struct output *out = format ? noun_output_new(cli, format) : NULL;
	const struct bpfd_link *l = bpfd_links_get(links, 0);
	const char *text;

	if (format && !out)
		return -EINVAL;
	for (size_t i = 0; (text = bpfd_links_warning(links, i)); i++)
		fprintf(stderr, "warning: %s\n", text);
	if (out) {
		put_link(out, l);
		return output_finish(out);
	}
	printf("%" PRIu32 " %s %s\n", bpfd_link_id(l), bpfd_link_program(l), bpfd_link_hook(l));
	return 0;
}

static int run_attach(struct cli *cli, const struct call *call)
{
	const struct attach_options *o = call->options;
	struct bpfd_attach_opts opts = {
		.size = sizeof(opts),
		.program = call->args[0],
		.hook = call->n > 1 ? call->args[1] : NULL,
		.netns = o->netns,
		.mode = o->mode,
		.has_priority = o->priority.is_given,
		.priority = o->priority.value,
		.proceed_on = (const char *const *)o->proceed_on,
		.labels = (const char *const *)o->labels,
		.stats = o->stats,
	};
	_cleanup_(free_links) struct bpfd_links *links = NULL;
	enum output_format format;
	int r;

	/* Not after the fact. */
	if (output_parse_format(o->format, &format) < 0)
		return verb_usage(cli, "-o %s: formats are wide, json, yaml and name", o->format);
	r = bpfd_link_attach(cli->conn, &opts, &links);
	return r < 0 ? r : print_attached(cli, links, o->format);
}

const struct verb verb_attach = {
	.name = "attach",
	.args = "PROGRAM [HOOK]",
	.min_args = 1,
	.max_args = 2,
	.options = attach_options,
	.options_size = sizeof(struct attach_options),
	.help = "attach a loaded program to a hook",
	.more = "HOOK is one of\n"
		"  xdp:eth0                        tracepoint:net/net_dev_queue\n"
		"  tcx:eth0/ingress                raw_tp:sched_switch\n"
		"  tc:eth0/egress                  uprobe:/usr/bin/x:function+0\n"
		"  flow_dissector                  uretprobe:/usr/bin/x:function\n"
		"and for interfaces and flow_dissector \"@netns\" may follow. Without it the program's section decides.\n"
		"Prints the link's id, program and hook. The link outlives bpfctl and bpfd.",
	.run = run_attach,
};

static int detach(struct cli *cli, const struct bpfd_detach_opts *opts)
{
	_free_ uint32_t *ids = NULL;
	size_t n = 0;
	int r = bpfd_link_detach(cli->conn, opts, &ids, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		printf("link %" PRIu32 " detached\n", ids[i]);
	return 0;
}

static int run_detach(struct cli *cli, const struct call *call)
{
	struct bpfd_detach_opts opts = {.size = sizeof(opts)};

	/* A lone number is a link; programs go by their names here. */
	if (call->n == 1 && text_parse_u32(call->args[0], &opts.link) == 0)
		return detach(cli, &opts);
	opts.program = call->args[0];
	opts.hook = call->n > 1 ? call->args[1] : NULL;
	return detach(cli, &opts);
}

int link_delete(struct cli *cli, const char *name)
{
	struct bpfd_detach_opts opts = {.size = sizeof(opts)};

	if (text_parse_u32(name, &opts.link) < 0 || opts.link == 0)
		return verb_usage(cli, "\"%s\" is not the id of a link", name);
	return detach(cli, &opts);
}

const struct verb verb_detach = {
	.name = "detach",
	.args = "LINK | PROGRAM [HOOK]",
	.min_args = 1,
	.max_args = 2,
	.help = "end a link, or the links of a program",
	.more = "LINK is an id as \"get links\" shows it. Without HOOK all links of PROGRAM end.",
	.run = run_detach,
};
