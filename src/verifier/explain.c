/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of verifier logs of 5.10 to 7.x; the wordings come from kernel/bpf/verifier.c.
 */
#include "verifier/explain.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "verifier/minimum.h"

#define DETAIL_MAX   (1u << 20)
#define SHOWN_INSNS  3
#define SHOWN_LENGTH 100

struct line {
	const char *s;
	size_t n;
};

/* What a log says: the cause, the source line before it, and the last instructions, newest first.
 */
struct findings {
	struct line cause;
	struct line source;
	struct line insns[SHOWN_INSNS];
	size_t n_insns;
};

/* The causes that people meet, and what helps. The first match counts. */
static const struct {
	const char *words;
	const char *hint;
} cures[] = {
	{"map_value_or_null", "check the result of bpf_map_lookup_elem() for NULL before using it"},
	{"_or_null'", "check the pointer for NULL before using it"},
	{"invalid access to packet",
	 "compare with data_end before reading: if (p + size > data_end)"},
	{"min value is negative",
	 "bound the value: compare as unsigned, or mask it (x &= SIZE - 1)"},
	{"unbounded min value", "bound the value: compare as unsigned, or mask it (x &= SIZE - 1)"},
	{"unbounded memory access",
	 "bound the value: compare with the size, or mask it (x &= SIZE - 1)"},
	{"makes pkt pointer be out of bounds", "bound what is added to the packet pointer first"},
	{"invalid access to map value", "the offset may reach beyond the map's value: bound it"},
	{"back-edge", "loops need a bound that the verifier sees (kernel 5.3), or #pragma unroll"},
	{"infinite loop",
	 "the loop's condition must change with each turn; use a counter with a bound"},
	{"too large. Processed", "fewer branches and loops: split the program, or use bpf_loop()"},
	{"The sequence of", "fewer branches and loops: split the program, or use bpf_loop()"},
	{"combined stack size", "large variables belong in a per-CPU array map, not on the stack"},
	{"stack depth", "large variables belong in a per-CPU array map, not on the stack"},
	{"invalid indirect read from stack",
	 "initialise the whole variable, padding too: = {} or memset"},
	{"invalid read from stack", "initialise the variable before it is read"},
	{"Unreleased reference",
	 "release it on every path: bpf_ringbuf_discard(), bpf_sk_release(), …"},
	{"reference has not been",
	 "release it on every path: bpf_ringbuf_discard(), bpf_sk_release(), …"},
	{"GPL", "declare a compatible licence: char _license[] SEC(\"license\") = \"GPL\""},
	{"write into map forbidden", "the map is read-only for programs (const variables are)"},
	{"cannot write into rdonly", "the memory is read-only"},
	{"!read_ok", "a variable or the return value may be uninitialised on some path"},
	{"At program exit", "the return value is outside of what this kind of program may return"},
	{"invalid bpf_context access",
	 "this field of the context is not there for this kind of program"},
	{"CO-RE relocation",
	 "the running kernel has no such field or type: guard it with bpf_core_…_exists()"},
	{"unreachable insn", "a part of the code can never run; compile with -O2"},
	{"leaks addr", "do not store kernel pointers where others read them"},
	{"invalid mem access 'inv'",
	 "read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ()"},
	{"invalid mem access 'scalar'",
	 "read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ()"},
};

static bool has(struct line l, const char *words)
{
	return memmem(l.s, l.n, words, strlen(words)) != NULL;
}

static bool starts(struct line l, const char *words)
{
	return l.n >= strlen(words) && memcmp(l.s, words, strlen(words)) == 0;
}

/* "12: (61) r1 = *(u32 *)(r0 +0)" */
static bool is_insn(struct line l)
{
	size_t i = 0;

	while (i < l.n && isdigit((unsigned char)l.s[i]))
		i++;
	return i > 0 && l.n > i + 2 && l.s[i] == ':' && l.s[i + 2] == '(';
}

/* "0: R1=ctx() R10=fp0", " R0_w=inv0 R10=fp0", and the like: what the verifier knows, no complaint.
 */
static bool is_state(struct line l)
{
	size_t i = 0;

	while (i < l.n && (isdigit((unsigned char)l.s[i]) || l.s[i] == ':' || l.s[i] == ' '))
		i++;
	if (i + 2 >= l.n)
		return true;
	if (l.s[i] != 'R' || !isdigit((unsigned char)l.s[i + 1]))
		return false;
	while (i < l.n && (isalnum((unsigned char)l.s[i]) || l.s[i] == '_'))
		i++;
	return i < l.n && l.s[i] == '=';
}

static bool is_noise(struct line l)
{
	static const char *const noise[] = {
		"processed ",	"verification time",
		"stack depth ", "func#",
		"from ",	"last_idx ",
		"regs=",	"parent ",
		"mark_precise", "cur state",
		"old state",	"caller:",
		"callee:",	"returning from callee",
		"to caller at", "insns processed",
		"propagating ", "Validating ",
		"Func#",	"frame",
		"safe",		"arg#",
		"-- ",		"max_states",
		"insn_cnt",	"The following",
		"live regs",
	};

	if (is_insn(l) || is_state(l) || has(l, " insns_self "))
		return true;
	for (size_t i = 0; i < array_size(noise); i++)
		if (starts(l, noise[i]))
			return true;
	return has(l, ": safe");
}

/* The log's lines from its end to its beginning. */
static bool previous_line(const char *log, size_t *end, struct line *ret)
{
	size_t start;

	while (*end > 0 && (log[*end - 1] == '\n' || log[*end - 1] == '\r'))
		(*end)--;
	if (*end == 0)
		return false;
	start = *end;
	while (start > 0 && log[start - 1] != '\n')
		start--;
	*ret = (struct line){log + start, *end - start};
	*end = start;
	return true;
}

/* From 7.x the verifier ends with a report for people: its sections repeat what the lines above
 * say, and are read from those. Return: length of the log without it. */
static size_t without_report(const char *log)
{
	const char *report = strstr(log, "\nVerification failed: ");

	return report ? (size_t)(report - log) : strlen(log);
}

/* The report's own advice, for causes without a cure of ours. */
static void suggest(const char *log, struct reason *why)
{
	const char *at = strstr(log, "\nSuggestion:\n");
	size_t n;

	if (!at)
		return;
	at += strlen("\nSuggestion:\n");
	at += strspn(at, " ");
	n = strcspn(at, "\n");
	reason_hint(why, "%.*s", (int)(n < 300 ? n : 300), at);
}

static struct findings search(const char *log)
{
	struct findings f = {0};
	size_t end = without_report(log);
	struct line l;

	while ((!f.source.s || f.n_insns < SHOWN_INSNS) && previous_line(log, &end, &l)) {
		if (starts(l, ";")) {
			if (!f.source.s)
				f.source = l;
		} else if (is_insn(l)) {
			if (f.n_insns < SHOWN_INSNS)
				f.insns[f.n_insns++] = l;
		} else if (!f.cause.s && !is_noise(l)) {
			f.cause = l;
			/* What follows the complaint belongs to other paths. */
			f.source = (struct line){0};
			f.n_insns = 0;
		}
	}
	return f;
}

/* "; return *x; @ counter.bpf.c:23" (6.9) or "; return *x;" */
static void add_source(struct text *t, struct line l)
{
	struct line place = {0};

	/* One blank stays, so that "; @ file:1" without code is found too. */
	while (l.n > 1 && (*l.s == ';' || (*l.s == ' ' && l.s[1] == ' '))) {
		l.s++;
		l.n--;
	}
	for (size_t i = l.n; i > 2 && !place.s; i--)
		if (memcmp(l.s + i - 3, " @ ", 3) == 0) {
			place = (struct line){l.s + i, l.n - i};
			l.n = i - 3;
		}
	while (l.n > 0 && *l.s == ' ') {
		l.s++;
		l.n--;
	}
	text_add(t, "; at %.*s%s%.*s", (int)place.n, place.s ? place.s : "",
		 place.n > 0 && l.n > 0 ? ": " : "", (int)(l.n < SHOWN_LENGTH ? l.n : SHOWN_LENGTH),
		 l.s);
}

/* Without the registers that follow: "9: (79) r1 = *(u64 *)(r0 +0)   ; R0=…" */
static void add_insn(struct text *t, struct line l)
{
	const char *state = memchr(l.s, ';', l.n);

	if (state)
		l.n = (size_t)(state - l.s);
	while (l.n > 0 && isspace((unsigned char)l.s[l.n - 1]))
		l.n--;
	text_add(t, " | %.*s", (int)(l.n < SHOWN_LENGTH ? l.n : SHOWN_LENGTH), l.s);
}

/* "unknown func bpf_x#N", "invalid func unknown#N", "program of this type cannot use helper
 * bpf_x#N" */
static const struct minimum *find_helper(struct line l)
{
	const char *at;

	if (!has(l, "unknown func") && !has(l, "invalid func") && !has(l, "cannot use helper"))
		return NULL;
	at = memchr(l.s, '#', l.n);
	return at ? minimum_helper((uint32_t)strtoul(at + 1, NULL, 10)) : NULL;
}

static void cure(struct line cause, struct reason *why)
{
	for (size_t i = 0; i < array_size(cures); i++)
		if (has(cause, cures[i].words)) {
			reason_hint(why, "%s", cures[i].hint);
			return;
		}
}

/* Return: -EOPNOTSUPP when the helper is what this kernel lacks, else @code. */
static int explain_helper(const struct minimum *helper, const char *subject, int code,
			  uint32_t kernel, struct reason *why)
{
	if (minimum_is_missing(helper, kernel))
		return fail(why, -EOPNOTSUPP, "%s: helper %s needs kernel %u.%u (this is %u.%u)",
			    subject, helper->name, helper->major, helper->minor, kernel >> 16,
			    kernel >> 8 & 0xff);
	reason_hint(why, "helper %s exists since kernel %u.%u, but not for this type of program",
		    helper->name, helper->major, helper->minor);
	return code;
}

/* Addresses of the kernel help nobody with his program, and somebody with an attack. */
static char *mask_addresses(char *s)
{
	for (char *at = s; at && (at = strstr(at, "0xffff")); at += 6)
		for (char *digit = at + 6; isxdigit((unsigned char)*digit); digit++)
			*digit = 'x';
	return s;
}

static char *end_of(const char *log)
{
	size_t n = strlen(log);

	return mask_addresses(strdup(n > DETAIL_MAX ? log + n - DETAIL_MAX : log));
}

/* "unreachable insn 7", "back-edge from insn 3 to 1" */
static int insn_in_words(struct line l, uint32_t *ret)
{
	const char *at = l.s ? memmem(l.s, l.n, "insn ", 5) : NULL;

	if (!at || !isdigit((unsigned char)at[5]))
		return -ENOENT;
	*ret = (uint32_t)strtoul(at + 5, NULL, 10);
	return 0;
}

int explain_insn(const char *log, uint32_t *ret)
{
	struct findings f = search(log);

	if (f.n_insns == 0)
		return insn_in_words(f.cause, ret);
	*ret = (uint32_t)strtoul(f.insns[0].s, NULL, 10);
	return 0;
}

void explain_add_place(struct reason *why, const char *path, uint32_t line)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	char *at = strstr(why->text, "; at ");
	_free_ char *source = NULL;

	if (!at || !*file || strstr(at, file) || !(source = strdup(at + strlen("; at "))))
		return;
	snprintf(at, sizeof(why->text) - (size_t)(at - why->text), "; at %s:%u: %s", file, line,
		 source);
}

static const char *words_for(int code)
{
	switch (code) {
	case -EPERM:
		return "the kernel permits no such program (capabilities, lockdown or LSM)";
	case -E2BIG:
		return "the program has more instructions than the kernel takes";
	case -ENOSPC:
		return "the verifier's log was too long";
	case -EINVAL:
		return "the kernel takes no such program type, attach type or flag";
	default:
		return strerror(-code);
	}
}

int explain_verifier(const char *subject, int code, const char *log, uint32_t kernel,
		     struct reason *why)
{
	struct findings f = search(log);
	const struct minimum *helper = NULL;
	_text_ struct text t = {0};

	if (*log)
		reason_detail_adopt(why, end_of(log));
	if (!f.cause.s)
		return fail(why, code, "%s: %s", subject, words_for(code));
	helper = find_helper(f.cause);
	if (helper) {
		int r = explain_helper(helper, subject, code, kernel, why);

		if (r != code)
			return r;
	}
	text_add(&t, "%.*s", (int)(f.cause.n < 300 ? f.cause.n : 300), f.cause.s);
	if (f.source.s)
		add_source(&t, f.source);
	for (size_t i = f.n_insns; i > 0; i--)
		add_insn(&t, f.insns[i - 1]);
	cure(f.cause, why);
	suggest(log, why);
	return fail(why, code, "%s: the verifier refuses it: %s", subject,
		    t.data ? mask_addresses(t.data) : "");
}
