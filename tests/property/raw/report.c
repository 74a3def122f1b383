/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a case and its outcomes are told: enough to try them by hand. */
#include <stdio.h>
#include <string.h>

#include "raw.h"

static void print_bytes(const char *what, const uint8_t *bytes, size_t n)
{
	printf("# %s:", what);
	for (size_t i = 0; i < n; i++)
		printf("%s%02x", i % 8 ? "" : " ", bytes[i]);
	printf("\n");
}

static void print_code(const char *what, const struct code *c)
{
	printf("# %s, %u instructions:\n", what, c->n);
	for (uint32_t i = 0; i < c->n; i++) {
		uint64_t raw;

		memcpy(&raw, &c->insns[i], sizeof(raw));
		printf("#   %3u: %016llx\n", i, (unsigned long long)__builtin_bswap64(raw));
	}
}

static void print_member(size_t i, const struct member *m)
{
	char what[64];

	printf("# member %zu \"%s\"%s, slot %d, licence %s, flags %u, goes on with", i, m->name,
	       m->must_call ? ", called" : "", m->slot, m->instructions.license,
	       m->instructions.prog_flags);
	for (size_t k = 0; k < m->n_proceed_on; k++)
		printf(" %d", m->proceed_on[k]);
	printf("\n");
	snprintf(what, sizeof(what), "member %zu", i);
	print_code(what, &m->code);
	for (uint32_t k = 0; k < CODE_TARGETS; k++)
		if (m->targets[k].n) {
			snprintf(what, sizeof(what), "member %zu tail-calls %u", i, k);
			print_code(what, &m->targets[k]);
		}
}

void report_case(const struct property_case *c)
{
	printf("# rules %s, %zu members, verified_max %u, maps_max %u, stack_round %u, ticks %llu\n",
	       c->kind, c->n, c->limits.verified_max, c->limits.maps_max, c->limits.stack_round,
	       (unsigned long long)c->ticks);
	print_bytes("packet", c->packet.bytes, c->packet.len);
	print_bytes("maps", c->values.bytes, sizeof(c->values.bytes));
	for (size_t i = 0; i < c->n; i++)
		print_member(i, &c->members[i]);
}

void report_outcome(const struct property_case *c, const char *who, const struct outcome *o)
{
	printf("# %s: verdict %d, runs %llu\n", who, o->verdict,
	       (unsigned long long)o->counters.ticks);
	print_bytes("  packet", o->packet.bytes, o->packet.len);
	print_bytes("  context", o->packet.context, sizeof(o->packet.context));
	print_bytes("  maps", o->values.bytes, sizeof(o->values.bytes));
	for (size_t i = 0; i < c->n; i++) {
		int slot = c->members[i].slot;

		if (slot < 0)
			continue;
		printf("#   slot %d:", slot);
		for (size_t k = 0; k < CHAIN_COUNTED_MAX; k++)
			printf(" %llu", (unsigned long long)o->counters.slots[slot].verdicts[k]);
		printf(", samples %llu\n", (unsigned long long)o->counters.slots[slot].samples);
	}
}
