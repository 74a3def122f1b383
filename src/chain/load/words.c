/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from an instruction of a chain back to a member and a line of its source. */
#include "chain/load/words.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/link.h"
#include "chain/plan.h"
#include "verifier/explain.h"
#include "verifier/minimum.h"

/* struct btf_header of linux/btf.h, as far as strings need it. */
struct btf_head {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t type_off;
	uint32_t type_len;
	uint32_t str_off;
	uint32_t str_len;
};

bool words_are_of_the_whole(const char *log)
{
	static const char *const words[] = {
		"too large. Processed", "The sequence of",    "combined stack size",
		"the call stack of",	"call stack of prev", "too many subprograms",
		"total number of maps",
	};

	for (size_t i = 0; i < array_size(words); i++)
		if (strstr(log, words[i]))
			return true;
	return false;
}

static const struct bpf_line_info *find_line(const struct chain_code *code, uint32_t insn)
{
	const struct bpf_line_info *lines = code->line_info, *found = NULL;

	for (uint32_t i = 0; i < code->n_line_info && lines[i].insn_off <= insn; i++)
		found = &lines[i];
	return found;
}

/* A string of the BTF that the linker wrote; NULL when there is none. */
static const char *find_string(const struct chain_code *code, uint32_t offset)
{
	struct btf_head head;
	size_t at;

	if (!code->btf || code->btf_len < sizeof(head))
		return NULL;
	memcpy(&head, code->btf, sizeof(head));
	at = (size_t)head.hdr_len + head.str_off + offset;
	if (offset >= head.str_len || at >= code->btf_len)
		return NULL;
	return memchr((const char *)code->btf + at, '\0', code->btf_len - at)
		       ? (const char *)code->btf + at
		       : NULL;
}

static void add_place(const struct chain_code *code, uint32_t insn, struct reason *why)
{
	const struct bpf_line_info *line = find_line(code, insn);
	const char *path = line ? find_string(code, line->file_name_off) : NULL;

	if (path)
		explain_add_place(why, path, BPF_LINE_INFO_LINE_NUM(line->line_col));
}

static void name_subject(const struct chain_plan *plan, const struct chain_origin *origin,
			 char ret[static 288])
{
	if (origin && origin->member < plan->n)
		snprintf(ret, 288, "member %.255s", plan->list[origin->member].name);
	else if (origin)
		snprintf(ret, 288, "between its members");
	else
		snprintf(ret, 288, "as a whole");
}

int words_explain(const struct chain_plan *plan, const struct chain_code *code, int refusal,
		  const char *log, struct reason *why)
{
	const struct chain_origin *origin = NULL;
	uint32_t insn = 0;
	char subject[288];
	int r;

	if (!words_are_of_the_whole(log) && explain_insn(log, &insn) == 0)
		origin = chain_find_origin(code, insn);
	name_subject(plan, origin, subject);
	r = explain_verifier(subject, refusal, log, minimum_running(), why);
	if (origin)
		add_place(code, insn, why);
	reason_prefix(why, "chain of %zu program%s", plan->n, plan->n == 1 ? "" : "s");
	return r;
}
