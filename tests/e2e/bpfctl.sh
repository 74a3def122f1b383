#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The words of bpfctl against a daemon: what is printed where, exit codes, formats.
. "${0%/*}/lib.sh"

exits() {
	exits_want=$1
	shift
	"$@" >out 2>err
	same "$exits_want" "$?"
}

test_expect 'without a daemon every verb says where it looked, and exits 3' '
	exits 3 bpfctl get programs && says "no bpfd at $BPFD_SOCKET" err && says "hint: " err &&
	exits 3 bpfctl version && says "Bpfctl:" out
'
test_expect 'a bad command line exits 2 and helps' '
	exits 2 bpfctl && exits 2 bpfctl gett && says "did you mean" err &&
	exits 2 bpfctl load --globl a=1 x && says "did you mean --global?" err &&
	exits 2 bpfctl load && says "load needs BYTECODE" err && exits 0 bpfctl help load && says --global out
'

start_daemon
make_veth v0

test_expect 'an empty list is nothing on stdout and valid JSON' '
	exits 0 bpfctl get programs && same "" "$(cat out)" && says "no programs" err &&
	same "links: []" "$(bpfctl get links -o yaml)"
'
test_expect 'load prints id and name, attach prints link, program and hook' '
	bpfctl load "$OBJ/counter.bpf.o" -p count:xdp --name counter --label team=net >loaded &&
	grep -qxE "[0-9]+ counter" loaded &&
	bpfctl attach counter xdp:v0 --priority 55 --proceed-on pass,drop >out && same "1 counter xdp:v0" "$(cat out)"
'
test_expect 'things are found by name, id, beginning, label and short noun' '
	id=$(cut -d" " -f1 loaded) && same program/counter "$(bpfctl get programs -o name)" &&
	same program/counter "$(bpfctl get po "$id" -o name)" && same program/counter "$(bpfctl get prog coun -o name)" &&
	same program/counter "$(bpfctl get p -l team=net -o name)" && same "" "$(bpfctl get p -l team=x -o name)"
'
test_expect 'fields keep their names in JSON and YAML' '
	bpfctl get links -o json >out && says "\"program\": \"counter\"" out && says "\"priority\": 55" out &&
	bpfctl get link 1 -o yaml >out && says "hook: xdp:v0" out && says "  - drop" out
'
test_expect 'a map is dumped per CPU and summed' '
	send_packets v0 7 && bpfctl map dump counter/packets --sum >out && says 7 out &&
	bpfctl map dump counter/packets -o json >out && says "\"cpu\": 0" out && says value_words out
'
test_expect 'describe shows program, links and maps' '
	bpfctl describe program counter >out && says "Attached:" out && says xdp:v0 out && says packets out
'
test_expect 'each kind of refusal has its exit code' '
	exits 4 bpfctl get program nope && exits 4 bpfctl attach counter xdp:nope0 && exits 6 bpfctl unload counter &&
	says "hint: " err && exits 1 bpfctl load "$OBJ/refused.bpf.o" && exits 5 as_nobody "$BPFCTL" get programs &&
	exits 0 as_nobody "$BPFCTL" version
'
test_expect 'the whole log of the verifier is shown on request only' '
	exits 1 bpfctl load "$OBJ/refused.bpf.o" && says "hint: --verbose" err && must_fail says "processed" err >/dev/null &&
	exits 1 bpfctl load "$OBJ/refused.bpf.o" -v && says "processed" err
'
test_expect 'detach and unload say what they ended' '
	same "link 1 detached" "$(bpfctl detach counter)" && same "program counter unloaded" "$(bpfctl unload counter)"
'
test_expect 'a layout that bpfctl built is loaded by a relative path' '
	bpfctl image build -t oci:layout:v1 "$OBJ/counter.bpf.o" &&
	bpfctl load oci:./layout:v1 -p count:xdp:fromimage && bpfctl delete program fromimage
'
test_expect 'configs come back as manifests that change nothing' '
	cat >m.yaml <<-M &&
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata:
	  name: demo
	spec:
	  programs:
	  - bytecode: oci:$PWD/layout:v1
	    entry: count
	    type: xdp
	    hooks:
	    - hook: xdp:v0
	M
	bpfctl apply -f m.yaml --dry-run >out && says "(dry run)" out && same "" "$(bpfctl get configs -o name)" &&
	bpfctl apply -f m.yaml && bpfctl get configs -o yaml >all.yaml && bpfctl apply -f - <all.yaml >out &&
	says unchanged out && bpfctl delete -f m.yaml && exits 4 bpfctl get config demo
'
test_expect 'a new priority is taken over by a chain' '
	cat >order.yaml <<-M &&
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata:
	  name: order
	spec:
	  programs:
	  - bytecode: file://$OBJ/probes.bpf.o
	    entry: on_packet
	    hooks:
	    - {hook: tc:v0/ingress, priority: 10}
	M
	bpfctl apply -f order.yaml && sed s/10/20/ order.yaml >other.yaml &&
	bpfctl apply -f other.yaml >out && says replace out && bpfctl get links -o json >out &&
	says "\"priority\": 20" out && bpfctl apply -f other.yaml >out && says unchanged out &&
	bpfctl delete -f order.yaml
'
test_expect_if tcx 'a new priority of a tcx link is another link of the same program' '
	sed s/tc:v0/tcx:v0/ order.yaml >tcx.yaml && bpfctl apply -f tcx.yaml && sed s/10/20/ tcx.yaml >other.yaml &&
	bpfctl get programs -o name >before && bpfctl apply -f other.yaml && bpfctl get links -o json >out &&
	says "\"priority\": 20" out && bpfctl get programs -o name >after && cmp before after && bpfctl delete -f tcx.yaml
'
finish
