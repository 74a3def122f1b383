/* SPDX-License-Identifier: Apache-2.0 */
/* Times of one operation, and what is said about them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SERIES_MAX 256

struct series {
	double values[SERIES_MAX];
	size_t n;
};

/* Of the monotonic clock. */
uint64_t clock_ns(void);

/* Milliseconds since @begin_ns. */
double clock_ms_since(uint64_t begin_ns);

/* Values beyond SERIES_MAX are an error of the program: it ends. */
void series_add(struct series *s, double value);

/* @at in 0..1 of the sorted values: 0 the least, 0.5 the median. 0 when there is none. */
double series_at(const struct series *s, double at);

static inline double series_median(const struct series *s)
{
	return series_at(s, 0.5);
}
