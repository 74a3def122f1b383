/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the question whether this kernel can replace a function of a loaded program. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/link.h"
#include "libxdp/dispatcher.h"
#include "libxdp/libxdp.h"
#include "libxdp/member.h"

static int refuse(int code, const char *step, struct reason *why)
{
	fail(why, -EOPNOTSUPP,
	     "this kernel cannot replace a function of a loaded program (freplace), which libxdp's "
	     "dispatcher is made of: %s: %s",
	     step, strerror(-code));
	reason_hint(why,
		    "it needs 5.10 with BTF and BPF trampolines; without libxdp mode bpfd links "
		    "any number of programs into one, on this kernel too");
	return -EOPNOTSUPP;
}

static int probe(struct reason *why)
{
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
				   {.code = BPF_JMP | BPF_EXIT}};
	struct instructions code = {
		.insns = insns, .n_insns = array_size(insns), .license = (char[]){"GPL"}};
	const struct libxdp_member member = {.name = "bpfd_probe", .code = &code};
	const struct libxdp_change change = {.wanted = &member, .n_wanted = 1};
	const struct libxdp_config config = {.n = 1, .slots = {{.actions = LIBXDP_ACTIONS_PASS}}};
	struct dispatcher dispatcher = {.fd = -1};
	int target _close_ = -1, program _close_ = -1, link _close_ = -1;
	int r = dispatcher_load(&config, &dispatcher, NULL);

	if (r < 0)
		return refuse(r, "loading a dispatcher", why);
	target = dispatcher.fd;
	program = member_load(&change, &member, &dispatcher, NULL);
	if (program < 0)
		return refuse(program, "loading a program of type ext", why);
	link = link_create_freplace(program, target, dispatcher.slots[0]);
	return link < 0 ? refuse(link, "attaching it", why) : 0;
}

bool libxdp_is_possible(struct reason *why)
{
	return probe(why) == 0;
}
