// SPDX-License-Identifier: Apache-2.0
/* Group 3: many programs on one hook.
 * Usage: chain rows		the rows that need no interface (bench/chains.sh has the others)
 *	  chain run ID ROUNDS	nanoseconds of one packet in the XDP program with that id: median,
 *least, most chain time COMMAND...	milliseconds of a process, from its start to its end */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/bpf.h"
#include "linked.h"
#include "report.h"

extern char **environ;

#define ROUNDS_MAX 7

/* Chains that are compared run in turns: what disturbs the machine disturbs all. */
struct course {
	struct chain_loaded loaded[8];
	int fds[8];
	struct series ns[8];
	size_t n;
};

static void add(struct course *c, const struct linked_wish *wish)
{
	if (wish->n == 1) {
		c->fds[c->n++] = linked_alone();
		return;
	}
	linked_load(wish, &c->loaded[c->n]);
	c->fds[c->n] = c->loaded[c->n].program_fds[0];
	c->n++;
}

static void run(struct course *c)
{
	unsigned int rounds = report_runs() < ROUNDS_MAX ? report_runs() : ROUNDS_MAX;

	for (unsigned int round = 0; round < rounds; round++)
		for (size_t i = 0; i < c->n; i++)
			linked_time(c->fds[i], 1, &c->ns[i]);
}

/* The least of many is what the program takes; the rest is the machine's. */
static double least(const struct course *c, size_t i)
{
	return series_at(&c->ns[i], 0);
}

enum { ONE, TEN, TEN_CALLED, TEN_COUNTED, TEN_IN_TWO, MANY, _COURSE_MAX };

static void row_inline(const struct course *c)
{
	double added = least(c, TEN) - least(c, ONE), called = least(c, TEN_CALLED) - least(c, ONE);
	char peer[160];

	snprintf(peer, sizeof(peer), "one %.1f ns, ten inline %.1f, called %.1f", least(c, ONE),
		 least(c, TEN), least(c, TEN_CALLED));
	report(&(struct row){
		.id = "3.1",
		.what = "what nine more counting members add inline, of what they add called",
		.value = 100 * added / called,
		.unit = "%",
		.peer = peer,
		.must = "<= 15 %",
		.holds = added <= 0.15 * called});
}

static void row_stats(const struct course *c)
{
	double each = (least(c, TEN_COUNTED) - least(c, TEN)) / 10, sampled, other;
	char peer[160];

	snprintf(peer, sizeof(peer), "ten without %.1f ns, with %.1f", least(c, TEN),
		 least(c, TEN_COUNTED));
	report(&(struct row){.id = "3.3",
			     .what = "statistics, for a member and packet",
			     .value = each,
			     .unit = "ns",
			     .peer = peer,
			     .must = "<= 4 ns",
			     .holds = each <= 4});
	linked_time_sample(&c->loaded[TEN_COUNTED], &sampled, &other);
	snprintf(peer, sizeof(peer), "a packet that is timed %.0f ns, one that is not %.0f",
		 sampled, other);
	each = (sampled - other) / 10 / CHAIN_SAMPLE;
	report(&(struct row){
		.id = "3.3",
		.what = "timing of one packet in 1024, for a member and packet on average",
		.value = each,
		.unit = "ns",
		.peer = peer,
		.must = "<= 1 ns",
		.holds = each <= 1});
}

static void row_many(const struct course *c)
{
	double of_ten = (least(c, TEN) - least(c, ONE)) / 9;
	double of_many = (least(c, MANY) - least(c, ONE)) / 63;
	char peer[160];

	snprintf(peer, sizeof(peer), "%.2f ns a member with ten, %.2f with 64; 64 take %.1f ns",
		 of_ten, of_many, least(c, MANY));
	report(&(struct row){.id = "3.5",
			     .what = "cost of a member among 64, of that among ten",
			     .value = of_many / of_ten,
			     .unit = "x",
			     .peer = peer,
			     .must = "0.8 .. 1.2 x",
			     .holds = of_many / of_ten >= 0.8 && of_many / of_ten <= 1.2});
	report(&(struct row){.id = "3.5",
			     .what = "hop to the next segment",
			     .value = least(c, TEN_IN_TWO) - least(c, TEN),
			     .unit = "ns",
			     .peer = "",
			     .must = "reported",
			     .holds = true});
}

/* Link, verify and load of a chain with @n members. */
static double load_ms(unsigned int n, struct series *ret, uint32_t *ret_insns)
{
	const struct linked_wish wish = {.n = n, .n_segments = 1};

	for (unsigned int i = 0; i < report_runs(); i++) {
		_cleanup_(chain_loaded_done) struct chain_loaded loaded;

		linked_load(&wish, &loaded);
		series_add(ret, (loaded.link_us + loaded.load_us) / 1000.0);
		*ret_insns = loaded.n_insns;
	}
	return series_median(ret);
}

static void rows_load(void)
{
	struct series ten = {0}, twenty = {0}, forty = {0}, eighty = {0};
	uint32_t insns[4];
	double ms[4] = {load_ms(10, &ten, &insns[0]), load_ms(20, &twenty, &insns[1]),
			load_ms(40, &forty, &insns[2]), load_ms(80, &eighty, &insns[3])};
	double growth = ms[3] / insns[3] / (ms[0] / insns[0]);
	char peer[160];

	report_ms(&(struct row){.id = "3.4",
				.what = "link, verify and load of a chain of ten counting members",
				.series = &ten},
		  3);
	snprintf(peer, sizeof(peer),
		 "10, 20, 40, 80 members: %.2f, %.2f, %.2f, %.2f ms; %u, %u, %u, %u instructions",
		 ms[0], ms[1], ms[2], ms[3], insns[0], insns[1], insns[2], insns[3]);
	report(&(struct row){.id = "3.4",
			     .what = "time for an instruction with 80 members, of that with ten",
			     .value = growth,
			     .unit = "x",
			     .peer = peer,
			     .must = "<= 1.2 x",
			     .holds = growth <= 1.2});
}

static int rows(void)
{
	static struct course course;

	add(&course, &(struct linked_wish){.n = 1});
	add(&course, &(struct linked_wish){.n = 10, .n_segments = 1});
	add(&course, &(struct linked_wish){.n = 10, .n_segments = 1, .is_called = true});
	add(&course, &(struct linked_wish){.n = 10, .n_segments = 1, .is_counted = true});
	add(&course, &(struct linked_wish){.n = 10, .n_segments = 2});
	add(&course, &(struct linked_wish){.n = 64, .n_segments = 1});
	run(&course);
	row_inline(&course);
	row_stats(&course);
	rows_load();
	row_many(&course);
	return 0;
}

static int run_program(const char *id, const char *rounds)
{
	struct series ns = {0};
	int fd = bpf_id_open(BPF_OBJECT_PROGRAM, (uint32_t)strtoul(id, NULL, 10));

	if (fd < 0)
		report_fail(id, strerror(-fd));
	linked_time(fd, (unsigned int)strtoul(rounds, NULL, 10), &ns);
	printf("%.1f %.1f %.1f\n", series_median(&ns), series_at(&ns, 0), series_at(&ns, 1));
	return 0;
}

static int time_process(char **command)
{
	uint64_t begin = clock_ns();
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
		report_fail(command[0], "cannot be started");
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		report_fail(command[0], "failed");
	printf("%.2f\n", clock_ms_since(begin));
	return 0;
}

int main(int argc, char **argv)
{
	/* below 5.11 maps and programs count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	if (argc == 2 && strcmp(argv[1], "rows") == 0)
		return rows();
	if (argc == 4 && strcmp(argv[1], "run") == 0)
		return run_program(argv[2], argv[3]);
	if (argc > 2 && strcmp(argv[1], "time") == 0)
		return time_process(argv + 2);
	return 2;
}
