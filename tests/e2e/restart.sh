#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is attached stays attached and counting while the daemon is killed, stopped and started, in
# a mount namespace as the shipped unit makes it: with systemd's descriptor store, with an older
# systemd, and without any. Below 5.15 the kernel cannot pin links of tracepoints and uprobes.
. "${0%/*}/lib.sh"

SUPERVISOR=$BUILD/tests/e2e/tools/supervisor
SENDER=$BUILD/tests/e2e/tools/sendudp

# As systemd does for ProtectSystem=strict and RuntimeDirectory=: an own namespace that receives
# mounts, in which only the daemon's directories can be written; and the unit's capabilities.
unit=$(grep -o 'CAP_[A-Z_]*' "$TOP/deploy/meson.build" | sed 's/^CAP_/,+/' | tr 'A-Z\n' 'a-z ' | tr -d ' ')
cat >"$T/confined" <<END
#!/bin/sh
mount --rbind "\$UNIT_DIR" "\$UNIT_DIR" && mount --make-rshared / &&
	mount -o remount,bind,ro "$T" || exit 90
exec setpriv --inh-caps=-all --bounding-set=-all$unit "$BPFD" "\$@"
END
cat >"$T/unit" <<END
#!/bin/sh
ulimit -l unlimited 2>/dev/null
exec unshare --mount --propagation slave "$T/confined" "\$@"
END
chmod +x "$T/confined" "$T/unit"
# Its /proc/1 is this file's; as on a host it is shared.
mount --bind "$T" "$T" && mount --make-rshared "$T"
BPFD=$T/unit

# start_managed [-s]: the same below something that does what systemd does.
start_managed() {
	mount_bpffs "$D/run/fs" && mount_bpffs "$D/run/maps" && chmod 0755 "$D/run/maps" || return 1
	"$SUPERVISOR" "$@" "$D/run" "$BPFD" --runtime-dir "$D/run" --state-dir "$D/state" \
		--config "$D/bpfd.yaml" >"$D/said" 2>>"$D/log" </dev/null &
	supervisor=$!
	answers
}
answers() { wait_until 10 '"$BPFCTL" version >/dev/null 2>&1'; }
managed_pid() { sed -n 's/^started \([0-9]*\) .*/\1/p' "$D/said" | tail -n 1; }
ready() { wait_until 10 "test \"\$(grep -c '^notified READY=1' '$D/said')\" -eq $1"; }

attach_all() {
	bpfctl load "$OBJ/xdp-counter.bpf.o" --name x --program xdp_stats:xdp &&
		bpfctl load "$OBJ/net-dev-queue.bpf.o" --name q &&
		bpfctl load "$OBJ/trigger-func.bpf.o" --name u &&
		bpfctl attach x xdp:v0 && bpfctl attach q tracepoint:net/net_dev_queue &&
		bpfctl attach u "uprobe:$SENDER:main"
}
# 100 packets for xdp, 110 for the tracepoint, 2 calls for the uprobe.
traffic() { send_packets v0 100 && send_packets_out v0 10; }
# The tracepoint sees the whole machine: only the two namespaces of this file count.
queued() {
	bpfctl map dump q/queued | awk -v ours="$(stat -L -c %i /proc/self/ns/net)" \
		-v theirs="$(in_ns v0 stat -L -c %i /proc/self/ns/net)" '
		{ inode = $1 % 4294967296 }
		inode == ours || inode == theirs { n += $2 }
		END { print n + 0 }'
}
# counts EXPECTED: what the three have seen.
counts() {
	bpfctl map dump x/xdp_stats_map --sum >x && bpfctl map dump u/totals >u || return 1
	same "$1" "$(awk '$1 == "2" { print $2 }' x) $(queued) $(awk '$1 == "0" { print $2 }' u)"
}
listed() {
	bpfctl get links >links && same 3 "$(grep -c ' attached ' links)" && says xdp:v0 links &&
		says tracepoint:net/net_dev_queue links && says "uprobe:$SENDER:main" links
}
# Each can be detached, and then counts no more.
manageable() {
	bpfctl detach x && bpfctl detach u && traffic && counts "$1" && bpfctl detach q && traffic &&
		counts "$1" && unload_all
}
alive() { attach_all && traffic && counts '100 110 2' && listed; }

make_veth v0
if ! have_feature btf || ! have_feature uprobe; then
	skip_all "no BTF or no uprobes here ($(uname -r))"
fi
export UNIT_DIR="$D"
test_expect 'a daemon in the namespace of the unit attaches, and all three count' '
	start_daemon && alive
'
test_expect 'the bpffs is the one outside of its namespace, and the rest is read-only' '
	test "$(stat -L -c %i "/proc/$(daemon_pid)/ns/mnt")" != "$(stat -L -c %i /proc/1/ns/mnt)" &&
	find "$D/run/fs/links" "$D/run/fs/chains" -mindepth 1 | grep -q . && grep -q " $T ro,.*" "/proc/$(daemon_pid)/mountinfo"
'
test_expect 'while the daemon is killed everything counts on' '
	kill_daemon && traffic && start_daemon && listed && counts "200 220 4"
'
test_expect 'while the daemon is stopped everything counts on' '
	stop_daemon && traffic && start_daemon && listed && counts "300 330 6"
'
test_expect 'killed twenty times in a row it comes back with everything' '
	for i in $(seq 20); do kill_daemon && start_daemon || return 1; done &&
	listed && traffic && counts "400 440 8"
'
test_expect 'what an earlier daemon attached can be detached' '
	manageable "400 550 8"
'
test_expect 'a keeper that holds nothing goes with the daemon' '
	stop_daemon && wait_until 5 residue_no_process
'

# managed NAME [-s]: the same under a supervisor with, or without, a store.
managed() {
	use_daemon "$1" && export UNIT_DIR="$D" && shift && start_managed "$@" && ready 1
}
in_turn() {
	test_expect "$1: it takes both sockets that it is handed, and says when it is ready" "
		managed $2 && alive && ready 1 && grep -q '^started [0-9]* with 2' \"\$D/said\" &&
		bpfctl status >out && says \"\$(managed_pid)\" out
	"
	test_expect "$1: while it is killed everything counts on, and no client is refused" '
		kill -KILL "$(managed_pid)" && traffic && counts "200 220 4" && ready 2 && listed
	'
	test_expect "$1: while it is stopped everything counts on" '
		kill -TERM "$supervisor" && wait_until 5 "grep -q \"^ended with 0\" \"$D/said\"" &&
		traffic && kill -USR1 "$supervisor" && answers && ready 3 && listed && counts "300 330 6"
	'
	test_expect "$1: what an earlier daemon attached can be detached" 'manageable "300 440 6"'
	test_expect "$1: in the end it stops by itself, and leaves nothing" '
		kill -TERM "$supervisor" && wait_until 5 "test \"\$(grep -c \"^ended with 0\" \"$D/said\")\" -eq 2" &&
		kill -TERM "$supervisor" && wait "$supervisor" && wait_until 5 residue_no_process
	'
}
in_turn 'with a store' 'stored -s'
in_turn 'without a store' 'unstored'
if kernel_at_least 5 15; then
	test_expect 'where links can be pinned no store is used' '! grep -q FDSTORE "$T/stored/said"'
else
	test_expect 'where links cannot be pinned the store is used where there is one' '
		grep -q "FDSTORE=1 FDNAME=link-" "$T/stored/said" && ! grep -q FDSTORE=1 "$T/unstored/said"
	'
fi
test_expect 'a watchdog is answered in time' '
	use_daemon guarded && export UNIT_DIR="$D" && start_managed -w 400 &&
	wait_until 5 "test \"\$(grep -c \"^notified WATCHDOG=1\" \"$D/said\")\" -ge 4" &&
	kill -TERM "$supervisor" && wait_until 5 "grep -q \"^ended with 0\" \"$D/said\"" &&
	kill -TERM "$supervisor" && wait "$supervisor"
'
test_expect 'the end' 'use_daemon main && export UNIT_DIR="$D" && delete_veth v0'
BPFD=$BUILD/src/daemon/bpfd
finish
