#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configs that cannot work, without a webhook: each says why, and the others run.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/node.sh"

# spec NAME YAML...: one line each, below spec.
spec() {
	spec_name=$1
	shift
	{
		printf 'apiVersion: bpfd.io/v1alpha1\nkind: BpfProgramConfig\nmetadata: {name: %s}\nspec:\n' "$spec_name"
		printf '  %s\n' 'nodeSelector: {}' "$@"
	} | kc apply -f -
}

error_of() { field bpfprogram "$1.n1" ".status.error.$2"; }

# fails NAME REASON TEXT: with that, on the node.
fails() {
	phase_is "$1" Failed 20 && error_of "$1" message && same "$2" "$(error_of "$1" reason)" &&
		error_of "$1" message >message && says "$3" message
}

HOOK='programs: [{entry: stats, type: xdp, hooks: [{hook: "xdp:one", priority: 70}]}]'

test_expect 'a node with a config that works, and an operator without webhook' '
	start_all && start_operator && config good 50 && phase_is good Loaded 20 && ids=$(programs)
'
test_expect 'an unknown field: the conditions name its path, on the node and of all' '
	spec unknown "programs: [{entry: stats, type: xdp, hooks: [{hook: \"xdp:one\", priorty: 7}]}]" \
		"bytecode: {path: $OBJ/counter.bpf.o}" && fails unknown Invalid priorty &&
	wait_until 20 "field bpfprogramconfig unknown .status.conditions >conditions && grep -q priorty conditions" &&
	cat conditions && says "spec.programs[0].hooks[0]" conditions
'
test_expect 'it is corrected: the conditions say so' '
	config unknown 72 && phase_is unknown Loaded 20 && [ -z "$(error_of unknown reason)" ] &&
	wait_until 20 "[ \"\$(field bpfprogramconfig unknown .status.loaded)\" = 1 ]"
'
test_expect 'it becomes wrong again: what runs keeps running' '
	spec unknown "programs: [{entry: stats, type: xdp, hooks: [{hook: \"xdp:one\", priorty: 7}]}]" \
		"bytecode: {path: $OBJ/counter.bpf.o}" && fails unknown Invalid priorty &&
	wait_until 20 "field bpfprogramconfig unknown .status.conditions | grep -q priorty" && counts unknown 10
'
test_expect 'an image whose registry does not answer' '
	spec absent "$HOOK" "bytecode: {image: {url: \"127.0.0.1:1/none:v1\"}}" &&
	fails absent Unreachable 127.0.0.1:1
'
test_expect 'an object that the verifier refuses says so in its words' '
	spec refused "programs: [{entry: unchecked, hooks: [{hook: \"xdp:one\", priority: 71}]}]" \
		"bytecode: {path: $OBJ/refused.bpf.o}" && phase_is refused Failed 30 &&
	error_of refused reason && [ -n "$(error_of refused verifier)" ]
'
test_expect 'a selector that matches no pod: loaded, and said' '
	spec nobody "programs: [{entry: stats, type: xdp, hooks: [{hook: \"xdp:\", pods: {selector: {matchLabels: {app: none}}}}]}]" \
		"bytecode: {path: $OBJ/counter.bpf.o}" && phase_is nobody Loaded 20 &&
	field bpfprogram nobody.n1 .status.message >message && cat message && says "no running pod" message
'
test_expect 'a selector that matches no node: counted as not selected' '
	spec elsewhere "$HOOK" "bytecode: {path: $OBJ/counter.bpf.o}" &&
	kc patch bpfprogramconfig elsewhere --type merge -p "{\"spec\":{\"nodeSelector\":{\"matchLabels\":{\"role\":\"none\"}}}}" &&
	wait_until 20 "[ \"\$(field bpfprogramconfig elsewhere .status.notselected)\" = 1 ]" &&
	wait_until 20 "! kc get bpfprogram elsewhere.n1" && same 0 "$(field bpfprogramconfig elsewhere .status.desired)"
'
test_expect 'an interface that is not there' '
	spec nowhere "programs: [{entry: stats, type: xdp, hooks: [{hook: \"xdp:nowhere0\"}]}]" \
		"bytecode: {path: $OBJ/counter.bpf.o}" && phase_is nowhere Failed 20 && error_of nowhere message >message &&
	says nowhere0 message
'
test_expect 'a pull secret that is missing, and comes' '
	spec secret "$HOOK" "bytecode: {image: {url: \"127.0.0.1:1/none:v1\", imagePullSecret: {name: login}}}" &&
	phase_is secret Failed 20 && error_of secret message >message && cat message && says login message
'
test_expect 'the config that works is the one that runs' '
	counts good 10 && phase_is good Loaded 5
'
test_expect 'the operator tells it all' '
	kc get bpfprogramconfigs && same 1 "$(field bpfprogramconfig refused .status.failed)" &&
	same 1 "$(field bpfprogramconfig good .status.loaded)"
'
test_expect 'all of them can be deleted' '
	kc delete bpfprogramconfig --all --wait=false &&
	{ wait_until 40 "[ -z \"\$(kc get bpfprogramconfig -o name)\" ]" || { kc get bpc,bpp; show_logs; }; } &&
	same "[]" "$(programs)"
'
finish_kube
