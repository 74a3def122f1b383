/* SPDX-License-Identifier: Apache-2.0 */
/* A chain whose members are in libxdp's dispatcher, beside those of its tools (docs/LIBXDP.md). */
#pragma once

struct chain;
struct context;
struct hook_place;
struct plan_chain;
struct reason;
struct run;

/**
 * dispatcher_change() - bring the members of a chain onto its interface, and no other of ours.
 *
 * Fills the rows of chain and members. Return: 0, or what libxdp_change() and members_collect()
 * say.
 */
int dispatcher_change(struct run *run, struct plan_chain *c, struct reason *why);

/**
 * dispatcher_restore() - the same for what the store says, as after a change that was not finished.
 * @chain: a row; one that was never live has no members.
 *
 * Members that went are loaded again, and their rows are written.
 */
int dispatcher_restore(struct context *ctx, const struct chain *chain,
		       const struct hook_place *place, struct reason *why);

/* Pins of a dispatcher whose interface is gone, or another one now, hold its programs: end them. */
void dispatcher_forget(const struct chain *chain);
