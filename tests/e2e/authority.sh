#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may do what: rights by uid, group and rule; owners; paths; and what leaves the daemon.
. "${0%/*}/lib.sh"

ASKMAP=$BUILD/tests/e2e/tools/askmap
group=$(awk -F: '$1 == "bpfd" { print $3 }' /etc/group)
loader() { as_user 2001 2001 "$@"; }  # read, load, attach by a rule
other() { as_user 2002 2002 "$@"; }   # the same
member() { as_user 2003 "2003,$group" "$@"; }
attacher() { as_user 2004 2004 "$@"; } # attach alone

cat >"$D/bpfd.yaml" <<-YAML
	allow:
	- {uid: 2001, rights: [read, load, attach]}
	- {gid: 2002, rights: [read, load, attach]}
	- {uid: 2004, rights: [attach]}
YAML

# denied TEXT COMMAND...: exit code 5, stderr has TEXT and a hint.
denied() {
	denied_text=$1
	shift
	"$@" 2>err
	denied_r=$?
	cat err
	same 5 "$denied_r" && says "$denied_text" err && says 'hint: ' err
}

# closed TEXT COMMAND...: askmap is refused, with TEXT.
closed() {
	closed_text=$1
	shift
	"$@" >out 2>err
	closed_r=$?
	cat out err
	same 1 "$closed_r" && says "$closed_text" err && same '' "$(cat out)"
}

maps() { echo "$D/run/maps.sock"; }

test_expect 'a daemon runs with programs of root' '
	start_daemon && make_veth v0 && cp "$OBJ/counter.bpf.o" "$OBJ/large.bpf.o" "$OBJ/probes.bpf.o" . && chmod 644 ./*.o &&
	bpfctl load counter.bpf.o -p count:xdp -n rootly -e packets:3001:3002:0440 -e shared:3001:3001:0600 &&
	bpfctl load large.bpf.o -n large -e numbers:3001 -e jumps:3001
'

# --- rights ---

test_expect 'anybody gets the version' 'as_nobody "$BPFCTL" version >out && says bpfd out'
for words in 'get programs' 'get links' 'get maps' 'get hooks' 'get configs' 'describe program rootly' status; do
	test_expect "nobody may not: $words" 'denied "uid 65534 may not call" as_nobody "$BPFCTL" $words && says "right to read" err && says allow err'
done
test_expect 'nobody may not load, and is told the rule' '
	denied "uid 65534 may not call Load: it needs the right to load" as_nobody "$BPFCTL" load counter.bpf.o &&
	says "allow: [{uid: 65534, rights: [load]}]" err
'
test_expect 'nobody may not attach' 'denied "right to attach" as_nobody "$BPFCTL" attach rootly xdp:v0'
test_expect 'nobody may not unload' 'denied "may not call Unload" as_nobody "$BPFCTL" unload rootly'
test_expect 'nobody may not read a map' 'denied "map packets is not open to uid 65534" as_nobody "$BPFCTL" map dump rootly/packets'
test_expect 'the group bpfd reads' '
	member "$BPFCTL" get programs >out && says rootly out && member "$BPFCTL" get hooks && member "$BPFCTL" status &&
	member "$BPFCTL" map dump rootly/packets
'
test_expect 'the group bpfd may not load or attach' '
	denied "right to load" member "$BPFCTL" load counter.bpf.o -p count:xdp &&
	denied "right to attach" member "$BPFCTL" attach rootly xdp:v0
'
test_expect 'a rule by uid gives what it says, and no more' '
	denied "right to read" attacher "$BPFCTL" get programs && denied "right to load" attacher "$BPFCTL" load counter.bpf.o
'
test_expect 'an apply needs load and attach' '
	printf "apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfig\nmetadata: {name: mine}\nspec:\n  bytecode: counter.bpf.o\n  programs: [{entry: count, type: xdp, hooks: [\"xdp:v0\"]}]\n" >mine.yaml && chmod 644 mine.yaml &&
	denied "right to load" attacher "$BPFCTL" apply -f mine.yaml && denied "load and attach" as_nobody "$BPFCTL" apply -f mine.yaml
'
test_expect 'a rule by uid and a rule by group let load and attach' '
	loader "$BPFCTL" load counter.bpf.o -p count:xdp -n first && loader "$BPFCTL" attach first xdp:v0 &&
	other "$BPFCTL" load probes.bpf.o -n second && bpfctl get programs first -o json >one && says "\"owner_uid\": 2001" one
'

# --- owners ---

test_expect 'another user may not unload, detach, attach or share what is not his' '
	denied "belongs to uid 2001" other "$BPFCTL" unload --force first &&
	denied "belongs to uid 2001" other "$BPFCTL" detach first &&
	denied "belongs to uid 2001" other "$BPFCTL" attach first tcx:v0/ingress &&
	denied "belongs to uid 2001" other "$BPFCTL" load counter.bpf.o -p count:xdp -n thief --share-map shared=first &&
	denied "belongs to uid 0" loader "$BPFCTL" unload rootly
'
test_expect 'an owner manages his own, and root everything' '
	loader "$BPFCTL" detach first && loader "$BPFCTL" unload first && bpfctl unload second-on_return &&
	other "$BPFCTL" unload second-on_function second-on_switch second-on_packet
'
test_expect 'a config belongs to who applied it' '
	loader "$BPFCTL" apply -f mine.yaml && denied "config mine belongs to uid 2001" other "$BPFCTL" apply -f mine.yaml &&
	denied "belongs to uid 2001" other "$BPFCTL" delete config mine && loader "$BPFCTL" delete config mine
'
test_expect 'only administrators export to another user' '
	must_fail loader "$BPFCTL" load counter.bpf.o -p count:xdp -n e -e packets:3001 && same 5 "$e2e_r" &&
	says "only administrators" err
'
test_expect 'only administrators export a map that is no data' '
	must_fail loader "$BPFCTL" load large.bpf.o -n e -e jumps && same 5 "$e2e_r" && says "prog_array" err
'
test_expect 'an owner exports to himself' '
	loader "$BPFCTL" load counter.bpf.o -p count:xdp -n e -e packets && same "2001:2001 600" "$(stat -c "%u:%g %a" "$D/run/maps/e/packets")" &&
	loader "$BPFCTL" unload e && test ! -e "$D/run/maps/e"
'

# --- paths are opened as the client ---

test_expect 'a file that only root may read is not read for a client' '
	cp counter.bpf.o secret.o && chmod 600 secret.o && must_fail loader "$BPFCTL" load secret.o -p count:xdp && same 5 "$e2e_r" &&
	says "secret.o" err
'
test_expect 'a file in a directory that is closed to the client is not read' '
	mkdir -m 700 closed && cp counter.bpf.o closed/x.o && must_fail loader "$BPFCTL" load "$T/closed/x.o" -p count:xdp && same 5 "$e2e_r"
'
test_expect 'what is in a file that is no object is not told' '
	echo "root:secret:words" >shadow && chmod 644 shadow && must_fail loader "$BPFCTL" load shadow && ! grep -q secret: err
'
test_expect 'a layout that is closed to the client is not read' '
	bpfctl image build -t "oci:$T/closed/layout:latest" counter.bpf.o && must_fail loader "$BPFCTL" load "oci:$T/closed/layout:latest" && same 5 "$e2e_r"
'
test_expect 'a binary that is closed to the client is not probed' '
	cp "$ASKMAP" closed/binary && loader "$BPFCTL" load probes.bpf.o -p on_return -n probe &&
	must_fail loader "$BPFCTL" attach probe "uretprobe:$T/closed/binary:main" && same 5 "$e2e_r" && loader "$BPFCTL" unload probe
'
test_expect 'a network namespace that is closed to the client is not entered' '
	: >closed/ns && mount --bind /run/netns/v0 closed/ns && loader "$BPFCTL" load counter.bpf.o -p count:xdp -n x &&
	must_fail loader "$BPFCTL" attach x xdp:eth0 -n "$T/closed/ns" && same 5 "$e2e_r" && loader "$BPFCTL" unload x; r=$?; umount closed/ns; return $r
'

# --- what leaves the daemon ---

test_expect 'an exported map goes to its user, read-only as its mode says' '
	as_user 3001 3001 "$ASKMAP" "$(maps)" rootly/packets read >out && same "anon_inode:bpf-map read-only" "$(cat out)" &&
	closed "" as_user 3001 3001 "$ASKMAP" "$(maps)" rootly/packets write
'
test_expect 'an exported map goes to its user for writing as its mode says' '
	as_user 3001 3001 "$ASKMAP" "$(maps)" rootly/shared write >out && same "anon_inode:bpf-map writable" "$(cat out)"
'
test_expect 'an exported map goes to its group' '
	as_user 3003 3002 "$ASKMAP" "$(maps)" rootly/packets read >out && same "anon_inode:bpf-map read-only" "$(cat out)" &&
	closed "" as_user 3003 3002 "$ASKMAP" "$(maps)" rootly/shared read
'
test_expect 'others get no descriptor' '
	closed 65534 as_nobody "$ASKMAP" "$(maps)" rootly/packets read &&
	closed "" as_nobody "$ASKMAP" "$(maps)" rootly/shared write && closed "" other "$ASKMAP" "$(maps)" rootly/shared read
'
test_expect 'who may read gets answers and no descriptor' '
	closed "" member "$ASKMAP" "$(maps)" rootly/shared read && member "$BPFCTL" map dump rootly/shared
'
test_expect 'a map that is authority to run code goes to administrators only' '
	closed prog_array as_user 3001 3001 "$ASKMAP" "$(maps)" large/jumps read &&
	as_user 3001 3001 "$ASKMAP" "$(maps)" large/numbers read >out && says bpf-map out
'
test_expect 'an internal map goes to nobody but administrators' '
	closed "" as_user 3001 3001 "$ASKMAP" "$(maps)" rootly/.bss read
'
test_expect 'a map that is not there is named' 'closed "nosuch" "$ASKMAP" "$(maps)" rootly/nosuch read'
test_expect 'flags that are not known are refused' 'closed "" "$ASKMAP" "$(maps)" rootly/packets 6'
test_expect 'pins of exports have owner, group and mode; others cannot even look at the rest' '
	same "3001:3002 440" "$(stat -c "%u:%g %a" "$D/run/maps/rootly/packets")" &&
	same "3001:3001 600" "$(stat -c "%u:%g %a" "$D/run/maps/rootly/shared")" &&
	as_nobody ls "$D/run/maps/rootly" && must_fail as_nobody ls "$D/run/fs"
'
test_expect 'state and lock are closed to others' '
	must_fail as_nobody cat "$D/run/state.db" && test -z "$(find "$D/run" -maxdepth 1 -type f -perm /077)"
'
test_expect 'the interface goes' 'unload_all && delete_veth v0'
finish
