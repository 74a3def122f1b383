#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job for every hook kind: load, attach, count real packets and calls, list, describe, lose
# the daemon, detach, unload; globals, shared and exported maps; configs that are applied again.
. "${0%/*}/lib.sh"

# count_of MAP: what is at its first key.
count_of() { bpfctl map dump "$1" | awk '$1 == "0" { print $2 }'; }

kinds='xdp tc tracepoint raw_tp uprobe uretprobe'
! have_feature tcx || kinds="xdp tcx tc tracepoint raw_tp uprobe uretprobe"

hook_of() {
	case $1 in
	xdp) echo xdp:v0 ;;
	tc | tcx) echo "$1:v0/ingress" ;;
	tracepoint) echo tracepoint:sched/sched_process_exec ;;
	raw_tp) echo raw_tp:sched_process_exec ;;
	*) echo "$1:$T/caller:called+0" ;;
	esac
}

program_of() {
	case $1 in
	tcx) echo on_tc ;;
	*) echo "on_$1" ;;
	esac
}

# One round of what there is to count, and how much of it each kind sees.
round() { send_packets v0 10 && ./caller 5; }
seen_of() {
	case $1 in
	xdp | tc | tcx) echo 10 ;;
	tracepoint | raw_tp) echo 1 ;;
	*) echo 5 ;;
	esac
}

# all_counted ROUNDS: every kind has counted that many, three for each event.
all_counted() {
	for kind in $kinds; do
		echo "$kind:"
		same $(($(seen_of "$kind") * 3 * $1)) "$(count_of "p-$kind/counts")" || return 1
	done
}

# for_all COMMAND...: with "@" standing for the kind.
for_all() {
	for kind in $kinds; do
		eval "$(echo "$*" | sed "s/@/$kind/g")" || { echo "kind $kind"; return 1; }
	done
}

cp "$BUILD/tests/e2e/tools/call" caller
test_expect 'the daemon starts' 'start_daemon && make_veth v0'
for kind in $kinds; do
	program=$(program_of "$kind") hook=$(hook_of "$kind")
	test_expect "$kind: a program is loaded with its globals, and runs nowhere yet" '
		bpfctl load "$OBJ/kinds.bpf.o" -p "$program:$kind" --name "p-$kind" --label kind="$kind" \
			--global step=3 --global only=caller >out && says "p-$kind" out && round &&
		same 0 "$(count_of "p-$kind/counts")"
	'
	test_expect "$kind: it counts what happens at the hook, by the global'\''s step" '
		bpfctl attach "p-$kind" "$hook" >out && says "$hook" out && round &&
		same $(($(seen_of "$kind") * 3)) "$(count_of "p-$kind/counts")"
	'
	test_expect "$kind: it is listed and described" '
		bpfctl get programs -l "kind=$kind" -o json >out && says "\"p-$kind\"" out &&
		bpfctl get links -o name >names && same "1" "$(wc -l <names)" &&
		bpfctl get hooks >out && says "p-$kind" out && says "$hook" out &&
		bpfctl describe program "p-$kind" >out && says "$program" out && says "$hook" out &&
		says step out && says 3 out
	'
	test_expect "$kind: a program with a link is not unloaded" '
		must_fail bpfctl unload "p-$kind" && round &&
		same $(($(seen_of "$kind") * 6)) "$(count_of "p-$kind/counts")"
	'
	test_expect "$kind: it counts no more when it is detached" '
		bpfctl detach "p-$kind" && round &&
		same $(($(seen_of "$kind") * 6)) "$(count_of "p-$kind/counts")" &&
		same "" "$(bpfctl get links -o name)"
	'
	test_expect "$kind: it is gone when it is unloaded, with its maps and pins" '
		bpfctl unload "p-$kind" && must_fail bpfctl describe program "p-$kind" &&
		same "" "$(bpfctl get maps -o name)" && same "" "$(ls "$D/run/fs/loads")"
	'
done

test_expect 'all kinds run side by side' '
	for_all "bpfctl load \"\$OBJ/kinds.bpf.o\" -p \$(program_of @):@ --name p-@ --global step=3 --global only=caller" &&
	for_all "bpfctl attach p-@ \$(hook_of @)" && round && all_counted 1
'
test_expect 'kill -9 detaches nothing: all go on counting without a daemon' '
	kill_daemon && round && start_daemon && all_counted 2
'
test_expect 'after the restart all are listed and described' '
	bpfctl get links -o json >out && for_all "says \$(hook_of @) out" &&
	for_all "bpfctl describe program p-@ >out && says \$(program_of @) out" &&
	must_fail grep -i missing out && bpfctl get hooks >out && for_all "says p-@ out"
'
test_expect 'a second kill -9 changes nothing either' '
	kill_daemon && start_daemon && round && all_counted 3
'
test_expect 'after the restart all can be detached and unloaded' '
	for_all "bpfctl detach p-@" && round && all_counted 3 && for_all "bpfctl unload p-@" &&
	same "" "$(bpfctl get programs -o name)"
'

test_expect 'a program in another network namespace counts what leaves it' '
	bpfctl load "$OBJ/kinds.bpf.o" -p on_tc --name far && bpfctl attach far tc:eth0/egress --netns v0 >out &&
	says "tc:eth0/egress@v0" out && send_packets v0 25 && same 25 "$(count_of far/counts)" &&
	bpfctl get hooks >out && says "tc:eth0/egress@v0" out && bpfctl unload far --force
'
test_expect 'two programs share a map' '
	bpfctl load "$OBJ/kinds.bpf.o" -p on_xdp --name first &&
	bpfctl load "$OBJ/kinds.bpf.o" -p on_tc --name second --share-map counts=first &&
	bpfctl attach first xdp:v0 && bpfctl attach second tc:v0/ingress && send_packets v0 10 &&
	same 20 "$(count_of first/counts)" && same 20 "$(count_of second/counts)"
'
test_expect 'a shared map stays as long as one of them does' '
	bpfctl unload first --force && send_packets v0 10 && same 30 "$(count_of second/counts)" &&
	bpfctl unload second --force && same "" "$(bpfctl get maps -o name)"
'
test_expect 'an exported map is a pin with its owner, group and mode' '
	bpfctl load "$OBJ/kinds.bpf.o" -p on_xdp --name shown -e counts:nobody:nogroup:0640 &&
	same "65534 65534 640" "$(stat -c "%u %g %a" "$D/run/maps/shown/counts")" &&
	bpfctl get maps >out && says "$D/run/maps/shown/counts" out
'
test_expect 'the export outlives a restart, and goes with its program' '
	restart_daemon && same "65534 65534 640" "$(stat -c "%u %g %a" "$D/run/maps/shown/counts")" &&
	bpfctl unload shown && ! test -e "$D/run/maps/shown"
'

# config PRIORITY STEP [LINE...]: a config of two programs on two hooks.
config() {
	cat <<-END
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: traffic}
	spec:
	  bytecode: $OBJ/kinds.bpf.o
	  programs:
	  - {name: packets, entry: on_xdp, globals: {step: $2}, hooks: [{hook: "xdp:v0", priority: $1}]}
	  - {name: frames, entry: on_tc, type: tc, hooks: ["tc:v0/ingress"]}
	END
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@"
}
generation() { bpfctl get config traffic -o json | sed -n 's/.*"generation": \([0-9]*\).*/\1/p'; }

test_expect 'a config brings its programs and hooks' '
	config 40 1 >c.yaml && bpfctl apply -f c.yaml && send_packets v0 10 &&
	same 10 "$(count_of packets/counts)" && same 10 "$(count_of frames/counts)" &&
	bpfctl get links >out && says " 40 " out && same 1 "$(generation)"
'
test_expect 'applied again it changes nothing' '
	before=$(bpfctl get links -o json) && bpfctl apply -f c.yaml >out && must_fail grep -E "load|attach" out &&
	same "$before" "$(bpfctl get links -o json)" && same 1 "$(generation)" && same 10 "$(count_of packets/counts)"
'
test_expect 'a dry run says what would change, and changes nothing' '
	config 41 1 >c.yaml && bpfctl apply -f c.yaml --dry-run >out && test -s out &&
	bpfctl get links >out && says " 40 " out && same 1 "$(generation)"
'
test_expect 'a change of priority leaves the other program alone' '
	other=$(bpfctl get program frames -o json | grep "\"id\"") && bpfctl apply -f c.yaml &&
	bpfctl get links >out && says " 41 " out && must_fail grep " 40 " out && same 2 "$(generation)" &&
	same "$other" "$(bpfctl get program frames -o json | grep "\"id\"")" && same 10 "$(count_of frames/counts)"
'
test_expect 'a change of a global is seen in the program' '
	config 41 7 >c.yaml && bpfctl apply -f c.yaml && send_packets v0 10 && same 70 "$(count_of packets/counts)"
'
test_expect 'a map is exported and closed again by a config' '
	config 41 7 "  maps: [{name: counts, export: {owner: nobody, mode: \"0600\"}}]" >e.yaml &&
	bpfctl apply -f e.yaml && same "65534 600" "$(stat -c "%u %a" "$D/run/maps/traffic/counts")" &&
	bpfctl apply -f c.yaml && ! test -e "$D/run/maps/traffic/counts"
'
test_expect 'a config that cannot be had in full changes nothing' '
	was=$(generation) && config 41 7 "  - {name: third, entry: on_xdp, type: xdp, hooks: [\"xdp:nope0\"]}" >bad.yaml &&
	must_fail bpfctl apply -f bad.yaml && says nope0 err && same "$was" "$(generation)" &&
	must_fail bpfctl describe program third && bpfctl get links >out && says xdp:v0 out && says tc:v0/ingress out
'
test_expect 'what belongs to a config is not taken away by hand' '
	must_fail bpfctl detach packets && says "belongs to config traffic" err &&
	must_fail bpfctl unload frames && says "belongs to config traffic" err
'
test_expect 'what was forced away comes back when the config is applied' '
	bpfctl unload frames --force && send_packets v0 10 && bpfctl apply -f c.yaml && send_packets v0 10 &&
	same 10 "$(count_of frames/counts)"
'
test_expect 'a config survives kill -9 and can still be changed and deleted' '
	was=$(generation) && kill_daemon && start_daemon && bpfctl apply -f c.yaml && same "$was" "$(generation)" &&
	config 42 7 >c.yaml && bpfctl apply -f c.yaml && same $((was + 1)) "$(generation)" &&
	bpfctl delete config traffic && same "" "$(bpfctl get programs -o name)" &&
	same "" "$(bpfctl get links -o name)" && same "" "$(bpfctl get configs -o name)" && delete_veth v0
'
finish
