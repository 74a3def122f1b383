/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the few lines that every test of a real job begins with. */
#include "jobs.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"

struct forkserver *jobs_start(void)
{
	struct forkserver *fs = NULL;
	struct reason why = {0};

	if (forkserver_start(getenv("FORKSERVER"), &fs, &why) < 0) {
		printf("# %s\n", why.text);
		abort();
	}
	return fs;
}

int jobs_fixture(const char *name)
{
	char path[512], digest[DIGEST_TEXT_SIZE];
	_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", getenv("FIXTURES"), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : job_copy(fd, digest, NULL);
}

size_t jobs_all_programs(const struct object *o,
			 struct load_program ret[static OBJECT_PROGRAMS_MAX])
{
	for (size_t i = 0; i < o->n_programs; i++) {
		const struct object_program *p = &o->programs[i];
		const struct hook_kind_info *kind =
			hook_kind_info(p->kind == HOOK_KIND_UNKNOWN ? HOOK_XDP : p->kind);

		ret[i] = (struct load_program){.function = p->function,
					       .section = p->section,
					       .program_type = kind->program_type,
					       .attach_type = kind->attach_type,
					       .has_frags = p->has_frags,
					       .is_sleepable = p->is_sleepable};
	}
	return o->n_programs;
}

double jobs_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double jobs_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}
