/* SPDX-License-Identifier: Apache-2.0 */
/* Owns random members: their instructions, the programs that they tail-call, their place in a
 * chain; each is one that the kernel takes alone. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/bpf.h"
#include "raw.h"
#include "verifier/verified.h"

#define LOG_SIZE    65536
#define F_XDP_FRAGS (1u << 5)

static const char *const names[] = {"a",	   "b",	      "filter", "filter", "bpfd_chain",
				    "with-dash.x", "1number", "f",	"chain"};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Descriptors in the place of maps; @array_fd: the member's own. */
static void enter_maps(struct code *c, const struct pool *pool, int array_fd)
{
	for (uint32_t i = 0; i < c->n_refs; i++) {
		uint32_t map = c->refs[i].other;

		c->insns[c->refs[i].insn].imm = map == CODE_ARRAY ? array_fd : pool->fds[map];
	}
}

/* Return: descriptor, or -errno. */
static int load_alone(struct code *c, const struct making *making, uint32_t flags,
		      struct verified *ret)
{
	static char log[LOG_SIZE];
	struct bpf_program_spec spec = {.type = c->type,
					.expected_attach_type = making->rules->attach_type,
					.insns = c->insns,
					.n_insns = c->n,
					.license = "GPL",
					.name = "alone",
					.flags = flags,
					.log = log,
					.log_size = sizeof(log),
					.log_level = VERIFIED_LOG_LEVEL};
	int fd;

	log[0] = '\0';
	fd = bpf_program_load(&spec);
	making->tries->n++;
	if (fd >= 0) {
		verified_parse(log, ret);
		return fd;
	}
	making->tries->refused++;
	snprintf(making->tries->said, sizeof(making->tries->said), "%d %.400s", fd, log);
	return fd;
}

static void begin(struct code *c, const struct making *making)
{
	memset(c, 0, sizeof(*c));
	c->type = making->rules->program_type;
	c->random = making->random;
	c->may_jump = making->has_may_goto;
}

static void put_target(struct member *m, const struct making *making, uint32_t i)
{
	struct code *c = &m->targets[i];
	struct verified v;
	uint32_t value;
	int fd;

	do {
		begin(c, making);
		c->is_target = true;
		code_write(c);
		enter_maps(c, making->pool, -1);
		fd = load_alone(c, making, m->instructions.prog_flags, &v);
	} while (fd < 0);
	value = (uint32_t)fd;
	if (bpf_map_put(m->array_fd, &i, &value, BPF_ANY) < 0)
		c->n = 0;
	close_fd(&fd);
}

/* Some slots of the array stay empty, and some are emptied again. */
static int make_targets(struct member *m, const struct making *making)
{
	const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_PROG_ARRAY,
					  .key_size = 4,
					  .value_size = 4,
					  .max_entries = CODE_TARGETS,
					  .name = "jumps"};

	m->array_fd = bpf_map_make(&spec);
	if (m->array_fd < 0)
		return m->array_fd;
	for (uint32_t i = 0; i < CODE_TARGETS; i++) {
		if (random_is(making->random, 45))
			continue;
		put_target(m, making, i);
		if (random_is(making->random, 15)) {
			bpf_map_delete(m->array_fd, &i);
			m->targets[i].n = 0;
		}
	}
	return 0;
}

static bool is_in(const struct member *m, int32_t code)
{
	for (size_t i = 0; i < m->n_proceed_on; i++)
		if (m->proceed_on[i] == code)
			return true;
	return false;
}

static void choose_set(struct member *m, const struct making *making)
{
	struct random *r = making->random;
	bool is_wild = random_is(r, 10);
	uint32_t n = random_is(r, 15) ? random_below(r, 60) : random_below(r, 8);

	m->n_proceed_on = 0;
	if (random_is(r, 30)) {
		m->proceed_on[m->n_proceed_on++] = making->rules->end;
		m->proceed_on[m->n_proceed_on++] = 31;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t range = random_is(r, 80) ? 10 : 63;
		int32_t code = (int32_t)random_below(r, range) - 1;

		if (is_wild && random_is(r, 30))
			code = random_number(r);
		if (!is_in(m, code))
			m->proceed_on[m->n_proceed_on++] = code;
	}
}

/* What the linker is told, as the daemon tells it. */
static void describe(struct member *m, const struct making *making, const struct verified *v)
{
	struct random *r = making->random;
	struct instructions *in = &m->instructions;
	uint32_t n = v->n_stacks < CODE_FUNCTION + 1 ? v->n_stacks : CODE_FUNCTION + 1;

	memcpy(m->stacks, v->stacks, n * sizeof(*m->stacks));
	in->insns = m->code.insns;
	in->n_insns = m->code.n;
	in->map_refs = m->refs;
	in->n_map_refs = m->code.n_refs;
	in->expected_attach_type = making->rules->attach_type;
	in->license = (char *)(uintptr_t)(random_is(r, 20) ? "Proprietary" : "GPL");
	if (random_is(r, 85)) {
		in->stacks = m->stacks;
		in->n_stacks = n;
		in->verified = v->n_insns;
	}
	for (uint32_t i = 0; i < m->code.n_refs; i++) {
		m->refs[i] = (struct map_ref){m->code.refs[i].insn, m->code.refs[i].other};
		m->code.insns[m->refs[i].insn].imm = (int32_t)m->refs[i].map;
	}
}

void member_make(struct member *m, const struct making *making, uint32_t key)
{
	struct random *r = making->random;
	struct verified v = {0};

	*m = (struct member){.fd = -1, .array_fd = -1, .slot = -1};
	if (making->has_frags && random_is(r, 20))
		m->instructions.prog_flags = F_XDP_FRAGS;
	for (uint32_t i = 0; i < CODE_MAPS; i++)
		m->maps[i] = (struct chain_map){.key = i + 1, .type = BPF_MAP_TYPE_ARRAY};
	m->maps[CODE_ARRAY] = (struct chain_map){.key = key, .type = BPF_MAP_TYPE_PROG_ARRAY};
	while (m->fd < 0) {
		close_fd(&m->array_fd);
		memset(m->targets, 0, sizeof(m->targets));
		begin(&m->code, making);
		code_write(&m->code);
		if (m->code.has_tail_call && make_targets(m, making) < 0)
			exit(2);
		enter_maps(&m->code, making->pool, m->array_fd);
		m->fd = load_alone(&m->code, making, m->instructions.prog_flags, &v);
	}
	describe(m, making, &v);
	choose_set(m, making);
	m->must_call = random_is(r, 15);
	m->name = names[random_below(r, sizeof(names) / sizeof(*names))];
}

void member_done(struct member *m)
{
	close_fd(&m->fd);
	close_fd(&m->array_fd);
}
