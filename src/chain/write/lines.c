/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the records of lines: strictly rising, one at the start of each function (the kernel asks
 * for both). */
#include "chain/write/lines.h"

#include <stdio.h>
#include <string.h>

#include "chain/facts.h"

#define LINE_FIRST (1u << 10) /* line 1, column 0 */

/* As in BPF_PROG_LOAD. */
struct line {
	uint32_t insn;
	uint32_t file;
	uint32_t text;
	uint32_t place;
};

/* The first line of an instruction stays. */
static void put(struct writer *w, const struct line *line)
{
	if (line->insn < w->line_at)
		return;
	text_add_bytes(&w->lines, line, sizeof(*line));
	w->line_at = line->insn + 1;
}

void lines_add(struct writer *w, const char *file, const char *text)
{
	struct line line = {.insn = emit_at(w),
			    .file = btf_add_string(&w->btf, file),
			    .text = btf_add_string(&w->btf, text),
			    .place = LINE_FIRST};

	put(w, &line);
}

static struct line get(const struct instructions *code, uint32_t i)
{
	struct line line;

	memcpy(&line, (const char *)code->line_info + (size_t)i * code->line_info_rec_size,
	       sizeof(line));
	return line;
}

/* The first record at or behind an instruction, if they rise as they should. */
static uint32_t find(const struct instructions *code, uint32_t insn)
{
	uint32_t low = 0, high = code->n_line_info;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (get(code, middle).insn < insn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A function needs a line where it begins, whatever the member has. */
static void put_start(struct writer *w, const struct lines_range *range, uint32_t start)
{
	struct line line = {.insn = range->at + start - range->start, .place = LINE_FIRST};
	char text[192];

	if (line.insn < w->line_at)
		return;
	snprintf(text, sizeof(text), "member %.128s has no line information",
		 w->plan->list[range->member].name);
	line.file = btf_add_string(&w->btf, "bpfd");
	line.text = btf_add_string(&w->btf, text);
	put(w, &line);
}

static void copy_line(struct writer *w, const struct lines_range *range, struct line line)
{
	const struct btf_reader *from = &w->copies[range->member - w->segment.first].from;

	line.insn = line.insn - range->start + range->at;
	if (line.insn < w->line_at || emit_get(w, line.insn)->code == 0)
		return;
	line.file = btf_add_string(&w->btf, btf_read_string(from, line.file));
	line.text = btf_add_string(&w->btf, btf_read_string(from, line.text));
	put(w, &line);
}

void lines_copy(struct writer *w, const struct lines_range *range)
{
	const struct chain_facts *facts = w->plan->members[range->member].facts;
	const struct instructions *code = w->plan->list[range->member].code;
	bool has_lines = code->line_info_rec_size >= LINES_RECORD;
	uint32_t i = has_lines ? find(code, range->start) : 0;
	uint32_t n = has_lines ? code->n_line_info : 0;

	if (w->insns.r < 0 || range->start >= range->end)
		return;
	for (size_t f = chain_facts_function(facts, range->start);
	     f < facts->n_functions && facts->functions[f].start < range->end; f++) {
		const struct chain_function *function = &facts->functions[f];

		if (i >= n || get(code, i).insn != function->start)
			put_start(w, range, function->start);
		for (; i < n && get(code, i).insn < function->end &&
		       get(code, i).insn >= function->start;
		     i++)
			copy_line(w, range, get(code, i));
	}
}
