#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who can hide whom on a hook: get hooks says what each program may return, and who then does not run.
. "${0%/*}/lib.sh"

have_feature jq || skip_all 'no jq here'

hooks() { bpfctl get hooks -o json 2>said >hooks.json; }
# returns PROGRAM; warning PROGRAM: of the entry with that program.
returns() { jq -r --arg p "$1" '[.hooks[] | select(.program == $p)][0].returns | join(" ")' hooks.json; }
warning() { jq -r --arg p "$1" '[.hooks[] | select(.program == $p)][0].warnings | join("; ")' hooks.json; }
order() { jq -r --arg h "$1" '[.hooks[] | select(.hook | endswith($h)) | .program] | join(" ")' hooks.json; }
members() { bpfctl load "$OBJ/members.bpf.o" -p "$1" --name "$1"; }
verdicts() { bpfctl load "$OBJ/verdicts.bpf.o" -p "$1:$2" --name "$1"; }
# foreign ENTRY PIN: a program of others, on a pin of the test.
foreign() { bpftool prog loadall "$OBJ/verdicts.bpf.o" "$T/pins/$1"; }

test_expect 'programs are loaded' '
	start_daemon && make_veth v0 && mkdir pins && mount_bpffs "$T/pins" && members first && members wall && members odd &&
	verdicts takes tc && verdicts passes tc && verdicts shoots_some tc
'
test_expect 'members that let every packet pass on are told, without a warning' '
	bpfctl attach first xdp:v0 --priority 10 && bpfctl attach odd xdp:v0 --priority 20 && hooks &&
	same pass "$(returns first)" && same "" "$(warning first)" && same "" "$(warning odd)" && same "" "$(cat said)"
'
test_expect 'one that ends the chain early is told with those behind it' '
	bpfctl attach wall xdp:v0 --priority 15 && hooks && same drop "$(returns wall)" &&
	same "the packet goes no further after drop: then odd behind it does not run" "$(warning wall)" &&
	same "" "$(warning first)" && says "warning: xdp:v0: wall: the packet goes no further after drop" said
'
test_expect 'with that verdict among its set it hides nobody' '
	bpfctl detach wall && bpfctl attach wall xdp:v0 --priority 15 --proceed-on drop,pass && hooks && same "" "$(warning wall)" &&
	bpfctl detach wall
'
test_expect 'describe hook tells all of it' '
	bpfctl attach wall xdp:v0 --priority 5 && bpfctl describe hook xdp:v0 >out 2>err && says "then first, odd behind it do not run" err &&
	bpfctl get hooks -o wide >out 2>err && says RETURNS out && bpfctl detach wall && bpfctl detach first && bpfctl detach odd
'
test_expect 'an XDP program of others that holds the interface is told' '
	bpftool prog load "$OBJ/closed.bpf.o" "$T/pins/xdp" type xdp && ip link set dev v0 xdp pinned "$T/pins/xdp" && hooks &&
	says "bpfd can attach nothing to xdp:v0 until its owner ends it" hooks.json && ip link set dev v0 xdp off
'
test_expect 'a tc member that takes packets is told with the one behind it' '
	bpfctl attach takes tc:v0/ingress --priority 10 && bpfctl attach passes tc:v0/ingress --priority 20 && hooks &&
	same ok "$(returns takes)" && same unspec "$(returns passes)" &&
	same "the packet goes no further after ok: then passes behind it does not run" "$(warning takes)" && same "" "$(warning passes)"
'
test_expect 'the other direction is not touched by it' '
	bpfctl attach shoots_some tc:v0/egress && hooks && same "unspec shot" "$(returns shoots_some)" &&
	same "" "$(warning shoots_some)" && bpfctl detach shoots_some && bpfctl detach takes && bpfctl detach passes
'
test_expect 'a filter of others behind ours is listed behind ours' '
	foreign all && { tc qdisc add dev v0 clsact 2>/dev/null || true; } && tc filter add dev v0 ingress pref 100 handle 1 bpf direct-action \
		object-pinned "$T/pins/all/takes" && bpfctl attach shoots_some tc:v0/ingress && hooks &&
	same "shoots_some takes" "$(order v0/ingress)" && same ok "$(returns takes)" &&
	same "the packet goes no further after shot: then takes behind it does not run" "$(warning shoots_some)"
'
test_expect_if tcx 'a tcx program of others that takes packets before ours is told' '
	bpfctl detach shoots_some && use_daemon other && start_daemon && verdicts takes tc && bpfctl attach takes tcx:v0/ingress &&
	use_daemon main && bpfctl attach shoots_some tc:v0/ingress && hooks && same "takes shoots_some takes" "$(order v0/ingress)" &&
	same "the packet goes no further after ok: then shoots_some, takes behind it do not run" "$(warning takes)" &&
	use_daemon other && bpfctl detach takes && use_daemon main
'
test_expect 'a filter that is no BPF program is listed, and told' '
	tc filter add dev v0 ingress pref 50 protocol ip u32 match u8 0 0 classid 1:1 && hooks &&
	says "\"u32\"" hooks.json && says "it is no BPF program, and what it takes goes no further" hooks.json
'
test_expect 'all is taken away' '
	tc qdisc del dev v0 clsact && bpfctl detach shoots_some && umount "$T/pins" && delete_veth v0
'
finish
