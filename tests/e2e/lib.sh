# SPDX-License-Identifier: Apache-2.0
# Shell library of the end-to-end tests: TAP, a daemon, veth pairs, packets. Sourced, never run.
#
# A test file is tests/e2e/<what>.sh, POSIX sh, executable, run as root by tests/e2e/run natively
# and in the VMs; only busybox, ip, tc, bpftool, util-linux, xdp-tools and our own binaries are
# there. (Busybox's own commands find busybox's ip: in "xargs ip" and the like nothing changes, the
# real xargs, env, timeout, find, nohup and setsid are there.)
#
#	#!/bin/sh
#	. "${0%/*}/lib.sh"
#	test_expect 'a program that was loaded is listed' '
#		start_daemon &&
#		bpfctl load "$OBJ/counter.bpf.o" --name counter &&
#		bpfctl get programs >out && grep -q counter out
#	'
#	finish
#
# The runner gives each file its own mount, pid and network namespace: /proc/1 is the file's own
# init (so a bpffs mounted here is "the host's" for the daemon), lo is up, IPv6 is off, tracefs,
# cgroup2 and an empty /run/netns are there, no bpffs. Everything vanishes with the namespaces.
#
# Tests (commands are evaluated in this shell, so variables survive; the current directory is $T;
# chain with && - a broken chain is an error; what they print is shown only on failure):
#	test_expect 'sentence' 'commands'		ok when the commands return 0
#	test_expect_on 5.15 'sentence' 'commands'	the same, a skip on older kernels
#	test_expect_if FEATURE 'sentence' 'commands'	the same, a skip where have_feature says no
#	skip_test 'sentence' 'reason'			a counted skip
#	skip_all 'reason'				skip the whole file (a counted skip), ends it
#	finish						last line: unloads all, stops the daemons, looks
#							for residue (a test of its own), prints the plan
#	leave_pins 'reason'				finish does not unload, pins may stay
# In commands:
#	must_fail CMD...		CMD exits 1..125 (not by signal); its stderr goes to ./err too
#	says TEXT FILE			FILE contains TEXT (fixed string); shows FILE when not
#	same 'EXPECTED' 'ACTUAL'	equal strings; shows both when not
#	wait_until SECONDS 'commands'	poll until the commands return 0; E2E_PATIENCE=3 waits three times
#					as long (tests of waiting beside busy guests)
#	kernel_at_least 5 15		version of the running kernel
#	have_feature NAME		tcx netkit fentry kprobe uprobe tracepoint btf tun lsm ringbuf
#					map_unpriv python3 bpftool xdp-loader (tools: any command name)
# Daemon (one is called "main"; use_daemon selects another, so several run side by side):
#	use_daemon NAME			its files: $D/run $D/state $D/bpfd.yaml $D/log ($D=$T/NAME)
#	start_daemon [ARGS...]		mounts its two bpffs, starts it, waits till the socket accepts
#	stop_daemon			SIGTERM; fails unless it exits 0 within 5 s
#	kill_daemon			SIGKILL to it (children must follow by themselves)
#	restart_daemon [ARGS...]	stop (if it runs) and start
#	daemon_pid			prints its pid
#	bpfctl ARGS...			our bpfctl; BPFD_SOCKET is exported for the current daemon
#	unload_all			removes all configs, links and programs through bpfctl
#	as_nobody CMD... / as_user UID GID[,GID...] CMD...	no capability, no group but these
#					(external commands: "$BPFCTL", not the function bpfctl)
# Network:
#	make_veth NAME			interface NAME here, eth0 in new netns NAME; fixed addresses
#	delete_veth NAME
#	veth_addr NAME / peer_addr NAME	10.x.y.1 / 10.x.y.2
#	in_ns NAME CMD...
#	send_packets NAME N [SIZE]	exactly N UDP packets (42+SIZE bytes, SIZE 18) enter NAME;
#	send_packets_out NAME N [SIZE]	exactly N leave through NAME. They are broadcasts to port 9:
#					no ARP, no answer, so counters are exact
#	mount_bpffs DIR			e.g. /sys/fs/bpf for xdp-loader and bpftool
# Variables: $T private directory (tmpfs, mode 0755), $TOP source tree, $BUILD build tree,
#	$BPFCTL $BPFD paths, $OBJ directory of the examples' and fixtures' *.bpf.o (by base name).

TOP=${E2E_TOP:?run me by tests/e2e/run} BUILD=${BUILD:?} T=${E2E_TMP:?}
E2E_NAME=${0##*/} E2E_N=0 E2E_FAILED=0 E2E_KEEP='' E2E_DONE=''
BPFCTL=$BUILD/src/cli/bpfctl BPFD=$BUILD/src/daemon/bpfd OBJ=$T/objects
export BPFD_LIBEXEC="$T/libexec" LC_ALL=C
# shellcheck source=tests/e2e/residue.sh
. "$TOP/tests/e2e/residue.sh"
cd "$T" || exit 99

# The build tree has one folder per binary; the daemon expects its children in one.
mkdir -p "$BPFD_LIBEXEC" "$OBJ"
for e2e_f in "$BUILD"/src/*/bpfd-*; do
	[ -x "$e2e_f" ] && [ -f "$e2e_f" ] && ln -sf "$e2e_f" "$BPFD_LIBEXEC/"
done
find "$BUILD" -name '*.bpf.o' ! -path '*.p/*' -exec ln -sf '{}' "$OBJ/" ';'

e2e_run() {
	eval "$1"
}

e2e_show_failure() {
	tail -n 40 "$T/.out" | sed 's/^/#   /'
	[ -f "$D/log" ] && tail -n +"$((e2e_lines + 1))" "$D/log" | tail -n 15 |
		sed 's/^/#   bpfd: /'
	return 0
}

test_expect() {
	E2E_N=$((E2E_N + 1))
	e2e_lines=0
	[ -f "$D/log" ] && e2e_lines=$(wc -l <"$D/log")
	# 117 comes through only when every command is chained (the lint of git's test-lib).
	e2e_run "(exit 117) && $2" >"$T/.out" 2>&1 </dev/null
	if [ $? -ne 117 ]; then
		echo 'broken && chain in this test' >"$T/.out"
		e2e_r=1
	else
		e2e_run "$2" >"$T/.out" 2>&1 </dev/null
		e2e_r=$?
	fi
	if [ "$e2e_r" -eq 0 ]; then
		echo "ok $E2E_N - $1"
	else
		E2E_FAILED=$((E2E_FAILED + 1))
		echo "not ok $E2E_N - $1"
		e2e_show_failure
	fi
	cd "$T" || exit 99
}

skip_test() {
	E2E_N=$((E2E_N + 1))
	echo "ok $E2E_N - $1 # SKIP $2"
}

skip_all() {
	skip_test "$E2E_NAME" "$1"
	echo "1..$E2E_N"
	E2E_DONE=1
	exit 0
}

test_expect_on() {
	if kernel_at_least "${1%%.*}" "${1##*.}"; then
		test_expect "$2" "$3"
	else
		skip_test "$2" "needs kernel $1, this is $(uname -r)"
	fi
}

test_expect_if() {
	if have_feature "$1"; then
		test_expect "$2" "$3"
	else
		skip_test "$2" "no $1 here ($(uname -r))"
	fi
}

leave_pins() { E2E_KEEP=$1; }

finish() {
	if [ -z "$E2E_KEEP" ]; then
		for D in "$T"/*/daemon.args; do
			[ -f "$D" ] || continue
			use_daemon "$(basename "${D%/*}")"
			test_expect "all that was loaded can be unloaded ($DAEMON)" '
				{ daemon_runs || start_daemon; } && unload_all
			'
		done
		test_expect 'nothing remains pinned, attached or held' 'residue_none_inside'
	fi
	for D in "$T"/*/pid; do
		[ -f "$D" ] || continue
		use_daemon "$(basename "${D%/*}")"
		daemon_runs || continue
		test_expect "the daemon ends on SIGTERM ($DAEMON)" 'stop_daemon'
	done
	# What may stay pinned may stay in a keeper process too (kernels below 5.15).
	[ -n "$E2E_KEEP" ] || test_expect 'no process remains' 'residue_no_process'
	echo "1..$E2E_N"
	E2E_DONE=1
	[ "$E2E_FAILED" -eq 0 ]
	exit
}

must_fail() {
	"$@" 2>"$T/err"
	e2e_r=$?
	cat "$T/err"
	[ "$e2e_r" -ge 1 ] && [ "$e2e_r" -le 125 ] && return 0
	echo "expected a failure, got exit status $e2e_r: $*"
	return 1
}

says() {
	grep -qF -e "$1" "$2" && return 0
	echo "\"$1\" is not in $2:"
	cat "$2"
	return 1
}

same() {
	[ "$1" = "$2" ] && return 0
	echo "expected: $1"
	echo "actual:   $2"
	return 1
}

wait_until() {
	e2e_end=$(($(date +%s) + $1 * ${E2E_PATIENCE:-1}))
	while ! eval "$2"; do
		[ "$(date +%s)" -le "$e2e_end" ] || { echo "not within $1 s: $2"; return 1; }
		sleep 0.05
	done
}

kernel_at_least() {
	e2e_v=$(uname -r)
	e2e_major=${e2e_v%%.*} e2e_v=${e2e_v#*.}
	e2e_minor=${e2e_v%%[!0-9]*}
	[ "$e2e_major" -gt "$1" ] || { [ "$e2e_major" -eq "$1" ] && [ "$e2e_minor" -ge "$2" ]; }
}

have_feature() {
	case $1 in
	tcx) kernel_at_least 6 6 ;;
	netkit) kernel_at_least 6 7 ;;
	map_unpriv) kernel_at_least 5 19 ;;
	ringbuf) kernel_at_least 5 8 ;;
	tracepoint) [ -d /sys/kernel/tracing/events ] ;;
	uprobe) [ -e /sys/bus/event_source/devices/uprobe ] ;;
	kprobe) [ -e /sys/bus/event_source/devices/kprobe ] ;;
	fentry) [ -s /sys/kernel/tracing/available_filter_functions ] ;;
	btf) [ -r /sys/kernel/btf/vmlinux ] ;;
	lsm) grep -qw bpf /sys/kernel/security/lsm 2>/dev/null ;;
	tun) [ -c /dev/net/tun ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

use_daemon() {
	DAEMON=$1 D=$T/$1
	export BPFD_SOCKET="$D/run/bpfd.sock"
	mkdir -p "$D/run" "$D/state"
	[ -e "$D/bpfd.yaml" ] || : >"$D/bpfd.yaml"
}

daemon_pid() { cat "$D/pid"; }

# A zombie does not run: it is this shell's child and waits to be collected.
daemon_runs() {
	[ -f "$D/pid" ] && read -r _ _ e2e_state _ 2>/dev/null <"/proc/$(cat "$D/pid")/stat" &&
		[ "$e2e_state" != Z ]
}

start_daemon() {
	daemon_runs && { echo "daemon $DAEMON runs already"; return 1; }
	mount_bpffs "$D/run/fs" && mount_bpffs "$D/run/maps" && chmod 0755 "$D/run/maps" || return 1
	echo "$*" >"$D/daemon.args"
	"$BPFD" --runtime-dir "$D/run" --state-dir "$D/state" --config "$D/bpfd.yaml" "$@" \
		>>"$D/log" 2>&1 </dev/null &
	echo $! >"$D/pid"
	"$BUILD/tests/e2e/tools/knock" "$BPFD_SOCKET" "$(cat "$D/pid")" 10000 && return 0
	echo "daemon $DAEMON does not answer on $BPFD_SOCKET:"
	tail -n 20 "$D/log"
	return 1
}

stop_daemon() {
	kill -TERM "$(daemon_pid)" || return 1
	if ! wait_until 5 '! daemon_runs'; then
		kill -KILL "$(daemon_pid)"
		return 1
	fi
	e2e_pid=$(daemon_pid)
	rm "$D/pid"
	wait "$e2e_pid"
}

kill_daemon() {
	kill -KILL "$(daemon_pid)" || return 1
	e2e_pid=$(daemon_pid)
	rm "$D/pid"
	wait "$e2e_pid" 2>/dev/null
	[ $? -eq 137 ]
}

restart_daemon() {
	if daemon_runs; then stop_daemon || return 1; fi
	start_daemon "$@"
}

bpfctl() { "$BPFCTL" "$@"; }

unload_all() {
	e2e_remove configs delete config && e2e_remove links detach && e2e_remove programs unload
}

# The names come as "program/NAME", as kubectl prints them.
e2e_remove() {
	e2e_what=$1
	shift
	bpfctl get "$e2e_what" -o name >"$T/.names" || return 1
	while read -r e2e_item; do
		bpfctl "$@" "${e2e_item#*/}" </dev/null || return 1
	done <"$T/.names"
}

as_user() {
	e2e_uid=$1 e2e_gid=${2%%,*} e2e_groups=$2
	shift 2
	setpriv --reuid "$e2e_uid" --regid "$e2e_gid" --groups "$e2e_groups" \
		--inh-caps=-all --bounding-set=-all "$@"
}

as_nobody() { as_user 65534 65534 "$@"; }

e2e_subnet() {
	e2e_sum=$(printf %s "$1" | cksum)
	e2e_sum=${e2e_sum%% *}
	echo "10.$((e2e_sum % 250 + 2)).$((e2e_sum / 250 % 250 + 2))"
}

veth_addr() { echo "$(e2e_subnet "$1").1"; }
peer_addr() { echo "$(e2e_subnet "$1").2"; }
in_ns() { ip netns exec "$@"; }

make_veth() {
	ip netns add "$1" &&
		in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' &&
		ip link add "$1" type veth peer name eth0 netns "$1" &&
		ip addr add "$(veth_addr "$1")/24" brd + dev "$1" && ip link set "$1" up &&
		ip -n "$1" addr add "$(peer_addr "$1")/24" brd + dev eth0 &&
		ip -n "$1" link set lo up && ip -n "$1" link set eth0 up
}

delete_veth() {
	if ip link show "$1" >/dev/null 2>&1; then ip link del "$1" || return 1; fi
	ip netns del "$1"
}

send_packets() {
	in_ns "$1" "$BUILD/tests/e2e/tools/sendudp" "$(e2e_subnet "$1").255" 9 "$2" "${3:-18}"
}

send_packets_out() {
	"$BUILD/tests/e2e/tools/sendudp" "$(e2e_subnet "$1").255" 9 "$2" "${3:-18}"
}

# Shared, as a mount of the host would be: the daemon refuses a bpffs that ends with its namespace.
mount_bpffs() {
	mkdir -p "$1" && { mountpoint -q "$1" || { mount -t bpf -o mode=0700 bpf "$1" &&
		mount --make-shared "$1"; }; }
}

# A file that stops in the middle must not look complete.
trap '[ -n "$E2E_DONE" ] || echo "Bail out! $E2E_NAME ended before finish"' EXIT
use_daemon main
