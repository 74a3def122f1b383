#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What deploy/kubernetes holds is taken by a real API server as it is, and gives each account what it needs
# and no more; the definitions take what bpfctl takes; an operator upgrades older ones.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"

# may yes|no VERB RESOURCE ACCOUNT [NAMESPACE [SUBRESOURCE]]
may() {
	kc auth can-i "$2" "$3" --as "system:serviceaccount:bpfd:$4" ${5:+-n "$5"} ${6:+--subresource "$6"} >may 2>/dev/null
	same "$1" "$(cut -d' ' -f1 may)"
}

test_expect 'an empty cluster' '"$TOP/tests/kube/cluster" start "$K"'
test_expect 'the whole kustomization is taken, twice' '
	kc kustomize "$TOP/deploy/kubernetes" >all.yaml && { kc apply -f all.yaml >out 2>&1 || kc apply -f all.yaml >out 2>&1; } &&
	kc wait --for=condition=Established --timeout=30s crd --all && kc apply -f all.yaml >out && cat out &&
	! grep -v " unchanged\| configured" out
'
test_expect 'daemon, agent and operator are asked for' '
	wait_until 20 "test \"\$(kc -n bpfd get deployment bpfd-operator -o jsonpath={.status.replicas})\" = 2" &&
	make_node n1 10.0.0.1 "{\"kubernetes.io/hostname\":\"n1\",\"kubernetes.io/os\":\"linux\"}" &&
	wait_until 30 "test \$(kc -n bpfd get pods -o name | grep -c \"bpfd-daemon\\|bpfd-agent\") = 2"
'
test_expect 'the examples are taken' '
	kc apply -f "$TOP/deploy/kubernetes/examples/talk.yaml" -f "$TOP/deploy/kubernetes/examples/canary.yaml" &&
	kc apply --server-side --force-conflicts -f "$TOP/deploy/kubernetes/examples/talk.yaml" && kc delete bpc --all --timeout=20s
'
test_expect 'the agent may what it needs and no more' '
	may yes watch bpfprogramconfigs.bpfd.io bpfd-agent && may no patch bpfprogramconfigs.bpfd.io bpfd-agent &&
	may yes patch bpfprograms.bpfd.io bpfd-agent "" status && may yes get controllerrevisions.apps bpfd-agent bpfd &&
	may no get secrets bpfd-agent bpfd && may no list secrets bpfd-agent kube-system && may no delete pods bpfd-agent &&
	may no create pods bpfd-agent bpfd
'
test_expect 'the operator may what it needs and no more' '
	may yes patch bpfprogramconfigs.bpfd.io bpfd-operator "" status && may yes get secrets bpfd-operator bpfd &&
	may no get secrets bpfd-operator kube-system && may no list secrets bpfd-operator bpfd && may no create pods bpfd-operator bpfd &&
	may no delete nodes bpfd-operator && may no create clusterroles.rbac.authorization.k8s.io bpfd-operator
'
test_expect 'the daemon has no account that may anything' '
	may no get pods bpfd-daemon && may no list bpfprogramconfigs.bpfd.io bpfd-daemon
'
test_expect 'the definitions judge as they should' '
	{ KUBECONFIG=$K/admin.conf /usr/bin/python3 -B "$TOP/tests/kube/objects.py" >objects.tap 2>&1 || { grep -A2 "^not ok" objects.tap; false; }; }
'
test_expect 'older definitions are upgraded by an operator, newer ones are left alone' '
	kc annotate --overwrite crd bpfnodes.bpfd.io bpfd.io/definitions=0 && kc annotate --overwrite crd bpfprograms.bpfd.io bpfd.io/definitions=999 &&
	kc patch crd bpfnodes.bpfd.io --type=json -p "[{\"op\":\"remove\",\"path\":\"/spec/versions/0/additionalPrinterColumns\"}]" && start_operator &&
	wait_until 30 "test \"\$(field crd bpfnodes.bpfd.io .spec.versions[0].additionalPrinterColumns[0].name)\" = KERNEL" &&
	same 999 "$(kc get crd bpfprograms.bpfd.io -o json | jq -r ".metadata.annotations[\"bpfd.io/definitions\"]")"
'
finish_kube
