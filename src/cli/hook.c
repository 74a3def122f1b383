/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how hooks are shown: what runs where, ours and foreign. */
#include "cli/noun.h"

static void free_hooks(struct bpfd_hooks **hooks)
{
	bpfd_hooks_free(*hooks);
}

static void put_hook(struct output *out, const struct bpfd_hook *h)
{
	const char *verdict;

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
	for (size_t i = 0; (verdict = bpfd_hook_proceed_on(h, i)); i++)
		output_word(out, verdict);
	output_words_end(out);
	output_number(out, "segment", "+SEGMENT", bpfd_hook_segment(h));
	output_bool(out, "is_called", "+CALLED", bpfd_hook_is_called(h));
	output_number(out, "runs", "+RUNS", bpfd_hook_runs(h));
	output_number(out, "average_ns", "+AVERAGE-NS", bpfd_hook_average_ns(h));
	output_text(out, "chain_reason", "+REASON", bpfd_hook_chain_reason(h));
	output_number(out, "link_id", "+LINK", bpfd_hook_link_id(h));
	output_text(out, "attached_by", "+BY", bpfd_hook_attached_by(h));
	output_record_end(out);
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
	return 0;
}
