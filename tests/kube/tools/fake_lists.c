/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the answers to the lists of a pretended daemon. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fake.h"
#include "rpc/call.h"

/* --- memory of one answer --- */

void *fake_need(void *memory)
{
	if (memory)
		return memory;
	fputs("fake_daemon: out of memory\n", stderr);
	exit(1);
}

char *fake_words(struct wire_arena *arena, const char *format, ...)
{
	char text[512], *copy;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	copy = NEW(arena, strlen(text) + 1, char);
	return strcpy(copy, text);
}

void fake_answer(struct rpc_call *call, const ProtobufCMessage *message)
{
	_free_ void *data = NULL;
	size_t len;

	if (wire_pack(message, &data, &len) < 0)
		fake_need(NULL);
	rpc_call_reply(call, data, len);
}

static char *program_name(struct wire_arena *arena, const Bpfd__V1__Config *c, size_t i)
{
	const Bpfd__V1__ConfigProgram *p = c->programs[i];

	if (*p->name)
		return fake_words(arena, "%s", p->name);
	return c->n_programs == 1 ? fake_words(arena, "%s", c->name)
				  : fake_words(arena, "%s-%s", c->name, p->entry);
}

static uint64_t digest_of(const char *text)
{
	uint64_t hash = 14695981039346656037u;

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 1099511628211u;
	return hash;
}

/* --- lists --- */

static Bpfd__V1__Program *program_of(const struct kept *k, size_t i, struct wire_arena *arena)
{
	const Bpfd__V1__ConfigProgram *from = k->message->programs[i];
	Bpfd__V1__Program *p = NEW(arena, 1, Bpfd__V1__Program);
	uint64_t digest = digest_of(from->bytecode);

	bpfd__v1__program__init(p);
	p->id = k->first_id + (uint32_t)i;
	p->name = program_name(arena, k->message, i);
	p->function = from->entry;
	p->type = *from->type ? from->type : fake_words(arena, "xdp");
	p->bytecode = from->bytecode;
	p->digest = fake_words(arena, "sha256:%064llx", (unsigned long long)digest);
	p->tag = fake_words(arena, "%016llx", (unsigned long long)digest);
	p->config = k->message->name;
	p->links = (uint32_t)from->n_hooks;
	return p;
}

static Bpfd__V1__Map *map_of(const struct kept *k, size_t i, struct wire_arena *arena)
{
	Bpfd__V1__Map *m = NEW(arena, 1, Bpfd__V1__Map);

	bpfd__v1__map__init(m);
	m->id = k->first_id + (uint32_t)i;
	m->name = fake_words(arena, "packets");
	m->type = fake_words(arena, "percpu_array");
	m->config = k->message->name;
	m->n_programs = 1;
	m->programs = NEW(arena, 1, char *);
	m->programs[0] = program_name(arena, k->message, i);
	m->pin_path = fake_words(arena, "/run/bpfd/fs/maps/%u/packets", m->id);
	return m;
}

static char *hook_text(const Bpfd__V1__ConfigHook *from, struct wire_arena *arena)
{
	return from->n_interfaces ? fake_words(arena, "%s%s", from->hook, from->interfaces[0])
				  : fake_words(arena, "%s", from->hook);
}

static uint32_t priority_of(const Bpfd__V1__ConfigHook *from)
{
	return from->has_priority_case == BPFD__V1__CONFIG_HOOK__HAS_PRIORITY_PRIORITY
		       ? from->priority
		       : 50;
}

static Bpfd__V1__Link *link_of(const struct kept *k, size_t i, size_t n, struct wire_arena *arena)
{
	const Bpfd__V1__ConfigHook *from = k->message->programs[i]->hooks[n];
	Bpfd__V1__Link *link = NEW(arena, 1, Bpfd__V1__Link);

	bpfd__v1__link__init(link);
	link->id = (k->first_id + (uint32_t)i) * 16 + (uint32_t)n;
	link->program_id = k->first_id + (uint32_t)i;
	link->program = program_name(arena, k->message, i);
	link->hook = hook_text(from, arena);
	link->priority = priority_of(from);
	link->config = k->message->name;
	link->mode = fake_words(arena, "native");
	return link;
}

static Bpfd__V1__HookEntry *entry_of(const Bpfd__V1__Link *link, size_t position,
				     struct wire_arena *arena)
{
	Bpfd__V1__HookEntry *entry = NEW(arena, 1, Bpfd__V1__HookEntry);

	bpfd__v1__hook_entry__init(entry);
	entry->hook = link->hook;
	entry->position = (uint32_t)position;
	entry->program_id = link->program_id;
	entry->program = link->program;
	entry->is_ours = true;
	entry->link_id = link->id;
	entry->priority = link->priority;
	return entry;
}

static size_t count_programs(const struct fake *fake)
{
	size_t n = 0;

	for (const struct kept *k = fake->configs; k; k = k->next)
		n += k->message->n_programs;
	return n;
}

static size_t count_links(const struct fake *fake)
{
	size_t n = 0;

	for (const struct kept *k = fake->configs; k; k = k->next)
		for (size_t i = 0; i < k->message->n_programs; i++)
			n += k->message->programs[i]->n_hooks;
	return n;
}

void fake_list_programs(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListProgramsResponse a = BPFD__V1__LIST_PROGRAMS_RESPONSE__INIT;
	_wire_arena_ struct wire_arena arena = {0};
	const struct fake *fake = userdata;

	a.programs = NEW(&arena, count_programs(fake), Bpfd__V1__Program *);
	for (const struct kept *k = fake->configs; k; k = k->next)
		for (size_t i = 0; i < k->message->n_programs; i++)
			a.programs[a.n_programs++] = program_of(k, i, &arena);
	fake_answer(call, &a.base);
}

void fake_list_maps(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListMapsResponse a = BPFD__V1__LIST_MAPS_RESPONSE__INIT;
	_wire_arena_ struct wire_arena arena = {0};
	const struct fake *fake = userdata;

	a.maps = NEW(&arena, count_programs(fake), Bpfd__V1__Map *);
	for (const struct kept *k = fake->configs; k; k = k->next)
		for (size_t i = 0; i < k->message->n_programs; i++)
			a.maps[a.n_maps++] = map_of(k, i, &arena);
	fake_answer(call, &a.base);
}

static Bpfd__V1__Link **links_of(const struct fake *fake, struct wire_arena *arena, size_t *ret_n)
{
	Bpfd__V1__Link **links = NEW(arena, count_links(fake), Bpfd__V1__Link *);
	size_t n = 0;

	for (const struct kept *k = fake->configs; k; k = k->next)
		for (size_t i = 0; i < k->message->n_programs; i++)
			for (size_t h = 0; h < k->message->programs[i]->n_hooks; h++)
				links[n++] = link_of(k, i, h, arena);
	*ret_n = n;
	return links;
}

void fake_list_links(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListLinksResponse a = BPFD__V1__LIST_LINKS_RESPONSE__INIT;
	_wire_arena_ struct wire_arena arena = {0};

	a.links = links_of(userdata, &arena, &a.n_links);
	fake_answer(call, &a.base);
}

void fake_list_hooks(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListHooksResponse a = BPFD__V1__LIST_HOOKS_RESPONSE__INIT;
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__Link **links = links_of(userdata, &arena, &a.n_hooks);

	a.hooks = NEW(&arena, a.n_hooks, Bpfd__V1__HookEntry *);
	for (size_t i = 0; i < a.n_hooks; i++)
		a.hooks[i] = entry_of(links[i], i, &arena);
	fake_answer(call, &a.base);
}

void fake_list_configs(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListConfigsResponse a = BPFD__V1__LIST_CONFIGS_RESPONSE__INIT;
	_wire_arena_ struct wire_arena arena = {0};
	const struct fake *fake = userdata;

	for (const struct kept *k = fake->configs; k; k = k->next)
		a.n_configs++;
	a.configs = NEW(&arena, a.n_configs, Bpfd__V1__Config *);
	a.n_configs = 0;
	for (const struct kept *k = fake->configs; k; k = k->next) {
		Bpfd__V1__Config *c = NEW(&arena, 1, Bpfd__V1__Config);

		*c = *k->message;
		c->generation = k->generation;
		c->is_selected = true;
		a.configs[a.n_configs++] = c;
	}
	fake_answer(call, &a.base);
}

static Bpfd__V1__Interface *interface_of(const char *name, uint32_t index, char *address,
					 struct wire_arena *arena)
{
	Bpfd__V1__Interface *one = NEW(arena, 1, Bpfd__V1__Interface);

	bpfd__v1__interface__init(one);
	one->name = fake_words(arena, "%s", name);
	one->index = index;
	one->is_up = true;
	one->is_loopback = index == 1;
	one->is_default_route = index != 1;
	one->n_addresses = 1;
	one->addresses = NEW(arena, 1, char *);
	one->addresses[0] = address;
	return one;
}

void fake_list_interfaces(struct rpc_call *call, void *userdata)
{
	Bpfd__V1__ListInterfacesResponse a = BPFD__V1__LIST_INTERFACES_RESPONSE__INIT;
	_wire_arena_ struct wire_arena arena = {0};
	const struct fake *fake = userdata;
	char *address = fake_words(&arena, "10.77.%u.%u", fake->index / 250, fake->index % 250 + 1);
	Bpfd__V1__Interface *all[] = {
		interface_of("eth0", 2, address, &arena),
		interface_of("lo", 1, fake_words(&arena, "127.0.0.1"), &arena)};

	a.interfaces = all;
	a.n_interfaces = array_size(all);
	fake_answer(call, &a.base);
}
