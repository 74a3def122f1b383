/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from a seed: the same seed gives the same case on every machine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t dice_next(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to @n - 1. */
static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)(dice_next(d) % n);
}

/* True in @percent of the calls. */
static inline bool dice_percent(struct dice *d, uint32_t percent)
{
	return dice_below(d, 100) < percent;
}
