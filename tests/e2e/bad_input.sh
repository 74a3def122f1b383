#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cannot be done is refused: with its exit code, what it is about and what to do; and nothing
# has changed. Hostile places and clients do not stop the daemon.
. "${0%/*}/lib.sh"

# state: all that a refusal must leave alone.
state() {
	find "$D/run/fs" "$D/run/maps" | sort && bpfctl get programs -o name && bpfctl get links -o name && bpfctl get maps -o name && bpfctl get configs -o name
}

# refused CODE TEXT COMMAND...: it exits with CODE, stderr has TEXT (in ./err), nothing changed.
refused() {
	refused_code=$1 refused_text=$2
	shift 2
	state >was || return 1
	"$@" 2>err
	refused_r=$?
	cat err
	same "$refused_code" "$refused_r" && says "error: " err && says "$refused_text" err &&
		state >is && cmp was is
}

hint() { says 'hint: ' err && says "$1" err; }

test_expect 'a daemon with a program of each kind runs' '
	start_daemon && make_veth v0 && cp "$OBJ/counter.bpf.o" c.o &&
	bpfctl load c.o -p count:xdp -n c && bpfctl load "$OBJ/tracepoint.bpf.o" -n t &&
	bpfctl load "$OBJ/probes.bpf.o" -n p
'

# --- objects ---

test_expect 'a file that is not there is named' 'refused 4 "nosuch.o: No such file" bpfctl load nosuch.o'
test_expect 'an empty file is refused' ': >empty.o && refused 1 "empty.o: the file is empty" bpfctl load empty.o'
test_expect 'a truncated object is refused' '
	head -c 700 c.o >cut.o && refused 1 "cut.o: the object is truncated" bpfctl load cut.o
'
test_expect 'an object is refused at every length it may be cut to' '
	size=$(wc -c <c.o) && n=64 &&
	while [ "$n" -lt "$size" ]; do
		head -c "$n" c.o >cut.o && refused 1 cut.o bpfctl load cut.o -p count:xdp || return 1
		n=$((n + size / 12))
	done
'
test_expect 'an object of 100 MB is refused before it is read' '
	truncate -s 100000000 huge.o && refused 1 "huge.o: the file has 100000000 bytes" bpfctl load huge.o
'
test_expect 'an object for another machine is refused' '
	refused 1 "not for BPF" bpfctl load "$BPFCTL" && hint "clang -target bpf"
'
test_expect 'an object of the other byte order is refused' '
	cp c.o big.o && printf "\002" | dd of=big.o bs=1 seek=5 conv=notrunc 2>/dev/null &&
	refused 1 "big.o: the object is big-endian" bpfctl load big.o && hint bpfel
'
test_expect 'text is no object' 'echo hello hello >text.o && refused 1 text.o bpfctl load text.o'
test_expect 'an object without a program is refused' '
	refused 1 "the object has no program" bpfctl load "$OBJ/nothing.bpf.o" && hint SEC
'
test_expect 'legacy map definitions are refused with the cure' '
	refused 1 "legacy map definitions" bpfctl load "$OBJ/legacy.bpf.o" && hint "SEC(\".maps\")"
'
test_expect 'a FIFO is refused at once' 'mkfifo fifo && refused 1 "fifo is a FIFO" bpfctl load fifo'
test_expect 'a device is refused' 'refused 1 "/dev/zero is a device" bpfctl load /dev/zero'
test_expect 'a directory is refused' 'mkdir dir && refused 1 "dir is a directory" bpfctl load dir'
test_expect 'an image of a registry that cannot be reached is refused' '
	refused 1 "quay.io: its name cannot be resolved" bpfctl load image://quay.io/x/y:z && hint mirror
'
swap_for_ever() {
	while :; do
		ln -s "$OBJ/tracepoint.bpf.o" new && mv -T new swapped.o || exit
		ln -s "$OBJ/large.bpf.o" new && mv -T new swapped.o || exit
	done
}

# load_swapped NAME: what was loaded has the digest of the object its function is of.
load_swapped() {
	bpfctl load swapped.o -n "$1" && bpfctl get programs "$1" -o json >one.json || return 1
	object=large
	grep -q '"on_getpid"' one.json && object=tracepoint
	digest=$(sha256sum "$OBJ/$object.bpf.o") && says "sha256:${digest%% *}" one.json && bpfctl unload "$1"
}

load_all_swapped() {
	ln -s "$OBJ/large.bpf.o" swapped.o || return 1
	swap_for_ever 2>/dev/null &
	swapper=$! swapped_r=0
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		load_swapped "s$i" || swapped_r=1
	done
	kill $swapper
	wait $swapper
	return $swapped_r
}

test_expect 'a link swapped again and again gives one object or the other, never a mixture' 'load_all_swapped'

# --- the verifier and the kernel ---

test_expect 'a refusal of the verifier has line, last instructions and a hint' '
	refused 1 "program unchecked: the verifier refuses it" bpfctl load "$OBJ/refused.bpf.o" &&
	says "refused.bpf.c:21" err && says "call bpf_map_lookup_elem" err &&
	hint "for NULL" && ! grep -q "^processed" err
'
test_expect 'the whole log of the verifier comes on request' '
	refused 1 "the verifier refuses it" bpfctl --verbose load "$OBJ/refused.bpf.o" &&
	says "processed" err && says "r2 = r10" err
'
test_expect 'a helper that no kernel has is named' '
	refused 1 "9999" bpfctl load "$OBJ/lacking.bpf.o" -p calling
'
if kernel_at_least 5 17; then
	skip_test 'a helper that this kernel lacks is refused with the version that has it' \
		'this kernel has bpf_loop'
else
	test_expect 'a helper that this kernel lacks is refused with the version that has it' '
		must_fail bpfctl load "$OBJ/lacking.bpf.o" -p looping && says "5.17" err
	'
fi
if kernel_at_least 5 16; then
	skip_test 'a type of map that this kernel lacks is refused with the version that has it' \
		'this kernel has Bloom filters'
else
	test_expect 'a type of map that this kernel lacks is refused with the version that has it' '
		must_fail bpfctl load "$OBJ/maptype.bpf.o" && says "5.16" err
	'
fi
if have_feature tcx; then
	skip_test 'a hook that this kernel lacks is refused with the version that has it' 'this kernel has tcx'
else
	test_expect 'a hook that this kernel lacks is refused with the version that has it' '
		refused 7 "6.6" bpfctl attach p-on_packet tcx:v0/ingress && hint tc
	'
fi

# --- options of a load ---

test_expect 'a name that is taken is refused' '
	refused 6 "a program \"c\" already" bpfctl load c.o -p count:xdp -n c && hint "bpfctl unload c"
'
test_expect 'one name for two programs is refused' '
	refused 1 "the name \"a\" is given twice" bpfctl load c.o -p count:xdp:a -p other:xdp:a
'
test_expect 'a name that is no name is refused' 'refused 1 "\"a/b\" cannot be the name" bpfctl load c.o -p count:xdp -n a/b'
test_expect 'a program that the object does not have gets the nearest name' '
	refused 4 "no program or section \"coun\"" bpfctl load c.o -p coun:xdp && hint count
'
test_expect 'a section without a kind asks for one' 'refused 7 "\"stats\"" bpfctl load c.o -p count && hint xdp'
test_expect 'a type that contradicts the section is refused' '
	refused 1 "not tracepoint" bpfctl load c.o -p other:tracepoint
'
for pair in nosuch=1:4:nosuch samplin=1:4:sampling sampling=abc:1:sampling sampling=-1:1:sampling \
	offset=70000:1:offset limits=1:1:limits is_on=maybe:1:is_on label=0123456789abcdefX:1:label \
	sampling=4294967296:1:sampling; do
	assignment=${pair%%:*} rest=${pair#*:}
	test_expect "the global $assignment is refused" '
		refused "${rest%%:*}" "${rest#*:}" bpfctl load c.o -p count:xdp -n g -g "$assignment"
	'
done
test_expect 'a map that is not there cannot be exported' '
	refused 4 "no map \"nosuch\" to export" bpfctl load c.o -p count:xdp -n e -e nosuch && hint packets
'
test_expect 'a user who is not there gets no map' 'refused 4 "no user \"nosuch\"" bpfctl load c.o -p count:xdp -n e -e packets:nosuch'
test_expect 'a map of a program that is not there cannot be shared' '
	refused 4 "no program \"nosuch\"" bpfctl load c.o -p count:xdp -n e --share-map shared=nosuch
'
test_expect 'a shared map is not exported by who borrows it' '
	refused 1 "map shared is shared" bpfctl load c.o -p count:xdp -n e --share-map shared=c -e shared
'

# --- hooks ---

test_expect 'an interface that is not there gets the nearest name' '
	refused 4 "no interface \"v1\"" bpfctl attach c xdp:v1 && hint v0
'
test_expect 'a program that is not there is named' 'refused 4 "no program \"nosuch\"" bpfctl attach nosuch xdp:v0 && hint "get programs"'
test_expect 'a network namespace that is not there is named' 'refused 4 "nosuch" bpfctl attach c xdp:v0@nosuch'
test_expect 'a file that is no network namespace is refused' '
	refused 1 "/etc/passwd" bpfctl attach c xdp:v0 -n /etc/passwd
'
test_expect 'a priority above 1000 is refused' 'refused 1 "priority 1001" bpfctl attach c xdp:v0 -p 1001'
test_expect 'a negative priority is refused' 'refused 2 "\"-1\"" bpfctl attach c xdp:v0 -p -1'
test_expect 'a kind that does not fit is refused' 'refused 1 "does not fit" bpfctl attach c tc:v0/ingress'
test_expect 'an unknown kind is refused with those there are' 'refused 1 "tracepoint" bpfctl attach c nosuch:x'
test_expect 'an unknown verdict is refused with those there are' 'refused 1 "pass" bpfctl attach c xdp:v0 --proceed-on nosuch'
test_expect 'a hook must be given' 'refused 1 "say where" bpfctl attach c && hint xdp:'
test_expect 'offload is refused where the card has none' 'refused 7 "interface v0 cannot" bpfctl attach c xdp:v0 -m offload && hint native'
test_expect 'a tracepoint that is not there gets the nearest name' '
	refused 4 "\"net_dev_queu\"" bpfctl attach t tracepoint:net/net_dev_queu && hint net_dev_queue
'
test_expect 'a raw tracepoint that is not there is named' 'refused 4 "\"sched_swit\"" bpfctl attach p-on_switch raw_tp:sched_swit'
test_expect 'a binary that is not there is named' 'refused 4 "/nosuch" bpfctl attach p-on_function uprobe:/nosuch:f'
test_expect 'a function that the binary lacks is named' '
	refused 4 "no function nosuch" bpfctl attach p-on_function "uprobe:$BPFCTL:nosuch"
'
test_expect 'a binary that is none is refused' 'refused 1 "/etc/passwd" bpfctl attach p-on_function uprobe:/etc/passwd:main'
test_expect 'a link that is not there is named' 'refused 4 "no link 77" bpfctl detach 77 && hint "get links"'
test_expect 'a program that is not attached is not detached' 'refused 4 "program c is not attached" bpfctl detach c'
test_expect 'a program that is attached is not unloaded' '
	bpfctl attach c xdp:v0 && refused 6 "attached to xdp:v0" bpfctl unload c && hint --force &&
	refused 6 "already" bpfctl attach c xdp:v0 && bpfctl detach c
'

# foreign_xdp HOW: what the interface says of the foreign program is in the refusal.
foreign_xdp() {
	id=$(bpftool prog show pinned "$T/bpf/p" | sed 's/:.*//;q') &&
		refused 6 "interface v0" bpfctl attach c xdp:v0 && says "program $id \"large\"" err && says "$1" err
}

if have_feature bpftool; then
	test_expect 'a foreign program on the interface is named, with how it got there' '
		mount_bpffs "$T/bpf" && bpftool prog load "$OBJ/large.bpf.o" "$T/bpf/p" type xdp &&
		ip link set dev v0 xdpgeneric pinned "$T/bpf/p" && foreign_xdp netlink && hint "ip link set dev v0" &&
		ip link set dev v0 xdpgeneric off && ip link set dev v0 xdpdrv pinned "$T/bpf/p" &&
		foreign_xdp netlink && ip link set dev v0 xdpdrv off && rm "$T/bpf/p" && umount "$T/bpf"
	'
else
	skip_test 'a foreign program on the interface is named, with how it got there' 'no bpftool'
fi
# forget_daemon: end the current one with all it has, go back to main.
forget_daemon() {
	unload_all && stop_daemon && rm "$D/daemon.args" && umount "$D/run/fs" "$D/run/maps"
	forget_r=$?
	use_daemon main
	return $forget_r
}

foreign_link() {
	use_daemon second && start_daemon && bpfctl load c.o -p count:xdp -n theirs &&
		bpfctl attach theirs xdp:v0 && use_daemon main &&
		refused 6 '"count"' bpfctl attach c xdp:v0 && says 'link' err
	foreign_r=$?
	use_daemon second
	forget_daemon || foreign_r=1
	return $foreign_r
}

test_expect 'the program of another daemon on the interface is named as a link' 'foreign_link'

# --- things that go away ---

delete_while_attaching() {
	for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
		ip link add w0 type veth peer name w1 && ip link set w0 up || return 1
		bpfctl attach c xdp:w0 >/dev/null 2>&1 &
		attach=$!
		[ $((i % 3)) -eq 0 ] || sleep 0.00$((i % 5))
		ip link del w0
		wait $attach
	done
	bpfctl get links -o name >links || return 1
	while read -r link; do
		bpfctl detach "${link#*/}" || return 1
	done <links
	bpfctl get programs -o name | grep -qx program/c
}

test_expect 'an interface that is deleted during an attach is no trouble' 'delete_while_attaching'
test_expect 'a network namespace that is deleted is no obstacle to detach and unload' '
	make_veth v9 && bpfctl load c.o -p count:xdp -n away && bpfctl attach away xdp:eth0@v9 &&
	bpfctl attach p-on_packet tc:eth0/ingress@v9 && delete_veth v9 && bpfctl get links && bpfctl get hooks &&
	bpfctl unload --force away && bpfctl detach p-on_packet && bpfctl get links -o name >links && same "" "$(cat links)"
'
vanish() {
	for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
		timeout -s KILL "0.00$((i % 6 + 1))" "$BPFCTL" load "$OBJ/probes.bpf.o" -n "gone$i" >/dev/null 2>&1
	done
	sleep 0.5
	bpfctl get programs -o name >names || return 1
	for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
		case $(grep -c "program/gone$i-" names) in
		0 | 4) ;;
		*) cat names; return 1 ;;
		esac
	done
	sed -n 's|program/\(gone.*\)|\1|p' names >gone
	while read -r name; do
		bpfctl unload "$name" || return 1
	done <gone
	same '' "$(ls "$D/run/fs/staging")$(ls "$D/run/fs/trash")"
}

test_expect 'a client that vanishes in the middle of a load leaves it whole or not at all' 'vanish'
stop_reading() {
	bpfctl load "$OBJ/large.bpf.o" -n large && mkfifo pipe || return 1
	"$BPFCTL" map dump large/numbers >pipe &
	dump=$!
	exec 8<pipe
	sleep 0.3
	kill -STOP $dump && served_meanwhile
	stop_r=$?
	kill -KILL $dump
	wait $dump
	exec 8<&-
	bpfctl unload large || stop_r=1
	return $stop_r
}

served_meanwhile() {
	for _ in 1 2 3 4 5 6 7 8; do
		timeout 5 "$BPFCTL" get programs >/dev/null && timeout 5 "$BPFCTL" get hooks >/dev/null || return 1
	done
	timeout 5 "$BPFCTL" load c.o -p count:xdp -n meanwhile && bpfctl unload meanwhile || return 1
	rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$(daemon_pid)/status")
	echo "RSS $rss kB"
	[ "$rss" -lt 30000 ]
}

test_expect 'a client that never reads holds up nobody' 'stop_reading'
# Globals of 120 kB each: what a command line may hold at most is 6 MB, and the limit is 4.
send_too_much() (
	ulimit -s unlimited || return 1
	value=$(head -c 120000 /dev/zero | tr '\0' 9)
	set --
	for i in $(seq 40); do
		set -- "$@" -g "n$i=$value"
	done
	"$BPFCTL" load c.o -p count:xdp "$@"
)

test_expect 'a message above the limit is refused' 'refused 1 "message" send_too_much'

# --- places ---

test_expect 'a second daemon in the same place is refused' '
	must_fail "$BPFD" --runtime-dir "$D/run" --state-dir "$D/state" --config "$D/bpfd.yaml" &&
	says "another daemon" err && says "$D/run" err && bpfctl status >/dev/null
'
test_expect 'a daemon started by a user says that root has to' '
	mkdir -m 777 user && must_fail as_nobody "$BPFD" --runtime-dir "$T/user/run" --state-dir "$T/user/state" \
		--config "$D/bpfd.yaml" && says root err && test ! -e user/run
'
test_expect 'a configuration with a misspelt field is refused with its line' '
	printf "log-level: info\nmirorrs: []\n" >bad.yaml &&
	must_fail "$BPFD" --runtime-dir "$T/bad/run" --state-dir "$T/bad/state" --config "$T/bad.yaml" &&
	says "bad.yaml:2:1" err && says mirrors err
'
test_expect 'a bpffs that only the daemon sees is refused' '
	mkdir -p hidden/run hidden/state && must_fail unshare --mount --propagation private sh -c "
		mkdir -p $T/hidden/run/fs && mount -t bpf bpf $T/hidden/run/fs &&
		exec $BPFD --runtime-dir $T/hidden/run --state-dir $T/hidden/state --config $D/bpfd.yaml" &&
	says "$T/hidden/run/fs" err && says "namespace" err
'
fill_disk() {
	mkdir -p small/run && mount -t tmpfs -o size=3m small small/run && use_daemon small && start_daemon &&
		bpfctl load "$OBJ/tracepoint.bpf.o" -n first || return 1
	dd if=/dev/zero of="$D/run/filler" bs=1k 2>/dev/null
	for i in $(seq 100); do
		state >was
		bpfctl load "$OBJ/probes.bpf.o" -n "x$i" >/dev/null 2>err || break
	done
	cat err
	says full err && state >is && cmp was is && bpfctl get programs first && rm "$D/run/filler" &&
		bpfctl load "$OBJ/probes.bpf.o" -n later
}

full_disk() {
	fill_disk
	full_r=$?
	use_daemon small
	forget_daemon && umount small/run || full_r=1
	return $full_r
}

test_expect 'a full disk fails the load, not the daemon' 'full_disk'
fixed_state() {
	mkdir -p fixed/state && mount -t tmpfs -o ro fixed fixed/state && use_daemon fixed || return 1
	if start_daemon; then
		bpfctl load "$OBJ/tracepoint.bpf.o" -n first && forget_daemon
	else
		says "$D/state" "$D/log" && rm "$D/daemon.args"
	fi
	fixed_r=$?
	use_daemon main
	umount fixed/state
	return $fixed_r
}

test_expect 'a state directory that cannot be written is said, or needs no writing' 'fixed_state'
test_expect 'an object of this daemon loads as before' '
	bpfctl load c.o -p count:xdp -n last && bpfctl attach last xdp:v0 && send_packets v0 3 && bpfctl unload --force last
'
test_expect 'the interface goes' 'delete_veth v0'
finish
