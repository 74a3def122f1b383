// SPDX-License-Identifier: Apache-2.0
/* Random chains against a plain interpreter of the rules (docs/CHAIN.md): verdict, packet, maps and
 * statistics agree.
 * Usage: property CASES SECONDS [SEED]: CASES or SECONDS, whatever ends first; case k of SEED has
 *the seed SEED + k, so "property 1 60 0x..." repeats one. SHOW_REFUSED=1 shows what was refused.
 * Exit 0, 1 (a case does not agree; it is told), 2. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "case.h"
#include "chain/plan.h"

#define REFUSED_PERCENT_MAX 10

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t choose_seed(const char *text)
{
	uint64_t seed = 0;

	if (text)
		return strtoull(text, NULL, 0);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		exit(2);
	return seed;
}

static int summarize(const struct tally *t, uint64_t seed, double seconds)
{
	printf("# %u cases from seed 0x%llx in %.0f s: %u members (%u refused alone), %u chains refused as documented\n# modes:",
	       t->cases, (unsigned long long)seed, seconds, t->members, t->refused_members,
	       t->refused_chains);
	for (int mode = 0; mode < _CHAIN_MODE_MAX; mode++)
		printf(" %s %u", chain_mode_name((enum chain_mode)mode), t->modes[mode]);
	printf("\n");
	if (t->refused_members * 100 > t->members * REFUSED_PERCENT_MAX ||
	    t->refused_chains * 100 > t->cases * REFUSED_PERCENT_MAX) {
		printf("# too many are refused for the rest to prove anything\n");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct tally tally = {0};
	struct world world;
	uint64_t seed;
	double begin = now(), seconds;
	uint32_t n;
	int r;

	if (argc < 3)
		return 2;
	n = (uint32_t)strtoul(argv[1], NULL, 10);
	seconds = strtod(argv[2], NULL);
	seed = choose_seed(argv[3]);
	/* below 5.11 maps and programs count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	r = world_init(&world);
	for (uint32_t i = 0; r == 0 && i < n && now() - begin < seconds; i++)
		r = case_run(seed + i, &world, &tally);
	if (r < 0)
		fprintf(stderr, "case %u of seed 0x%llx: %s\n", tally.cases,
			(unsigned long long)seed, strerror(-r));
	if (r != 0)
		return r < 0 ? 2 : 1;
	return summarize(&tally, seed, now() - begin);
}
