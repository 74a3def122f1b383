#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A manifest that is wrong is refused with file, line and column, and nothing is applied.
# In no VM: manifests are refused before the kernel is asked.
. "${0%/*}/lib.sh"

test_expect 'a daemon runs, a manifest applies' '
	start_daemon && make_veth v0 && cp "$OBJ/counter.bpf.o" c.o &&
	cat >good.yaml <<-YAML &&
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: good}
	spec:
	  bytecode: c.o
	  globals: {sampling: 3}
	  programs:
	  - name: good
	    entry: count
	    type: xdp
	    hooks:
	    - {hook: "xdp:v0", priority: 7}
	  maps:
	  - {name: packets, export: {owner: nobody, mode: "0440"}}
	YAML
	bpfctl apply -f good.yaml && bpfctl apply -f good.yaml >again && says unchanged again &&
	bpfctl delete -f good.yaml
'

# wrong PLACE TEXT [SED...]: good.yaml, changed by sed, is refused at LINE:COLUMN with TEXT.
wrong() {
	place=$1 text=$2
	shift 2
	[ $# -eq 0 ] || sed "$@" good.yaml >bad.yaml || return 1
	refused_manifest bad.yaml "$place" "$text"
}

refused_manifest() {
	bpfctl apply -f "$1" 2>err >said
	wrong_r=$?
	cat said err
	same 1 "$wrong_r" && says "$1$2" err && says "$3" err && bpfctl get configs -o name >left &&
		bpfctl get programs -o name >>left && same '' "$(cat left)"
}

tab=$(printf '\t')
test_expect 'a tab in the indentation has its line' 'wrong :5 tab "5s/^  /$tab/"'
test_expect 'an anchor is refused' 'wrong :5:13 anchor "5s/c.o/\&x c.o/"'
test_expect 'an alias is refused' 'wrong :5:13 alias "5s/c.o/*x/"'
test_expect 'a merge key is refused' 'wrong :6 "<<" "6s/sampling/<</"'
test_expect 'a tag is refused' 'wrong :5:13 tag "5s/c.o/!x c.o/"'
test_expect 'a key given twice is refused' 'wrong :6:3 bytecode "6s/.*/  bytecode: d.o/"'
test_expect 'a key given twice in other case is refused' 'wrong :6:3 bytecode "6s/.*/  byteCode: d.o/"'
test_expect 'a misspelt field has line, column and the nearest name' 'wrong :6:3 globals "6s/globals/globlas/"'
test_expect 'a misspelt field in a list has line, column and the nearest name' 'wrong :9:5 entry "9s/entry/entri/"'
test_expect 'a misspelt field in a hook has line, column and the nearest name' 'wrong :12:24 priority "12s/priority/priorty/"'
test_expect 'an unknown field without a near name lists none' 'wrong :6:3 "qqqqqqqq" "6s/globals/qqqqqqqq/"'
test_expect 'a priority above 1000 has its line' 'wrong :12 1001 "12s/7/1001/"'
test_expect 'a priority that is no number has its place' 'wrong :12:34 high "12s/7/high/"'
test_expect 'a mode without quotes is refused' 'wrong :14 mode "14s/\"0440\"/640/"'
test_expect 'a boolean of another YAML is refused' 'wrong :10:11 yes "10s/xdp/yes/"'
test_expect 'a kind of hook that is not known has its line' 'wrong :12 nosuch "12s/xdp:v0/nosuch:v0/"'
test_expect 'a type that is not known is named' 'wrong "" nosuch "10s/xdp/nosuch/"'
test_expect 'another apiVersion is refused' 'wrong :1 v9 "1s/v1alpha1/v9/"'
test_expect 'another kind is refused' 'wrong : Pod "2s/BpfProgramConfig/Pod/"'
test_expect 'a name is needed' 'wrong "" name "3s/{.*}/{}/"'
test_expect 'a name that is none is refused' 'wrong : "name of a config" "3s/good/a\/b/"'
test_expect 'bytecode is needed' 'wrong "" bytecode 5d'
test_expect 'a list where a mapping belongs is refused' 'wrong :6 globals "6s/{.*}/[1, 2]/"'
test_expect 'a bracket that is not closed has its line' 'wrong : "" "6s/}//"'
test_expect 'bytes that are no UTF-8 are refused' 'sed "5s/c.o/\xff\xfe/" good.yaml >bad.yaml && wrong : ""'
test_expect 'a NUL is refused' '{ cat good.yaml && printf "a\0b"; } >bad.yaml && wrong : ""'
test_expect 'an empty manifest is refused' ': >bad.yaml && wrong "" ""'
test_expect 'nesting without end is refused' '
	awk "BEGIN { for (i = 0; i < 100000; i++) printf \"[\" }" >bad.yaml && wrong :1 ""
'
test_expect '10 MB are refused' 'head -c 10000000 /dev/zero | tr "\0" "#" >bad.yaml && wrong "" ""'
test_expect 'a billion laughs are refused' '
	printf "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n" >bad.yaml && wrong :1:4 anchor
'
test_expect 'a manifest that is not there is named' 'must_fail bpfctl apply -f nosuch.yaml && says nosuch.yaml err'

# What only the daemon can know: nothing of the config is applied, the others are not either.
test_expect 'a global that the object lacks refuses the whole config' '
	sed "6s/sampling/samplin/" good.yaml >bad.yaml && must_fail bpfctl apply -f bad.yaml &&
	says "config good" err && says sampling err && same "" "$(bpfctl get programs -o name)"
'
test_expect 'an interface that is not there refuses the whole config' '
	sed "12s/v0/v1/" good.yaml >bad.yaml && must_fail bpfctl apply -f bad.yaml &&
	says "config good" err && says "no interface \"v1\"" err && same "" "$(bpfctl get programs -o name)"
'
test_expect 'an export that no object has refuses the whole config' '
	sed "14s/packets/packet/" good.yaml >bad.yaml && must_fail bpfctl apply -f bad.yaml &&
	says "\"packet\"" err && same "" "$(bpfctl get programs -o name)"
'
test_expect 'a change that cannot be made leaves what runs' '
	bpfctl apply -f good.yaml && bpfctl get programs good -o json >was &&
	sed "6s/3/99999999999/" good.yaml >bad.yaml && must_fail bpfctl apply -f bad.yaml &&
	bpfctl get programs good -o json >is && grep -v age was >a && grep -v age is >b && cmp a b &&
	send_packets v0 5 && bpfctl delete config good
'
test_expect 'a dry run changes nothing' '
	bpfctl apply --dry-run -f good.yaml >said && says "program good" said &&
	same "" "$(bpfctl get programs -o name)$(bpfctl get configs -o name)"
'
test_expect 'the interface goes' 'delete_veth v0'
finish
