/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of a row. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

#include "series.h"

void report(const struct row *row)
{
	printf("%s\t%s\t%.5g\t%s\t%s\t%s\t%s", row->id, row->what, row->value, row->unit, row->peer,
	       row->must, row->holds ? "true" : "false");
	if (row->series)
		printf("\t%.5g\t%.4g\t%zu", series_at(row->series, 0), series_at(row->series, 1),
		       row->series->n);
	else
		printf("\t\t\t1");
	printf("\n");
	fflush(stdout);
}

void report_ms(const struct row *row, double most_ms)
{
	char must[32];
	struct row full = *row;

	snprintf(must, sizeof(must), "<= %g ms", most_ms);
	full.value = series_median(row->series);
	full.unit = "ms";
	full.peer = row->peer ? row->peer : "";
	full.must = must;
	full.holds = full.value <= most_ms;
	report(&full);
}

const char *report_peer(const char *name, const struct series *s, char *ret, unsigned int size)
{
	if (s->n == 0)
		snprintf(ret, size, "%s is not here", name);
	else
		snprintf(ret, size, "%s %.3g ms (%.3g .. %.3g)", name, series_median(s),
			 series_at(s, 0), series_at(s, 1));
	return ret;
}

unsigned int report_runs(void)
{
	const char *text = getenv("BENCH_RUNS");
	unsigned int n = text ? (unsigned int)atoi(text) : 30;

	return n < 3 ? 3 : n > SERIES_MAX / 2 ? SERIES_MAX / 2 : n;
}

void report_fail(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}
