#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The API server and its store die, forget, change their certificate; tokens run out; definitions are
# deleted: the operator is right again each time.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/simulate.sh"

cluster() { "$TOP/tests/kube/cluster" "$1" "$K" "$2"; }

etcd() { ETCDCTL_API=3 etcdctl --endpoints "127.0.0.1:$(cut -d' ' -f1 "$K/etcd.ports")" "$@"; }

# now_is PHASE: n1 reports it and the operator tells.
now_is() {
	simulate_report one n1 "$1" && soon 40 one .status.failed "$([ "$1" = Loaded ] && echo 0 || echo 1)"
}

# other_authority: a new authority and a certificate of it, in $T/new.*
other_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=new-ca \
		-keyout new-ca.key -out new-ca.crt 2>/dev/null &&
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver \
			-keyout new.key -out new.csr 2>/dev/null && echo "subjectAltName=IP:127.0.0.1" >new.ext &&
		openssl x509 -req -in new.csr -CA new-ca.crt -CAkey new-ca.key -CAcreateserial -days 30 \
			-extfile new.ext -out new.crt 2>/dev/null
}

test_expect 'an operator tells what a node reports' '
	start_cluster && start_proxy && start_operator && simulate_node n1 && simulate_config one 50 &&
	soon 20 one .status.desired 1 && now_is Failed && now_is Loaded
'
for one in apiserver etcd; do
	test_expect "$one is killed and comes back" '
		cluster kill $one && sleep 3 && cluster start $one && { [ $one = apiserver ] || {
		cluster stop apiserver && cluster start apiserver; }; } && now_is Failed && now_is Loaded
	'
done
test_expect 'what changed while the history was thrown away is noticed' '
	kill -STOP "$(kube_pid operator)" && simulate_report one n1 Failed && simulate_config two 50 &&
	revision=$(etcd get x -w json | jq .header.revision) && etcd compact "$revision" &&
	cluster kill apiserver && cluster start apiserver && kill -CONT "$(kube_pid operator)" &&
	soon 40 one .status.failed 1 && soon 20 two .status.desired 1 && now_is Loaded
'
test_expect 'a token that is not taken any more is replaced: the next one is read at once' '
	cp operator.token good.token && echo invalid >bad.token && replace bad.token operator.token &&
	proxy answer 401 4 "*" "*" && proxy close && wait_until 20 "[ \$(proxy count \"*\" \"*\") -gt 0 ]" && sleep 3 &&
	replace good.token operator.token && began=$(date +%s) && now_is Failed &&
	[ $(($(date +%s) - began)) -le 30 ] && now_is Loaded && proxy pass
'
test_expect 'the authority of the API server is another one: the new file is read' '
	other_authority && proxy certificate "$T/new.crt" "$T/new.key" && simulate_report one n1 Failed &&
	sleep 3 && config_is one .status.failed 0 && replace new-ca.crt ca.crt &&
	soon 40 one .status.failed 1 && now_is Loaded
'
test_expect 'the definitions are deleted: configs go, the operator lives' '
	kc delete -f "$TOP/deploy/kubernetes/crd" --wait=false &&
	{ wait_until 40 "! kc get crd bpfprogramconfigs.bpfd.io" || { kc get crd -o yaml | tail -n 60; show_logs; }; }
'
test_expect 'they are installed again, and all works again' '
	wait_until 30 "! kc get crd bpfprograms.bpfd.io bpfnodes.bpfd.io" && kc apply -f "$TOP/deploy/kubernetes/crd" &&
	kc wait --for=condition=Established --timeout=30s crd --all && kc delete node n1 && simulate_node n1 &&
	simulate_config one 50 && soon 60 one .status.desired 1 && now_is Failed
'
finish_kube
