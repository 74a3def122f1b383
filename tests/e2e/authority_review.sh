#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a client could do to others by names, by numbers and by holding on: found in a review.
. "${0%/*}/lib.sh"

ASKMAP=$BUILD/tests/e2e/tools/askmap
# Others may not enter the folder of a python that is in front of it.
PYTHON=/usr/bin/python3
loader() { as_user 2001 2001 "$@"; }
other() { as_user 2002 2002 "$@"; }

# As most services begin.
ulimit -S -n 1024

cat >"$D/bpfd.yaml" <<-YAML
	allow:
	- {uid: 2001, rights: [read, load, attach]}
	- {uid: 2002, rights: [read, load, attach]}
YAML

test_expect 'a daemon runs with a program of root' '
	start_daemon && cp "$OBJ/counter.bpf.o" . && chmod 644 ./*.o &&
	bpfctl load counter.bpf.o -p count:xdp -n rootly -e packets:2001
'

# --- names ---

test_expect 'no program is called like the id of another' '
	must_fail other "$BPFCTL" load counter.bpf.o -p count:xdp -n 1 && says "cannot be the name" err &&
	must_fail bpfctl load counter.bpf.o -p count:xdp -n 4294967295 && says "not digits alone" err
'
test_expect 'exports of two users are not mixed in one directory' '
	cat >mine.yaml <<-YAML &&
		apiVersion: bpfd.io/v1alpha1
		kind: BpfProgramConfig
		metadata: {name: mine}
		spec:
		  bytecode: counter.bpf.o
		  programs: [{entry: count, type: xdp, name: first}]
		  maps: [{name: packets, export: {mode: "0600"}}]
	YAML
	chmod 644 mine.yaml && loader "$BPFCTL" apply -f mine.yaml && test -e "$D/run/maps/mine/packets" &&
	must_fail other "$BPFCTL" load counter.bpf.o -p count:xdp -n mine -e shared && says "exports of another user" err &&
	test ! -e "$D/run/maps/mine/shared" && loader "$BPFCTL" load counter.bpf.o -p count:xdp -n mine -e shared &&
	loader "$BPFCTL" unload mine && test -e "$D/run/maps/mine/packets" && loader "$BPFCTL" delete config mine &&
	test ! -e "$D/run/maps/mine"
'
test_expect 'a config is changed once by a request' '
	bpfctl apply -f mine.yaml && must_fail bpfctl delete config mine mine && says "config mine is given twice" err &&
	bpfctl get configs -o name >out && says config/mine out && bpfctl delete config mine
'

# --- holding on ---

test_expect_if "$PYTHON" 'one user who holds many connections to the maps does not keep others out' '
	rm -f go && cat >hold.py <<-PYTHON &&
		import os, socket, sys, time
		held = []
		for i in range(300):
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    s.connect(sys.argv[1])
		    held.append(s)
		print("held", flush=True)
		while not os.path.exists("go"):
		    time.sleep(0.05)
	PYTHON
	chmod 644 hold.py && { as_nobody "$PYTHON" hold.py "$D/run/maps.sock" >held & } &&
	wait_until 10 "grep -q held held" && loader "$ASKMAP" "$D/run/maps.sock" rootly/packets read; r=$?
	: >go; return $r
'
test_expect 'the daemon has descriptors for all that it lets in' '
	soft=$(awk "/^Max open files/ { print \$4 }" "/proc/$(daemon_pid)/limits") &&
	hard=$(awk "/^Max open files/ { print \$5 }" "/proc/$(daemon_pid)/limits") && echo "$soft of $hard" &&
	test "$soft" -ge 8192 -o "$soft" = "$hard"
'
test_expect_if "$PYTHON" 'who is refused cannot fill the log' '
	cat >ask.py <<-PYTHON &&
		import socket, struct, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.connect(sys.argv[1])
		for i in range(2000):
		    s.send(struct.pack("=III512s", 0x4250464D, 1, 0, b"rootly/packets"))
		    assert len(s.recv(4096)) > 500
		print("done")
	PYTHON
	chmod 644 ask.py && other "$PYTHON" ask.py "$D/run/maps.sock" >out && says done out &&
	lines=$(grep -c "method=MapFd peer_uid=2002" "$D/log") && echo "$lines lines" && test "$lines" -ge 1 -a "$lines" -lt 400
'
# A second later, because the log takes only so many refusals in one.
test_expect_if "$PYTHON" 'who has no rights sends no large requests' '
	sleep 1.1 && cat >large.py <<-PYTHON &&
		import socket, struct, sys, time
		def frame(kind, flags, stream, body):
		    return struct.pack("!I", len(body))[1:] + bytes((kind, flags)) + struct.pack("!I", stream) + body
		def field(name, value):
		    return bytes((0, len(name))) + name + bytes((len(value),)) + value
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		body = b"\x7a\x00" * 100000
		message = b"\0" + struct.pack("!I", len(body)) + body
		s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
		s.recv(65536)
		s.sendall(frame(4, 1, 0, b"") + frame(1, 4, 1,
		    field(b":method", b"POST") + field(b":scheme", b"http") + field(b":path", b"/bpfd.v1.Bpfd/GetVersion") +
		    field(b"te", b"trailers") + field(b"content-type", b"application/grpc")))
		for at in range(0, len(message), 16384):
		    s.sendall(frame(0, at + 16384 >= len(message), 1, message[at:at + 16384]))
		time.sleep(1)
	PYTHON
	chmod 644 large.py && as_nobody "$PYTHON" large.py "$D/run/bpfd.sock" &&
	wait_until 10 "grep -aq \"who has no rights\" \"$D/log\""
'
finish
