/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of print_verification_stats() of kernels 5.10 to 7.x. */
#include "verifier/verified.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The counts are the last lines; from 7.3 each function has one, with its name. */
#define TAIL (256u << 10)

/* More is no frame of a program: the kernel takes 512, and adds a few of its own. */
#define STACK_MAX 4096

/* Digits at *at, which then points behind them. */
static bool read_number(const char **at, uint64_t max, uint32_t *ret)
{
	uint64_t value;
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	value = strtoull(*at, &end, 10);
	if (errno != 0 || value > max)
		return false;
	*at = end;
	*ret = (uint32_t)value;
	return true;
}

/* "stack depth 8+0+16", and whatever later kernels write behind it; "stack depth max 32" of 7.3 is
 * none of these. */
static void read_stacks(const char *at, struct verified *ret)
{
	uint32_t n = 0;

	do {
		if (n == INSTRUCTIONS_FUNCTIONS_MAX ||
		    !read_number(&at, STACK_MAX, &ret->stacks[n])) {
			ret->n_stacks = 0;
			return;
		}
		n++;
	} while (*at++ == '+');
	ret->n_stacks = n;
}

/* "0 (count) main insns_self 55 insns_total 70 stack 8": in the order of their code. */
static void read_function(const char *at, struct verified *ret)
{
	const char *end = strchrnul(at, '\n');
	const char *stack = memmem(at, (size_t)(end - at), " stack ", strlen(" stack "));
	uint32_t index;

	if (stack)
		stack += strlen(" stack ");
	if (read_number(&at, INSTRUCTIONS_FUNCTIONS_MAX - 1, &index) && stack &&
	    (index == 0 || index == ret->n_stacks) &&
	    read_number(&stack, STACK_MAX, &ret->stacks[index]) && stack == end)
		ret->n_stacks = index + 1;
	else
		ret->n_stacks = 0;
}

/* "processed 9 insns (limit 1000000) …" */
static void read_insns(const char *at, struct verified *ret)
{
	uint32_t n;

	ret->n_insns = 0;
	if (read_number(&at, UINT32_MAX, &n) && strncmp(at, " insns ", strlen(" insns ")) == 0)
		ret->n_insns = n;
}

static const char *behind(const char *line, const char *words)
{
	size_t n = strlen(words);

	return strncmp(line, words, n) == 0 ? line + n : NULL;
}

void verified_parse(const char *log, struct verified *ret)
{
	size_t len = strlen(log);
	const char *line = len > TAIL ? strchr(log + len - TAIL, '\n') : log;
	const char *at;

	ret->n_insns = 0;
	ret->n_stacks = 0;
	while (line) {
		line += *line == '\n';
		at = behind(line, "stack depth ");
		if (at)
			read_stacks(at, ret);
		at = behind(line, "subprog ");
		if (at)
			read_function(at, ret);
		at = behind(line, "processed ");
		if (at)
			read_insns(at, ret);
		line = strchr(line, '\n');
	}
}
