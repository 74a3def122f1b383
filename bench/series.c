/* SPDX-License-Identifier: Apache-2.0 */
/* Owns clock and order statistics. */
#include "series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

double clock_ms_since(uint64_t begin_ns)
{
	return (double)(clock_ns() - begin_ns) / 1e6;
}

void series_add(struct series *s, double value)
{
	assert(s->n < SERIES_MAX);
	s->values[s->n++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double series_at(const struct series *s, double at)
{
	double sorted[SERIES_MAX];
	double place = at * (double)(s->n ? s->n - 1 : 0);
	size_t low = (size_t)place;
	size_t high = low + 1 < s->n ? low + 1 : low;

	if (s->n == 0)
		return 0;
	memcpy(sorted, s->values, s->n * sizeof(*sorted));
	qsort(sorted, s->n, sizeof(*sorted), compare);
	return sorted[low] + (sorted[high] - sorted[low]) * (place - (double)low);
}
