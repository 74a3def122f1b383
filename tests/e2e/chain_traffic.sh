#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Members are added, removed, moved and replaced while packets flow: two that stay see every packet, each
# is delivered, and nobody else's is dropped by us.
. "${0%/*}/lib.sh"

# An emulated processor sends and changes less.
if grep -q TCG /proc/cpuinfo; then
	PACKETS=20000 CHANGES=100
else
	PACKETS=1000000 CHANGES=2000
fi

count_of() { bpfctl map dump "$1/counts" | awk '$1 == "0" { print $2 }'; }
config() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: moving}
	spec:
	  bytecode: file://$OBJ/member.bpf.o
	  programs:
	  - {name: moving, entry: $1, hooks: [{hook: "$3", priority: %d}], globals: {verdict: $2, mark: %d}}
	YAML
}
# flow ENTRY VERDICT HOOK PACKETS: between a first and a last member that stay, five come and go.
flow() {
	flow_before="$(count_of first) $(count_of last)"
	config "$1" "$2" "$3" >config.yaml && "$BUILD/tests/e2e/tools/traffic" /run/netns/v0 "$(e2e_subnet v0).255" 9 \
		"$4" "$CHANGES" "$3" config.yaml a b c d e >said 2>err || { cat said err; return 1; }
	cat said && sent=$(sed -n 's/.* sent \([0-9]*\) .*/\1/p' said) && [ "$sent" -ge "$4" ] &&
		set -- $flow_before && same "$(($1 + sent)) $(($2 + sent))" "$(count_of first) $(count_of last)"
}
load() { bpfctl load "$OBJ/member.bpf.o" -p "$2" --name "$1" --global "verdict=$3" --global mark=0; }

test_expect 'xdp: every packet is seen by those that stay, and delivered' '
	start_daemon && make_veth v0 && for p in first last a b c d e; do load "$p" member 2 || return 1; done &&
	bpfctl attach first xdp:v0 --priority 0 && bpfctl attach last xdp:v0 --priority 1000 && flow member 2 xdp:v0 "$PACKETS" &&
	unload_all
'
cat said
test_expect 'tc: the same' '
	for p in first last a b c d e; do load "$p" tc_member -1 || return 1; done &&
	bpfctl attach first tc:v0/ingress --priority 0 && bpfctl attach last tc:v0/ingress --priority 1000 &&
	flow tc_member -1 tc:v0/ingress $((PACKETS / 4)) && unload_all && delete_veth v0
'
cat said
finish
