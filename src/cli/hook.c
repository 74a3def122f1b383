/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how hooks are shown: what runs where, ours and foreign. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/noun.h"

static void free_hooks(struct bpfd_hooks **hooks)
{
	bpfd_hooks_free(*hooks);
}

static void put_hook(struct output *out, const struct bpfd_hook *h)
{
	const char *word;
	uint64_t count;
	char text[24];

	output_record(out, "hook", bpfd_hook_name(h));
	output_text(out, "hook", "HOOK", bpfd_hook_name(h));
	output_number(out, "position", "POSITION", bpfd_hook_position(h));
	output_text(out, "program", "PROGRAM", bpfd_hook_program(h));
	output_number(out, "program_id", "ID", bpfd_hook_program_id(h));
	output_bool(out, "is_ours", "OURS", bpfd_hook_is_ours(h));
	output_number(out, "priority", "PRIORITY", bpfd_hook_priority(h));
	output_text(out, "mode", "MODE", bpfd_hook_mode(h));
	output_text(out, "owner", "OWNER", bpfd_hook_owner(h));
	output_text(out, "chain_mode", "CHAIN", bpfd_hook_chain_mode(h));
	output_words(out, "proceed_on", "+PROCEED-ON");
	for (size_t i = 0; (word = bpfd_hook_proceed_on(h, i)); i++)
		output_word(out, word);
	output_words_end(out);
	output_words(out, "returns", "+RETURNS");
	for (size_t i = 0; (word = bpfd_hook_returns(h, i)); i++)
		output_word(out, word);
	output_words_end(out);
	output_number(out, "segment", "+SEGMENT", bpfd_hook_segment(h));
	output_bool(out, "is_called", "+CALLED", bpfd_hook_is_called(h));
	output_number(out, "runs", "+RUNS", bpfd_hook_runs(h));
	output_number(out, "average_ns", "+AVERAGE-NS", bpfd_hook_average_ns(h));
	output_pairs(out, "verdicts", "+VERDICTS");
	for (size_t i = 0; (word = bpfd_hook_verdict(h, i, &count)); i++) {
		snprintf(text, sizeof(text), "%" PRIu64, count);
		output_pair(out, word, text);
	}
	output_pairs_end(out);
	output_text(out, "chain_reason", "+REASON", bpfd_hook_chain_reason(h));
	output_number(out, "link_id", "+LINK", bpfd_hook_link_id(h));
	output_text(out, "attached_by", "+BY", bpfd_hook_attached_by(h));
	output_words(out, "warnings", NULL);
	for (size_t i = 0; (word = bpfd_hook_warning(h, i)); i++)
		output_word(out, word);
	output_words_end(out);
	output_record_end(out);
}

/* Apart from the table, so that what reads that is not disturbed. */
static void print_warnings(const struct bpfd_hooks *hooks)
{
	const struct bpfd_hook *h;
	const char *words;

	for (size_t i = 0; (h = bpfd_hooks_get(hooks, i)); i++)
		for (size_t k = 0; (words = bpfd_hook_warning(h, k)); k++)
			fprintf(stderr, "warning: %s: %s: %s\n", bpfd_hook_name(h),
				bpfd_hook_program(h), words);
}

int hook_get(struct cli *cli, const struct bpfd_list_opts *opts, struct output *out)
{
	_cleanup_(free_hooks) struct bpfd_hooks *hooks = NULL;
	const struct bpfd_hook *h;
	int r = bpfd_hook_list(cli->conn, opts, &hooks);

	if (r < 0)
		return r;
	output_list(out, "hooks");
	for (size_t i = 0; (h = bpfd_hooks_get(hooks, i)); i++)
		put_hook(out, h);
	output_list_end(out);
	print_warnings(hooks);
	return 0;
}
