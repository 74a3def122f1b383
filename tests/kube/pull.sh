#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images for a cluster: from a registry that asks for a login, with a pull secret that the operator lets
# the agent read, and no other secret.
. "${0%/*}/../e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
R=127.0.0.1:5000
. "$TOP/tests/e2e/registry.sh"

for tool in docker-registry htpasswd curl; do
	command -v $tool >/dev/null || skip_all "no $tool here"
done

# The registry of registry.sh, with a login.
start_private_registry() {
	htpasswd -Bbn someone secret >htpasswd && mkdir -p "$T/data" && cat >"$T/registry.yml" <<-E &&
	version: 0.1
	log: {level: error, accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: $T/data}}
	http: {addr: $R}
	auth: {htpasswd: {realm: test, path: $T/htpasswd}}
	E
	{ docker-registry serve "$T/registry.yml" >"$T/registry.log" 2>&1 & } && registry_pid=$! &&
		wait_until 10 "curl -s -o /dev/null http://$R/v2/"
}

manifest() {
	cat <<-YAML
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: pulled}
	spec:
	  name: xdp_stats
	  type: XDP
	  nodeselector: {}
	  attachpoint: {networkmultiattach: {interfaceselector: {primarynodeinterface: true}, priority: 55}}
	  bytecode: {image: {url: "image://$R/private/counter:v1", imagePullPolicy: IfNotPresent, imagePullSecret: {name: ${1:-login}}}}
	YAML
}

fails_with() {
	wait_until 20 "same $1 \"\$(field bpp pulled.n1 .status.error.reason)\" >/dev/null" || { kc get bpp pulled.n1 -o yaml; show_logs; }
}

test_expect 'a cluster with a registry that wants a login' '
	echo "registries: [{host: \"$R\", insecure: true}]" >>"$D/bpfd.yaml" &&
	start_private_registry && start_cluster && start_daemon && make_veth one && make_node n1 "$(veth_addr one)" &&
	start_agent n1 && start_operator &&
	bpfctl image build -t oci:layout:v1 "$OBJ/xdp-counter.bpf.o" >/dev/null && echo secret >password &&
	bpfctl image push --insecure -u someone --password-file password oci:layout:v1 "$R/private/counter:v1"
'
test_expect 'a secret that is missing is named' '
	manifest | kc apply -f - && fails_with NotFound && field bpp pulled.n1 .status.message >out && says login out
'
test_expect 'with the secret it is pulled and loaded' '
	kc -n bpfd create secret docker-registry login --docker-server="$R" --docker-username=someone --docker-password=secret &&
	{ wait_until 40 "same Loaded \"\$(field bpp pulled.n1 .status.phase)\" >/dev/null" || { kc get bpp pulled.n1 -o yaml; show_logs; }; }
'
test_expect 'the agent may read that secret and no other' '
	kc -n bpfd create secret generic other --from-literal=a=b &&
	same yes "$(kc -n bpfd auth can-i get secret/login --as system:serviceaccount:bpfd:bpfd-agent)" &&
	same no "$(kc -n bpfd auth can-i get secret/other --as system:serviceaccount:bpfd:bpfd-agent)" &&
	same no "$(kc -n bpfd auth can-i list secrets --as system:serviceaccount:bpfd:bpfd-agent)"
'
test_expect 'no password is in any log or object' '
	! grep -l secret "$D/log" "$T/n1.log" "$T/operator.log" && kc get bpp,bpc,bpn -o yaml >all && ! grep -q "someone:secret" all
'
test_expect 'the right ends with the config' '
	kc delete bpc pulled --timeout=30s && wait_until 10 "same no \"\$(kc -n bpfd auth can-i get secret/login --as system:serviceaccount:bpfd:bpfd-agent)\" >/dev/null" &&
	end_registry
'
finish_kube
