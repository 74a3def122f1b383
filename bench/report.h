/* SPDX-License-Identifier: Apache-2.0 */
/* One row of the table: a line of fields between tabs on stdout, which bench/run makes JSON of. */
#pragma once

#include <stdbool.h>

struct series;

/**
 * struct row
 * @id:      row of the contract's table, "1.1"; several lines may have one.
 * @value:   what is judged; of a series its median.
 * @peer:    what others took in the same run; "" where there is none.
 * @must:    the bound in words.
 * @series:  NULL, or the values behind @value: least, most and number are reported too.
 */
struct row {
	const char *id;
	const char *what;
	double value;
	const char *unit;
	const char *peer;
	const char *must;
	bool holds;
	const struct series *series;
};

void report(const struct row *row);

/* A row of times: of @row only .id, .what, .peer (may be NULL) and .series count, the rest follows
 * from the median, which must be at most @most_ms. */
void report_ms(const struct row *row, double most_ms);

/* "NAME 0.35 ms (0.28 .. 0.53)" into @ret of @size. */
const char *report_peer(const char *name, const struct series *s, char *ret, unsigned int size);

/* Number of runs: $BENCH_RUNS, 30 by default. */
unsigned int report_runs(void);

/* Say on stderr why there is no measurement, and end with 1. */
void report_fail(const char *what, const char *why) __attribute__((noreturn));
