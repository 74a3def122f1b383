#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Maps for pods: volumes beneath a kubelet's directory of our own, real programs, real mounts, and
# the application as nobody where bpf(2) is forbidden. tests/interop/csi_kubelet.py drives the same by CSI.
. "${0%/*}/lib.sh"

AGENT=$D/run/agent/bpfd.sock KUBELET=$T/kubelet
POD=$KUBELET/pods/0f4c/volumes/kubernetes.io~csi/maps TARGET=$POD/mount
volume() { "$BUILD/tests/e2e/tools/volume" "$@"; }
agent() { BPFD_SOCKET=$AGENT volume "$@"; }
nobpf() { "$BUILD/tests/e2e/tools/nobpf" "$@"; }
askmap() { "$BUILD/tests/e2e/tools/askmap" "$@"; }
counted() { awk -v action="$1" '$1 == "ACTION" { n = "0 0" } $1 == action { n = $2 " " $3 } END { print n }' out; }

# mounts: at how many places beneath the kubelet's directory something of ours is mounted, and how much.
mounts() { ours | sort -u | wc -l; }
ours() { awk -v d="$KUBELET/" 'index($5, d) == 1 && (/ - [a-z]* bpfd\./ || / - bpf /) { print $5 }' /proc/self/mountinfo; }

# in_pod COMMAND...: the example as nobody, without bpf(2), with nothing of bpfd but the volume.
in_pod() { BPFD_SOCKET=$TARGET/bpfd.sock as_nobody "$BUILD/tests/e2e/tools/nobpf" "$@"; }
pin_id() { bpftool -j map show pinned "$1" | sed 's/.*"id":\([0-9]*\).*/\1/'; }

# served: the daemon answers, so it has recovered (its socket takes connections before).
served() { BPFD_SOCKET=$D/run/bpfd.sock volume list >/dev/null; }

at_once() {
	pids=''
	for _ in 1 2 3 4 5 6 7 8; do
		agent publish v1 "$TARGET" xdp-counter events &
		pids="$pids $!"
	done
	for pid in $pids; do wait "$pid" || return 1; done
}

manifest() {
	sed -e "s|image://[^ ]*|file://$OBJ/xdp-counter.bpf.o|" -e "s/sampling: 10/sampling: $1/" \
		-e 's/hook: "xdp:", primaryNodeInterface: true/hook: "xdp:v0"/' -e '/^  maps:/,$d' \
		"$TOP/examples/xdp-counter/manifest-maps.yaml"
}

cat >"$D/bpfd.yaml" <<-END
	kubernetes:
	  agentSocket: $AGENT
	  agentGroup: 65532
	  kubeletDirectory: $KUBELET
END
mkdir -p "$POD" && chmod 0711 "$KUBELET" && chmod -R a+rx "$KUBELET/pods"

test_expect 'the agent has a socket of its own, for its group' '
	start_daemon && make_veth v0 &&
	same "660 0 65532" "$(stat -c "%a %u %g" "$AGENT")" &&
	same "750 0 65532" "$(stat -c "%a %u %g" "$D/run/agent")"
'
test_expect 'a start says when no pod can see what is mounted' '
	served && says "are private" "$D/log" && mount --bind "$KUBELET" "$KUBELET" && mount --make-shared "$KUBELET" &&
	: >"$D/log" && restart_daemon && served && ! grep -q private "$D/log"
'
test_expect 'what it applies there belongs to it, whatever its uid, and is never root'\''s' '
	manifest 10 >config.yaml && BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml &&
	bpfctl get configs -o json >out && says 65532 out &&
	manifest 11 >config2.yaml && BPFD_SOCKET=$AGENT as_user 4711 65532 "$BPFCTL" apply -f config2.yaml &&
	BPFD_SOCKET=$AGENT as_user 4711 65532 "$BPFCTL" apply -f config.yaml
'
test_expect 'it does not touch what is root'\''s' '
	bpfctl load "$OBJ/tracepoint.bpf.o" --name roots &&
	must_fail env BPFD_SOCKET=$AGENT "$BPFCTL" unload roots && says "belongs to uid 0" err &&
	bpfctl unload roots
'
test_expect 'nobody publishes by the other socket, whatever its group' '
	must_fail as_user 65532 65532 "$BUILD/tests/e2e/tools/volume" publish v1 "$TARGET" xdp-counter events &&
	says "it is for the agent" err
'
test_expect 'PublishUnpublishRoundTrip' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map,events &&
	test -S "$TARGET/bpfd.sock" && test -S "$TARGET/maps.sock" &&
	same "events xdp_stats_map" "$(ls "$TARGET/maps" | tr "\n" " " | sed "s/ $//")" &&
	same "600 0 0" "$(stat -c "%a %u %g" "$TARGET/maps/events")" && same 2 "$(mounts)" &&
	agent list >out && says "v1 $TARGET xdp-counter events,xdp_stats_map bpfd rw -" out &&
	agent unpublish v1 "$TARGET" && same 0 "$(mounts)" && test ! -e "$TARGET" &&
	same "" "$(agent list)"
'
test_expect 'what is not there is unpublished with success' '
	agent unpublish v1 "$TARGET" && agent unpublish v9 "$KUBELET/pods/gone/volumes/x/mount"
'
test_expect 'a pod reads the counters and the ring buffer where bpf(2) is forbidden' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map,events && send_packets v0 40 58 &&
	in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 -e >out &&
	same "40 4000" "$(counted XDP_PASS)" && says "event: " out
'
test_expect 'who the pod runs as makes no difference' '
	BPFD_SOCKET=$TARGET/bpfd.sock as_user 1000 1000 "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out &&
	same "40 4000" "$(counted XDP_PASS)" &&
	BPFD_SOCKET=$TARGET/bpfd.sock "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out &&
	same "40 4000" "$(counted XDP_PASS)"
'
test_expect 'its socket gives these maps and answers nothing else, root in the pod included' '
	BPFD_SOCKET=$TARGET/bpfd.sock bpfctl get maps >out && says events out && says xdp_stats_map out &&
	same 3 "$(wc -l <out)" &&
	for what in programs links configs hooks; do
		BPFD_SOCKET=$TARGET/bpfd.sock must_fail "$BPFCTL" get $what && says "does not answer" err || return 1
	done &&
	BPFD_SOCKET=$TARGET/bpfd.sock must_fail "$BPFCTL" load "$OBJ/tracepoint.bpf.o" &&
	BPFD_SOCKET=$TARGET/bpfd.sock must_fail "$BPFCTL" delete config xdp-counter &&
	BPFD_SOCKET=$TARGET/bpfd.sock must_fail volume list
'
test_expect 'another map than the named ones is refused, by name and by id' '
	bpfctl load "$OBJ/counter.bpf.o" -p count:xdp --name other &&
	id=$(bpfctl get maps -o json | tr "{" "\n" | sed -n "s/.*\"id\": *\([0-9]*\).*\"packets\".*/\1/p" | head -1) &&
	BPFD_SOCKET=$TARGET/bpfd.sock must_fail "$BPFCTL" map dump other/packets && says "not in this volume" err &&
	must_fail askmap "$TARGET/maps.sock" other/packets read &&
	must_fail askmap "$TARGET/maps.sock" "${id:-1}" read && bpfctl unload other
'
test_expect 'maps are found by their name alone, with the config, and by id' '
	id=$(pin_id "$TARGET/maps/events") && as_nobody "$BUILD/tests/e2e/tools/askmap" "$TARGET/maps.sock" events write &&
	as_nobody "$BUILD/tests/e2e/tools/askmap" "$TARGET/maps.sock" xdp-counter/events write &&
	as_nobody "$BUILD/tests/e2e/tools/askmap" "$TARGET/maps.sock" "$id" read
'
test_expect 'Republish with the same arguments is success and stacks nothing' '
	agent publish v1 "$TARGET" xdp-counter events,xdp_stats_map &&
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map,events && same 2 "$(mounts)" && same 3 "$(ours | wc -l)"
'
test_expect 'Republish with other arguments is refused' '
	for args in "xdp-counter events" "xdp-counter events,xdp_stats_map -r" "xdp-counter events,xdp_stats_map -g 7" \
		"xdp-counter events,xdp_stats_map -l bpfman"; do
		must_fail agent publish v1 "$TARGET" $args && says "File exists" err || return 1
	done &&
	must_fail agent publish v2 "$TARGET" xdp-counter events && says "target of volume v1" err &&
	mkdir -p "$KUBELET/pods/b/volumes" &&
	must_fail agent publish v1 "$KUBELET/pods/b/volumes/mount" xdp-counter events && same 2 "$(mounts)"
'
test_expect 'a pod sees the maps of the new program after an upgrade' '
	before=$(pin_id "$TARGET/maps/events") && ls -i "$TARGET/bpfd.sock" >inode &&
	BPFD_SOCKET=$AGENT bpfctl apply -f config2.yaml && after=$(pin_id "$TARGET/maps/events") &&
	test "$before" != "$after" && same "events xdp_stats_map" "$(echo $(ls "$TARGET/maps"))" &&
	send_packets v0 7 58 && in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out &&
	same "7 700" "$(counted XDP_PASS)" && same 2 "$(mounts)" &&
	ls -i "$TARGET/bpfd.sock" | cmp - inode && ! bpftool map show id "$before"
'
test_expect 'a config that is deleted takes its maps out of the volume, and brings them back' '
	BPFD_SOCKET=$AGENT bpfctl delete config xdp-counter && same "" "$(ls "$TARGET/maps")" &&
	must_fail in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 && says "not loaded" err &&
	BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml && test -e "$TARGET/maps/events" &&
	in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out
'
test_expect 'a program of somebody else that takes the name of the config does not get into the volume' '
	BPFD_SOCKET=$AGENT bpfctl delete config xdp-counter &&
	bpfctl load "$OBJ/xdp-counter.bpf.o" -p xdp_stats:xdp --name xdp-counter && same "" "$(ls "$TARGET/maps")" &&
	must_fail in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 && says "not loaded" err &&
	must_fail askmap "$TARGET/maps.sock" events read && bpfctl unload xdp-counter &&
	BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml && test -e "$TARGET/maps/events"
'
test_expect 'a restart of the daemon leaves the volume, with sockets at the same place' '
	restart_daemon && served && same 2 "$(mounts)" && send_packets v0 5 58 &&
	in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out && same "5 500" "$(counted XDP_PASS)" &&
	agent publish v1 "$TARGET" xdp-counter events,xdp_stats_map && same 2 "$(mounts)"
'
test_expect 'kill -9 does as well, and a pod that holds the old mount sees the new sockets' '
	mkdir -p pod && mount --rbind "$TARGET" pod && kill_daemon && start_daemon && served && same 2 "$(mounts)" &&
	BPFD_SOCKET=$T/pod/bpfd.sock as_nobody "$BUILD/tests/e2e/tools/nobpf" "$BUILD/examples/xdp-counter" \
		-c xdp-counter -n 1 >out && same "5 500" "$(counted XDP_PASS)" && umount -l pod
'
test_expect 'RecoversStaleMount: one that was unmounted behind its back is made again' '
	umount -l "$TARGET" && same 0 "$(mounts)" && kill_daemon && start_daemon && served && same 2 "$(mounts)" &&
	umount -l "$TARGET" && agent publish v1 "$TARGET" xdp-counter events,xdp_stats_map && same 2 "$(mounts)" &&
	in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out
'
test_expect 'a volume whose pod directory has gone is dropped by the next start' '
	umount -l "$TARGET" && kill_daemon && mv "$KUBELET/pods/0f4c" aside && start_daemon && served &&
	same "" "$(agent list)" && stop_daemon && mv aside "$KUBELET/pods/0f4c" && start_daemon && served &&
	agent publish v1 "$TARGET" xdp-counter events && same 2 "$(mounts)"
'
test_expect 'mounts of a daemon whose state was lost are unmounted' '
	stop_daemon && rm "$D/run/state.db"* && start_daemon && served && same 0 "$(mounts)" && rmdir "$TARGET" &&
	BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml && send_packets v0 5 58
'
test_expect 'FsGroup: pins are of the group and 0660' '
	agent publish v1 "$TARGET" xdp-counter events -g 2000 &&
	same "660 0 2000" "$(stat -c "%a %u %g" "$TARGET/maps/events")" && agent unpublish v1 "$TARGET"
'
test_expect 'a process of the group may open the pin, another one may not' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map -g 2000 &&
	must_fail as_user 1000 1000 test -r "$TARGET/maps/xdp_stats_map" &&
	as_user 1000 2000 test -r "$TARGET/maps/xdp_stats_map" &&
	as_user 1000 2000 test -w "$TARGET/maps/xdp_stats_map" && agent unpublish v1 "$TARGET"
'
test_expect 'ReadOnly: sockets only, and no descriptor that writes' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map,events -r && same 1 "$(mounts)" &&
	test ! -e "$TARGET/maps" && in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out &&
	same "5 500" "$(counted XDP_PASS)" &&
	must_fail askmap "$TARGET/maps.sock" events write && askmap "$TARGET/maps.sock" events read &&
	must_fail in_pod "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 -e && says "read-only" err &&
	agent unpublish v1 "$TARGET"
'
test_expect 'nobody makes files in the tmpfs, root of the pod included' '
	agent publish v1 "$TARGET" xdp-counter events && must_fail touch "$TARGET/x" &&
	must_fail rm -f "$TARGET/bpfd.sock" && must_fail ln -s /etc "$TARGET/y" &&
	mkdir -p pod && mount --bind "$TARGET" pod && mount -o remount,bind,rw pod && must_fail touch pod/x && umount pod &&
	findmnt -n -o OPTIONS "$TARGET" >out && says nosuid out && says nodev out && says noexec out &&
	agent unpublish v1 "$TARGET"
'
test_expect 'a link that a pod puts into its bpffs leads an upgrade nowhere' '
	agent publish v1 "$TARGET" xdp-counter events -g 2000 && : >victim && chmod 0600 victim &&
	ln -s "$T/victim" "$TARGET/maps/%new" && rm "$TARGET/maps/events" && ln -s "$T/victim" "$TARGET/maps/events" &&
	BPFD_SOCKET=$AGENT bpfctl apply -f config2.yaml && same "600 0 0" "$(stat -c "%a %u %g" victim)" &&
	test ! -L "$TARGET/maps/events" && same "660 0 2000" "$(stat -c "%a %u %g" "$TARGET/maps/events")" &&
	agent unpublish v1 "$TARGET" && BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml
'
test_expect 'the layout of bpfman has the pins themselves' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map,events -l bpfman -g 2000 && same 1 "$(mounts)" &&
	same "events xdp_stats_map" "$(echo $(ls "$TARGET"))" && same "660 0 2000" "$(stat -c "%a %u %g" "$TARGET/events")" &&
	before=$(pin_id "$TARGET/events") && BPFD_SOCKET=$AGENT bpfctl apply -f config2.yaml &&
	test "$before" != "$(pin_id "$TARGET/events")" && agent unpublish v1 "$TARGET" && same 0 "$(mounts)"
'
test_expect 'read-only in the layout of bpfman: a pin is not opened for writing' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map -l bpfman -r -g 2000 &&
	same "440 0 2000" "$(stat -c "%a %u %g" "$TARGET/xdp_stats_map")" &&
	! bpftool map update pinned "$TARGET/xdp_stats_map" key 0 0 0 0 value 0 && must_fail rm -f "$TARGET/xdp_stats_map" &&
	BPFD_SOCKET=$AGENT bpfctl apply -f config.yaml && test -e "$TARGET/xdp_stats_map" &&
	must_fail rm -f "$TARGET/xdp_stats_map" && agent unpublish v1 "$TARGET" && same 0 "$(mounts)"
'
test_expect 'RejectsForeignTargetMount' '
	mkdir -p "$TARGET" && mount -t tmpfs foreign "$TARGET" &&
	must_fail agent publish v1 "$TARGET" xdp-counter events && says "mounted already" err &&
	must_fail agent unpublish v1 "$TARGET" && says "not ours" err && umount "$TARGET" &&
	same "" "$(agent list)" && agent publish v1 "$TARGET" xdp-counter events &&
	agent unpublish v1 "$TARGET" && test -d "$TARGET" && rmdir "$TARGET"
'
test_expect 'a target with links is refused, as is one outside' '
	mkdir -p "$KUBELET/pods/l" outside && ln -s "$T/outside" "$KUBELET/pods/l/volumes" &&
	must_fail agent publish v1 "$KUBELET/pods/l/volumes/mount" xdp-counter events &&
	ln -s "$T/outside" "$POD/link" && must_fail agent publish v1 "$POD/link" xdp-counter events &&
	for target in "$T/outside/x" "$KUBELET/pods" "$KUBELET/pods/" "$KUBELET/pods/../x" "$POD/../../../../../../x" \
		"$POD//x" "$POD/." /etc relative; do
		must_fail agent publish v1 "$target" xdp-counter events && says "is not beneath" err || return 1
	done && rm -r "$KUBELET/pods/l" "$POD/link" && same "" "$(ls outside)" && same 0 "$(mounts)"
'
test_expect 'bounds and names are kept' '
	must_fail agent publish "$(printf %0129d 0)" "$TARGET" xdp-counter events &&
	must_fail agent publish v1 "$TARGET" ../x events && must_fail agent publish v1 "$TARGET" xdp-counter ../events &&
	must_fail agent publish v1 "$TARGET" xdp-counter events,events && says twice err &&
	must_fail agent publish v1 "$TARGET" xdp-counter "$(seq 65 | sed "s/^/m/" | tr "\n" ,)" && says "1 to 64" err &&
	must_fail agent publish v1 "$TARGET" xdp-counter events -l other && says "bpfd or bpfman" err &&
	must_fail agent publish v1 "$TARGET" xdp-counter .rodata &&
	must_fail agent publish v1 "$TARGET" nowhere events && says "No such file" err &&
	must_fail agent publish v1 "$KUBELET/pods/none/a/b" xdp-counter events && test ! -e "$TARGET"
'
test_expect 'maps of another owner are not given away' '
	bpfctl load "$OBJ/counter.bpf.o" -p count:xdp --name roots &&
	must_fail agent publish v1 "$TARGET" roots packets && says "belongs to uid 0" err &&
	volume publish v1 "$TARGET" roots packets && volume unpublish v1 "$TARGET" && bpfctl unload roots
'
test_expect 'concurrent publishes of one volume make one' '
	at_once && same 2 "$(mounts)" &&
	same 1 "$(agent list | wc -l)" && agent unpublish v1 "$TARGET" && same 0 "$(mounts)"
'
test_expect 'RepeatedCycles leave nothing' '
	fds() { ls "/proc/$(daemon_pid)/fd" | wc -l; } &&
	agent publish v1 "$TARGET" xdp-counter events && agent unpublish v1 "$TARGET" && before=$(fds) &&
	for i in $(seq 100); do
		agent publish v1 "$TARGET" xdp-counter events -g "$i" && agent unpublish v1 "$TARGET" || return 1
	done && same 0 "$(mounts)" && same "$before" "$(fds)" && test ! -e "$TARGET"
'
test_expect 'connections to one volume are bounded, and others are served meanwhile' '
	agent publish v1 "$TARGET" xdp-counter xdp_stats_map && mkdir -p "$KUBELET/pods/b/volumes" &&
	agent publish v2 "$KUBELET/pods/b/volumes/mount" xdp-counter xdp_stats_map &&
	if test -x /usr/bin/python3; then
		/usr/bin/python3 - "$TARGET" "$KUBELET/pods/b/volumes/mount" <<-END || return 1
			import socket, sys
			held = []
			for name, kind in ("bpfd.sock", socket.SOCK_STREAM), ("maps.sock", socket.SOCK_SEQPACKET):
			    for _ in range(60):
			        s = socket.socket(socket.AF_UNIX, kind)
			        s.settimeout(2)
			        s.connect(f"{sys.argv[1]}/{name}")
			        held.append(s)
			import time; time.sleep(0.3)
			closed = 0
			for s in held:
			    s.setblocking(False)
			    try:
			        while s.recv(4096):
			            pass
			        closed += 1
			    except BlockingIOError:
			        pass
			    except ConnectionError:
			        closed += 1
			assert closed == 88, closed
		END
	fi &&
	BPFD_SOCKET=$KUBELET/pods/b/volumes/mount/bpfd.sock "$BUILD/examples/xdp-counter" -c xdp-counter -n 1 >out &&
	agent unpublish v2 "$KUBELET/pods/b/volumes/mount" && agent unpublish v1 "$TARGET"
'
test_expect 'without the setting there is no socket, no volume, and mount(2) stays deadly' '
	BPFD_SOCKET=$AGENT bpfctl delete config xdp-counter && stop_daemon && : >"$D/bpfd.yaml" && rm -rf "$D/run/agent" &&
	start_daemon && test ! -e "$AGENT" &&
	must_fail volume publish v1 "$TARGET" xdp-counter events && says "makes no volumes" err && delete_veth v0
'
finish
