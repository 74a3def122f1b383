/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the exchange of one dispatcher for the next. */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/link.h"
#include "kernel/netdev.h"
#include "libxdp/dispatcher.h"
#include "libxdp/libxdp.h"
#include "libxdp/member.h"
#include "libxdp/order.h"
#include "libxdp/pins.h"
#include "libxdp/state.h"

#define TRIES 10

/* Inside only: somebody changed the interface, begin again. */
#define CONFLICT 1

/**
 * struct call - one change over all its tries.
 * @loaded: programs of members, kept for the next try; -1: not loaded.
 * @mode:   to attach with; 0: native, else skb.
 */
struct call {
	const struct libxdp_change *change;
	int loaded[LIBXDP_PROGRAMS_MAX];
	struct pins pins;
	struct state state;
	struct order order;
	uint32_t mode;
	struct libxdp_changed made;
	struct reason *why;
};

static void call_done(struct call *call)
{
	fd_close_many(call->loaded, LIBXDP_PROGRAMS_MAX);
	state_done(&call->state);
	pins_close(&call->pins);
}

static int refuse_state(const struct call *call)
{
	const struct libxdp_state *state = &call->state.state;
	int r = fail(call->why, state->kind == LIBXDP_SINGLE ? -EBUSY : -EOPNOTSUPP, "%s",
		     state->words);

	reason_hint(call->why, "%s", state->hint);
	return r;
}

static uint32_t mode_of(const struct libxdp_state *state)
{
	if (state->kind == LIBXDP_NONE)
		return 0;
	if (state->attached == XDP_ATTACHED_HW)
		return XDP_FLAGS_HW_MODE;
	return state->attached == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

/* A swap cannot change the mode; who only removes does not ask for one. */
static int choose_mode(struct call *call)
{
	uint32_t wanted = call->change->mode, is = mode_of(&call->state.state);

	call->mode = is ? is : wanted;
	if (!is || !wanted || wanted == is || call->change->n_wanted == 0)
		return 0;
	fail(call->why, -EBUSY, "interface %s runs its libxdp dispatcher in mode %s",
	     call->state.state.interface, is == XDP_FLAGS_SKB_MODE ? "skb" : "native");
	reason_hint(call->why, "ask for that mode, or for none");
	return -EBUSY;
}

static int program_of(const struct call *call, const struct order_entry *entry)
{
	return entry->seen >= 0 ? call->state.fds[entry->seen] : call->loaded[entry->wanted];
}

static int tell(const struct call *call, int fd)
{
	struct bpf_prog_info info = {0};
	int r = call->change->loaded ? bpf_program_info(fd, &info) : 0;

	return r < 0 || !call->change->loaded
		       ? r
		       : call->change->loaded(call->change->arg, info.id, call->why);
}

static int load_members(struct call *call, const struct dispatcher *next)
{
	for (size_t i = 0; i < call->order.n; i++) {
		const struct order_entry *entry = &call->order.entries[i];
		int fd;

		if (entry->seen >= 0 || call->loaded[entry->wanted] >= 0)
			continue;
		fd = member_load(call->change, &call->change->wanted[entry->wanted], next,
				 call->why);
		if (fd < 0)
			return fd;
		call->loaded[entry->wanted] = fd;
		fd = tell(call, fd);
		if (fd < 0)
			return fd;
	}
	return 0;
}

static struct pins_place place_of(const struct call *call, uint32_t dispatcher_id)
{
	return (struct pins_place){&call->pins, call->change->ifindex, dispatcher_id};
}

static int link_program(struct call *call, const struct dispatcher *next, size_t i)
{
	const struct pins_place place = place_of(call, next->id);
	const struct order_entry *entry = &call->order.entries[i];
	int program = program_of(call, entry);
	int link _close_ = link_create_freplace(program, next->fd, next->slots[i]);

	if (link < 0)
		return fail(call->why, link, "cannot put %s into slot %zu of a dispatcher: %s",
			    entry->name, i, strerror(-link));
	return pins_put(&place, i, program, link, call->why);
}

static int note(struct call *call, size_t i)
{
	const struct order_entry *entry = &call->order.entries[i];
	struct bpf_prog_info info;
	int r = 0;

	if (entry->wanted < 0)
		return 0;
	r = bpf_program_info(program_of(call, entry), &info);
	if (r < 0)
		return r;
	call->made.ids[entry->wanted] = info.id;
	call->made.positions[entry->wanted] = (uint32_t)i;
	return 0;
}

static int fill(struct call *call, const struct dispatcher *next)
{
	int r = load_members(call, next);

	for (size_t i = 0; r == 0 && i < call->order.n; i++) {
		r = link_program(call, next, i);
		if (r == 0)
			r = note(call, i);
	}
	return r;
}

/* Errors that another mode may not have (as hooks/xdp.c). */
static bool is_about_mode(int code)
{
	return code == -EOPNOTSUPP || code == -EINVAL || code == -ENOMEM || code == -ENOSPC ||
	       code == -ERANGE;
}

/* Swap, or detach with @program_fd -1. */
static int swap(struct call *call, int program_fd)
{
	uint32_t ifindex = call->change->ifindex;
	struct reason why _reason_ = {0};
	int r;

	call->made.mode = call->mode ? call->mode : XDP_FLAGS_DRV_MODE;
	r = netdev_xdp_set(ifindex, program_fd, call->state.fd, call->made.mode, &why);
	if (call->mode == 0 && is_about_mode(r)) {
		reason_done(&why);
		call->made.mode = XDP_FLAGS_SKB_MODE;
		r = netdev_xdp_set(ifindex, program_fd, call->state.fd, call->made.mode, &why);
	}
	if (r == -EEXIST || r == -EAGAIN || r == -EBUSY)
		return CONFLICT;
	if (r == 0)
		return 0;
	fail(call->why, r, "cannot attach the dispatcher to interface %s: %s",
	     call->state.state.interface, why.text);
	if (is_about_mode(r))
		reason_hint(call->why,
			    "use mode skb, or none to let bpfd choose; a large MTU needs "
			    "frags in every program of the dispatcher");
	return r;
}

/* The old one's pins are of no use to anybody; who finds them here has read before the swap. */
static void remove_old(const struct call *call)
{
	const struct pins_place place = place_of(call, call->state.state.program_id);

	if (call->state.fd >= 0)
		pins_remove(&place, NULL);
}

static int replace(struct call *call)
{
	struct dispatcher next = {.fd = -1};
	struct libxdp_config config;
	struct pins_place place;
	int fd _close_ = -1;
	int r;

	/* where there is a dispatcher, there is freplace */
	if (call->state.fd < 0 && !libxdp_is_possible(call->why))
		return -EOPNOTSUPP;
	order_config(&call->order, &config);
	r = dispatcher_load(&config, &next, call->why);
	if (r < 0)
		return r;
	fd = next.fd;
	place = place_of(call, next.id);
	r = pins_make(&place, call->why);
	if (r < 0)
		return r;
	r = fill(call, &next);
	if (r == 0)
		r = swap(call, next.fd);
	if (r != 0) {
		pins_remove(&place, NULL);
		return r;
	}
	call->made.dispatcher_id = next.id;
	remove_old(call);
	return 0;
}

static int detach(struct call *call)
{
	int r = swap(call, -1);

	call->made.mode = 0;
	if (r == 0)
		remove_old(call);
	return r;
}

/* Nothing is to be done: tell what there is. */
static int keep(struct call *call)
{
	int r = 0;

	call->made.dispatcher_id = call->state.state.program_id;
	call->made.mode = call->mode;
	for (size_t i = 0; r == 0 && i < call->order.n; i++)
		r = note(call, i);
	return r;
}

static int attempt_locked(struct call *call)
{
	const struct libxdp_state *state = &call->state.state;
	int r = state_read(call->change->ifindex, &call->pins, &call->state, call->why);

	if (r < 0)
		return r;
	if (state->kind == LIBXDP_NONE && call->change->n_wanted == 0)
		return 0;
	if (state->kind != LIBXDP_NONE && state->kind != LIBXDP_DISPATCHER)
		return refuse_state(call);
	r = choose_mode(call);
	if (r < 0)
		return r;
	r = order_programs(state, call->change, &call->order, call->why);
	if (r < 0)
		return r;
	if (call->order.n == 0)
		return detach(call);
	return order_is_reached(&call->order, state) ? keep(call) : replace(call);
}

/* Taken off by others; with it went the right of its pins to be there. */
static void remove_last(const struct call *call)
{
	uint32_t last = call->change->last_dispatcher;
	const struct pins_place place = place_of(call, last);

	if (last && last != call->state.state.program_id && last != call->made.dispatcher_id)
		pins_remove(&place, NULL);
}

static int attempt(struct call *call)
{
	int r = pins_open(true, &call->pins, call->why);

	if (r < 0)
		return r;
	call->made = (struct libxdp_changed){.n = call->change->n_wanted};
	r = attempt_locked(call);
	if (r == 0)
		remove_last(call);
	state_done(&call->state);
	pins_close(&call->pins);
	return r;
}

static int refuse_conflict(const struct call *call)
{
	fail(call->why, -EBUSY,
	     "somebody else changed the xdp programs of interface %u %d times "
	     "meanwhile",
	     call->change->ifindex, TRIES);
	reason_hint(call->why, "try again");
	return -EBUSY;
}

int libxdp_change(const struct libxdp_change *change, struct libxdp_changed *ret,
		  struct reason *why)
{
	_cleanup_(call_done) struct call call = {.change = change, .pins = {.fd = -1}, .why = why};
	int r = CONFLICT;

	state_init(&call.state);
	for (size_t i = 0; i < LIBXDP_PROGRAMS_MAX; i++)
		call.loaded[i] = -1;
	for (unsigned int i = 0; r == CONFLICT && i < TRIES; i++) {
		usleep(i ? 50u << i : 0);
		r = attempt(&call);
	}
	if (r == CONFLICT)
		return refuse_conflict(&call);
	if (r == 0)
		*ret = call.made;
	return r;
}
