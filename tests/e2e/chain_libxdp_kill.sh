#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Members in libxdp's dispatcher while every step of a plan fails, or kills the daemon there: what its
# tools see is as before or as wanted, and theirs stay. With the daemon that has fault points.
. "${0%/*}/lib.sh"

BPFD=$BUILD/tests/fault/bpfd
[ -x "$BPFD" ] || skip_all 'no daemon with fault points here'
"$BUILD/tests/e2e/tools/libxdp" possible >/dev/null 2>&1 || skip_all "this kernel has no freplace ($(uname -r))"
OBJECT=$OBJ/members.bpf.o
export BPFD_FAULT="$T/fault"

shown() { xdp-loader status v0 | awk '$1 == "=>" { print $3, $2, $6 $7 $8 }' | paste -s -d ';'; }
# Asking bpfd first: after a kill it answers once it has put everything in order.
state() {
	bpfctl get links -o json >links.json &&
		jq -r '.links[]? | "\(.program) \(.hook) \(.is_missing // false)"' links.json && shown &&
		find /sys/fs/bpf/xdp -mindepth 1 -maxdepth 1 | wc -l
}
attached() { bpfctl get links >links && grep -qw wall links; }
left() { bpfctl get links >links && ! grep -qw wall links; }

# step WHEN N COMMAND DONE: COMMAND does not get through, and all is as before, or DONE is true.
step() {
	rm -f "$BPFD_FAULT"
	state >before && echo "$1 $2" >"$BPFD_FAULT" || return 1
	if eval "$3" >said 2>&1; then
		rm "$BPFD_FAULT"
		step_done=yes
		[ "$2" -ge 2 ] && eval "$4"
		return
	fi
	cat said
	rm "$BPFD_FAULT"
	# A client hears of the daemon's end before the kernel is through with it.
	if [ "$1" != fail ]; then wait_until 5 '! daemon_runs' && start_daemon || return 1; fi
	state >after || return 1
	cmp before after || { [ "$1" != fail ] && eval "$4"; } || { cat before after; return 1; }
}
# each_step SENTENCE COMMAND DONE BACK
each_step() {
	for when in fail kill-before kill-after; do
		n=0 step_done=
		while [ -z "$step_done" ] && [ "$n" -lt 12 ]; do
			test_expect "$1: $when at step $n" "step $when $n '$2' '$3'"
			[ "$e2e_r" -eq 0 ] || return
			eval "$3" >/dev/null 2>&1 && eval "$4" >/dev/null
			n=$((n + 1))
		done
	done
}

test_expect 'ours is beside theirs' '
	mount_bpffs /sys/fs/bpf && start_daemon && make_veth v0 && bpfctl load "$OBJECT" -p first --name first &&
	bpfctl load "$OBJECT" -p wall --name wall && bpfctl attach first xdp:v0 --priority 10 --mode libxdp &&
	xdp-loader load v0 "$OBJECT" -n second_with_a_long_name -P 20
'
each_step 'one more of ours' 'bpfctl attach wall xdp:v0 --priority 15' attached 'bpfctl detach wall'
test_expect 'a second one is there' 'bpfctl attach wall xdp:v0 --priority 15'
each_step 'one of ours leaves' 'bpfctl detach wall' left 'bpfctl attach wall xdp:v0 --priority 15'
test_expect 'nobody is left' '
	bpfctl detach wall && bpfctl detach first && same "second_with_a_long_name 20 XDP_PASS" "$(shown)" &&
	xdp-loader unload v0 --all
'
each_step 'the first of all' 'bpfctl attach wall xdp:v0 --mode libxdp' attached 'bpfctl detach wall'
# A daemon that dies between pinning and swapping leaves the pins of a dispatcher that nobody runs.
test_expect 'the shared bpffs is left' '
	same "" "$(shown)" && delete_veth v0 && rm -rf /sys/fs/bpf/xdp/dispatch-* && umount /sys/fs/bpf
'
finish
