/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the judgement of what is on an interface, by the marks that libxdp goes by. */
#include "libxdp/state.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/link.h"
#include "kernel/netdev.h"
#include "libxdp/btf.h"
#include "libxdp/config.h"
#include "libxdp/pins.h"

#define BTF_MAX (4u << 20)
#define TRIES	10

void state_init(struct state *state)
{
	*state = (struct state){.fd = -1};
	for (size_t i = 0; i < LIBXDP_PROGRAMS_MAX; i++)
		state->fds[i] = -1;
}

void state_done(struct state *state)
{
	fd_close(&state->fd);
	fd_close_many(state->fds, LIBXDP_PROGRAMS_MAX);
}

static void say(struct libxdp_state *state, enum libxdp_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct libxdp_state *state, enum libxdp_kind kind, const char *fmt, ...)
{
	va_list args;

	state->kind = kind;
	va_start(args, fmt);
	vsnprintf(state->words, sizeof(state->words), fmt, args);
	va_end(args);
}

static void advise(struct libxdp_state *state, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void advise(struct libxdp_state *state, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(state->hint, sizeof(state->hint), fmt, args);
	va_end(args);
}

static int match_link(const struct link_facts *facts, void *arg)
{
	struct libxdp_state *state = arg;

	if (facts->type != BPF_LINK_TYPE_XDP || facts->ifindex != state->ifindex ||
	    facts->program_id != state->program_id)
		return 0;
	state->link_id = facts->id;
	return 1;
}

/* The name in BTF; the kernel's own is cut. */
static void read_name(int fd, const struct bpf_prog_info *info, struct libxdp_program *ret)
{
	struct bpf_func_info first = {0};
	struct bpf_prog_info with_first = {.nr_func_info = 1,
					   .func_info_rec_size = sizeof(first),
					   .func_info = (uint64_t)(uintptr_t)&first};
	struct bpf_btf_info btf = {.btf_size = BTF_MAX};
	int btf_fd _close_ = info->btf_id ? bpf_id_open(BPF_OBJECT_BTF, info->btf_id) : -1;
	void *data _free_ = btf_fd < 0 ? NULL : malloc(BTF_MAX);
	const char *name = NULL;

	snprintf(ret->name, sizeof(ret->name), "%.15s", info->name);
	btf.btf = (uint64_t)(uintptr_t)data;
	if (data && bpf_info(fd, &with_first, sizeof(with_first)) == 0 &&
	    bpf_info(btf_fd, &btf, sizeof(btf)) == 0 && btf.btf_size <= BTF_MAX)
		name = btf_find_function(data, btf.btf_size, first.type_id);
	if (name)
		snprintf(ret->name, sizeof(ret->name), "%s", name);
}

static int read_config(int fd, const struct bpf_prog_info *info, struct libxdp_config *ret)
{
	unsigned char value[CONFIG_SIZE_MAX];
	struct bpf_map_info map;
	int map_fd _close_ = -1;
	uint32_t id, key = 0;
	int r;

	if (info->nr_map_ids != 1 || bpf_program_map_ids(fd, &id, 1) != 1)
		return -EBADMSG;
	map_fd = bpf_map_id_open_read_only(id);
	r = map_fd < 0 ? map_fd : bpf_map_info(map_fd, &map);
	if (r < 0)
		return r;
	if (map.type != BPF_MAP_TYPE_ARRAY || map.key_size != sizeof(key) || map.max_entries != 1 ||
	    map.value_size > sizeof(value))
		return -EBADMSG;
	r = bpf_map_lookup(map_fd, &key, value);
	return r < 0 ? r : config_decode(value, map.value_size, ret);
}

/* Return: 0, -ENOENT (a pin is missing), -EINVAL (no program that can be put elsewhere). */
static int read_program(struct state *state, const struct pins *pins, size_t i)
{
	struct libxdp_program *program = &state->state.programs[i];
	const struct pins_place place = {pins, state->state.ifindex, state->state.program_id};
	struct bpf_prog_info info;
	int r;

	state->fds[i] = pins_program_open(&place, i);
	r = state->fds[i] < 0 ? -ENOENT : bpf_program_info(state->fds[i], &info);
	if (r < 0)
		return r;
	program->id = info.id;
	memcpy(program->tag, info.tag, sizeof(program->tag));
	read_name(state->fds[i], &info, program);
	return info.type == BPF_PROG_TYPE_EXT ? 0 : -EINVAL;
}

static int read_programs(struct state *state, const struct pins *pins,
			 const struct libxdp_config *config)
{
	int worst = 0;

	state->state.has_frags = config->has_frags;
	for (size_t i = 0; i < config->n; i++) {
		struct libxdp_program *program = &state->state.programs[i];
		int r = pins ? read_program(state, pins, i) : -ENOENT;

		if (r == -ENOENT)
			return r;
		worst = r < 0 ? r : worst;
		program->priority = config->slots[i].priority;
		program->actions = config->slots[i].actions;
		program->has_frags = config->slots[i].flags & CONFIG_FRAGS;
		state->state.n++;
	}
	return worst;
}

static void judge_version(struct libxdp_state *state)
{
	const char *who = state->version == 1 ? "1.2 or older" : "1.6 or newer";

	say(state, LIBXDP_LOCKED,
	    "interface %s runs dispatcher %u of libxdp %s (protocol version %u; we speak version 2)",
	    state->interface, state->program_id, who, state->version);
	advise(state,
	       "it is not changed: xdp-loader unload %s --all, then attach here first and load the "
	       "others again with libxdp 1.3 to 1.5; or keep to that libxdp",
	       state->interface);
}

static void judge_pins(struct libxdp_state *state, int code)
{
	if (code == -EINVAL)
		say(state, LIBXDP_LOCKED,
		    "interface %s runs dispatcher %u, whose programs are not of type ext: they cannot "
		    "be taken over",
		    state->interface, state->program_id);
	else
		say(state, LIBXDP_LOCKED,
		    "interface %s runs dispatcher %u, whose programs are not pinned in xdp/dispatch-%u-%u "
		    "of the shared bpffs: another manager's (bpfman keeps them elsewhere)",
		    state->interface, state->program_id, state->ifindex, state->program_id);
	advise(state, "its owner must end it (%s)",
	       state->link_id ? "bpftool link show" : "xdp-loader unload --all");
}

static void judge_config(struct libxdp_state *state, int code)
{
	if (code == -EOPNOTSUPP) {
		judge_version(state);
		return;
	}
	say(state, LIBXDP_LOCKED,
	    "interface %s runs program %u, called a dispatcher but without a config that libxdp's "
	    "protocol knows",
	    state->interface, state->program_id);
	advise(state, "its owner must end it");
}

static void judge_dispatcher(struct state *state, const struct pins *pins,
			     const struct bpf_prog_info *info)
{
	struct libxdp_config config = {0};
	int r = read_config(state->fd, info, &config);

	state->state.version = config.version;
	if (r < 0) {
		judge_config(&state->state, r);
		return;
	}
	r = read_programs(state, pins, &config);
	if (config.version != CONFIG_VERSION)
		judge_version(&state->state);
	else if (r < 0)
		judge_pins(&state->state, r);
	else if (state->state.link_id)
		say(&state->state, LIBXDP_LOCKED,
		    "interface %s runs dispatcher %u, held by link %u of another manager",
		    state->state.interface, state->state.program_id, state->state.link_id);
	else
		say(&state->state, LIBXDP_DISPATCHER,
		    "interface %s runs libxdp dispatcher %u with %zu program%s",
		    state->state.interface, state->state.program_id, state->state.n,
		    state->state.n == 1 ? "" : "s");
}

static void judge_single(struct libxdp_state *state)
{
	char how[32] = "netlink";

	if (state->link_id)
		snprintf(how, sizeof(how), "link %u", state->link_id);
	say(state, LIBXDP_SINGLE,
	    "interface %s runs program %u \"%s\", attached by %s, without a libxdp dispatcher",
	    state->interface, state->program_id, state->name, how);
	if (state->link_id)
		advise(state, "its owner must end it (bpftool link show id %u)", state->link_id);
	else
		advise(state, "its owner must end it, or: ip link set dev %s xdp off",
		       state->interface);
}

/* Return: 0, -EAGAIN without a reason (it went away meanwhile), -errno. */
static int judge(struct state *state, const struct pins *pins, struct reason *why)
{
	struct bpf_prog_info info;
	int r;

	state->fd = bpf_id_open(BPF_OBJECT_PROGRAM, state->state.program_id);
	r = state->fd < 0 ? state->fd : bpf_program_info(state->fd, &info);
	if (r == -ENOENT)
		return -EAGAIN;
	if (r < 0)
		return fail(why, r, "cannot look at program %u of interface %s: %s",
			    state->state.program_id, state->state.interface, strerror(-r));
	snprintf(state->state.name, sizeof(state->state.name), "%.15s", info.name);
	link_walk(match_link, &state->state);
	if (strcmp(state->state.name, "xdp_dispatcher") == 0 && info.btf_id)
		judge_dispatcher(state, pins, &info);
	else
		judge_single(&state->state);
	return 0;
}

/* As judge(). */
static int read_once(uint32_t ifindex, const struct pins *pins, struct state *ret,
		     struct reason *why)
{
	_cleanup_(state_done) struct state state;
	struct netdev dev;
	int r;

	state_init(&state);
	r = netdev_get(ifindex, &dev, why);
	if (r < 0)
		return r;
	state.state.ifindex = ifindex;
	memcpy(state.state.interface, dev.name, sizeof(dev.name));
	state.state.attached = dev.xdp_attached;
	state.state.program_id = dev.xdp_program_id;
	if (dev.xdp_program_id)
		r = judge(&state, pins, why);
	else
		say(&state.state, LIBXDP_NONE, "interface %s runs no xdp program", dev.name);
	if (r < 0)
		return r;
	*ret = state;
	state_init(&state);
	return 0;
}

/* Others swap without the lock: the program may have gone between the question which it is and the
 * opening of it. */
int state_read(uint32_t ifindex, const struct pins *pins, struct state *ret, struct reason *why)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = read_once(ifindex, pins, ret, why);
	if (r == -EAGAIN)
		return fail(why, -EBUSY,
			    "the xdp program of interface %u changes too often to be looked at",
			    ifindex);
	return r;
}

/* Only a dispatcher has pins: others are not to wait for the lock. */
int libxdp_read(uint32_t ifindex, struct libxdp_state *ret, struct reason *why)
{
	_cleanup_(state_done) struct state without, with;
	_pins_ struct pins pins = {.fd = -1};
	int r;

	state_init(&without);
	state_init(&with);
	r = state_read(ifindex, NULL, &without, why);
	if (r < 0 || without.state.kind != LIBXDP_LOCKED) {
		*ret = r < 0 ? *ret : without.state;
		return r;
	}
	r = pins_open(false, &pins, why);
	if (r == -ENOENT)
		reason_done(why);
	if (r < 0 && r != -ENOENT)
		return r;
	r = state_read(ifindex, r < 0 ? NULL : &pins, &with, why);
	if (r == 0)
		*ret = with.state;
	return r;
}
