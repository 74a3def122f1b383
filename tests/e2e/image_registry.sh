#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images out of a real registry (Debian's docker-registry) on loopback: pull policies, the store, logins,
# TLS, mirrors, and what is said when something is wrong.
# In no VM: there is no docker-registry, and all of it skips.
. "${0%/*}/lib.sh"

for tool in docker-registry skopeo htpasswd openssl curl jq; do
	have_feature "$tool" || skip_all "no $tool here"
done
BUILDER=$BUILD/src/build/bpfd-image-build

# registry NAME PORT [LINES]: a registry at 127.0.0.1:PORT, started and answering.
registry() {
	mkdir -p "$T/$1.data"
	cat >"$T/$1.yml" <<-E
	version: 0.1
	log: {level: error, accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: $T/$1.data}, delete: {enabled: true}}
	http:
	  addr: 127.0.0.1:$2
	$3
	E
	docker-registry serve "$T/$1.yml" >"$T/$1.log" 2>&1 &
	eval "pid_$1=$!"
	# 7: nobody listens. A client certificate may be asked for.
	wait_until 10 "curl -sk -o /dev/null http://127.0.0.1:$2/v2/ || [ \$? -ne 7 ]"
}
# end_registry NAME: and wait until it is gone.
end_registry() {
	eval "e2e_pid=\$pid_$1"
	kill "$e2e_pid" 2>/dev/null
	wait "$e2e_pid" 2>/dev/null
	return 0
}
build() { "$BUILDER" -t "oci:$@"; }
# push LAYOUT REPOSITORY [OPTIONS]: by skopeo, to where the last argument says.
push() { skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:$1" "docker://$2" 2>&1; }
digest() { bpfctl image ls "$1" -o json | jq -r .digest; }

R=127.0.0.1:5001

test_expect 'a registry, an image in it, and a daemon that may use it without TLS' '
	registry plain 5001 "" &&
	build counter:v1 "$OBJ/tracepoint.bpf.o" >built && push counter:v1 "$R/t/counter:v1" &&
	use_daemon main && mkdir -p "$D" && cat >"$D/bpfd.yaml" <<-E &&
	registries:
	  - host: $R
	    insecure: true
	E
	start_daemon
'
test_expect 'pull says name and digest, and the list shows it' '
	bpfctl image pull "$R/t/counter:v1" >out && says "$R/t/counter:v1 sha256:" out &&
	bpfctl image ls >out && says "$R/t/counter:v1" out && bpfctl get images -o json >out && says "\"object\"" out
'
test_expect 'its digest is the one that was built' '
	same "$(cut -d" " -f2 built)" "$(digest "$R/t/counter:v1")"
'
test_expect 'load takes it from the store, also when the registry is gone' '
	end_registry plain && bpfctl load "image://$R/t/counter:v1" --name first >out && says first out &&
	bpfctl get programs -o json >out && says "image://$R/t/counter:v1" out &&
	same "$(bpfctl image ls "$R/t/counter:v1" -o json | jq -r .object)" "$(jq -r ".programs[0].digest" out)"
'
test_expect 'an image that a program comes from is kept, and one that none does goes' '
	must_fail bpfctl image rm "$R/t/counter:v1" && says "a loaded program comes from" err &&
	bpfctl image prune >out && says "0 bytes" out && bpfctl unload first && bpfctl image prune >out &&
	must_fail bpfctl image ls "$R/t/counter:v1" && same 0 "$(find "$D/state/images/blobs" -type f | wc -l)"
'
test_expect 'without the registry: a pull fails in words, and so does a load' '
	must_fail bpfctl image pull "$R/t/counter:v1" && says "$R: no connection" err &&
	must_fail bpfctl load "image://$R/t/counter:v1" && says "no connection" err &&
	must_fail bpfctl image pull 127.0.0.1:5099/x/y && must_fail bpfctl image pull nowhere.invalid/x/y:1 &&
	says "nowhere.invalid: its name cannot be resolved" err
'
test_expect 'policies: Never only takes what is there, IfNotPresent asks once, Always asks each time' '
	registry plain 5001 "" && must_fail bpfctl load "image://$R/t/counter:v1" --pull-policy Never &&
	says "its pull policy is Never" err && says "bpfctl image pull $R/t/counter:v1" err &&
	must_fail bpfctl load "image://$R/t/counter:v1" --pull-policy Sometimes && says "one of Always" err &&
	bpfctl image pull "$R/t/counter:v1" >out &&
	build counter:v2 --label "x=y" "$OBJ/tracepoint.bpf.o" >built2 && push counter:v2 "$R/t/counter:v1" &&
	bpfctl image pull --policy IfNotPresent "$R/t/counter:v1" && same "$(cut -d" " -f2 built)" "$(digest "$R/t/counter:v1")" &&
	bpfctl load "image://$R/t/counter:v1" --pull-policy Always --name a >out && bpfctl unload a &&
	same "$(cut -d" " -f2 built2)" "$(digest "$R/t/counter:v1")"
'
test_expect 'a tag that is gone and a repository that is not there are told apart from others' '
	must_fail bpfctl image pull "$R/t/counter:v9" && says "http://$R has no image t/counter:v9" err &&
	must_fail bpfctl image pull "$R/t/none" && says "has no image t/none:latest" err
'
test_expect 'pinned by digest: the same image, asked for once, and another digest is refused' '
	pin=$(cut -d" " -f2 built) && bpfctl image pull "$R/t/counter@$pin" && bpfctl load "image://$R/t/counter@$pin" --name p &&
	bpfctl unload p && must_fail bpfctl image pull "$R/t/counter@sha256:$(printf "%064d" 7)" && says "has no image" err
'
test_expect 'a second name, and blobs that are shared are kept once' '
	bpfctl image tag "$R/t/counter:v1" "local.example/counter:dev" && bpfctl load image://local.example/counter:dev --name n &&
	bpfctl unload n && n=$(find "$D/state/images/blobs" -type f | wc -l) && bpfctl image rm "$R/t/counter:v1" &&
	same "$n" "$(find "$D/state/images/blobs" -type f | wc -l)" && bpfctl load image://local.example/counter:dev --name n &&
	bpfctl unload n && bpfctl image rm local.example/counter:dev
'
test_expect 'a damaged file of the store is noticed, and pulled again' '
	bpfctl image pull "$R/t/counter:v1" && o=$(bpfctl image ls "$R/t/counter:v1" -o json | jq -r .object) &&
	echo x >>"$D/state/images/blobs/sha256/${o#sha256:}" && must_fail bpfctl load "image://$R/t/counter:v1" --pull-policy Never &&
	bpfctl load "image://$R/t/counter:v1" --name again && bpfctl unload again && says "is damaged" "$D/log"
'
test_expect 'the store outlives the daemon, and what a crash left in it goes' '
	: >"$D/state/images/blobs/sha256/.new-1-1" && restart_daemon && bpfctl image ls && [ ! -e "$D/state/images/blobs/sha256/.new-1-1" ] &&
	bpfctl load "image://$R/t/counter:v1" --pull-policy Never --name again && bpfctl unload again
'
test_expect 'eight at once of one image are one download' '
	bpfctl image prune && pulls=$(grep -c ": .* from http" "$D/log") && pids= && for i in 1 2 3 4 5 6 7 8; do
		"$BPFCTL" image pull --policy IfNotPresent "$R/t/counter:v1" >/dev/null & pids="$pids $!"
	done && for pid in $pids; do wait "$pid" || return 1; done &&
	same "$((pulls + 1))" "$(grep -c ": .* from http" "$D/log")"
'
# A manifest names an image too, with its policy.
manifest() {
	cat <<-E
	apiVersion: bpfd.io/v1alpha1
	kind: BpfProgramConfig
	metadata: {name: shop}
	spec:
	  bytecode: {image: {url: $R/t/counter:v1, imagePullPolicy: $1}}
	  programs: [{name: shop}]
	E
}
test_expect 'apply pulls what the manifest names, as its policy says' '
	bpfctl image prune && manifest Never >shop.yaml && must_fail bpfctl apply -f shop.yaml && says "its pull policy is Never" err &&
	manifest IfNotPresent >shop.yaml && bpfctl apply -f shop.yaml && bpfctl get programs -o json >out &&
	says "image://$R/t/counter:v1" out && bpfctl get configs -o yaml >out && says "imagePullPolicy: IfNotPresent" out &&
	bpfctl delete -f shop.yaml
'

# Logins. htpasswd of bcrypt, as the registry wants it.
A=127.0.0.1:5002
test_expect 'a registry that wants a login: none is told what to do' '
	htpasswd -Bbn someone "se cret:1" >passwords && registry closed 5002 "auth: {htpasswd: {realm: x, path: $T/passwords}}" &&
	printf "  - host: %s\n    insecure: true\n" "$A" >>"$D/bpfd.yaml" && restart_daemon &&
	skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-creds "someone:se cret:1" oci:counter:v1 "docker://$A/p/counter:v1" &&
	must_fail bpfctl image pull "$A/p/counter:v1" && says "wants a login for p/counter" err && says "podman login" err
'
test_expect 'with name and password from a file or standard input it works, with a wrong one it does not' '
	printf "se cret:1\n" >password && bpfctl image pull "$A/p/counter:v1" -u someone --password-file password && bpfctl image rm "$A/p/counter:v1" &&
	bpfctl load "image://$A/p/counter:v1" --name l -u someone --password-file - <password && bpfctl unload l &&
	echo wrong >password && must_fail bpfctl image pull "$A/p/counter:v1" -u someone --password-file password &&
	says "does not accept the credentials of someone" err
'
test_expect 'the logins of podman and docker are used, and their helpers' '
	bpfctl image rm "$A/p/counter:v1" && printf "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}" "$A" "$(printf "someone:se cret:1" | base64)" >auth.json &&
	REGISTRY_AUTH_FILE=$T/auth.json bpfctl image pull "$A/p/counter:v1" && bpfctl image rm "$A/p/counter:v1" &&
	mkdir -p helpers docker && printf "#!/bin/sh\nread -r s; [ \"\$s\" = %s ] && echo \"{\\\\\"Username\\\\\":\\\\\"someone\\\\\",\\\\\"Secret\\\\\":\\\\\"se cret:1\\\\\"}\"\n" "$A" >helpers/docker-credential-test &&
	chmod +x helpers/docker-credential-test && printf "{\"credHelpers\":{\"%s\":\"test\"}}" "$A" >docker/config.json &&
	PATH=$T/helpers:$PATH DOCKER_CONFIG=$T/docker bpfctl image pull "$A/p/counter:v1" && bpfctl image rm "$A/p/counter:v1"
'
test_expect 'a manifest is applied with the logins of who applies it' '
	manifest Always | sed "s|$R/t|$A/p|" >closed.yaml && must_fail bpfctl apply -f closed.yaml && says "wants a login" err &&
	REGISTRY_AUTH_FILE=$T/auth.json bpfctl apply -f closed.yaml && bpfctl delete -f closed.yaml && bpfctl image rm "$A/p/counter:v1"
'
test_expect 'the daemon has a file of logins of its own' '
	printf "auth-file: %s\n" "$T/auth.json" >>"$D/bpfd.yaml" && restart_daemon && bpfctl image pull "$A/p/counter:v1"
'
test_expect 'no password in the log and the store' '
	! grep -r "se cret" "$D/log" "$D/state" && ! grep -r "$(printf "someone:se cret:1" | base64)" "$D/log" "$D/state"
'

# TLS
S=127.0.0.1:5003
make_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem &&
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=here -keyout tls.key -out tls.csr &&
	echo "subjectAltName=IP:127.0.0.1" >ext && openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out tls.pem &&
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=client -keyout client.key -out client.csr &&
	openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -days 2 -out client.pem &&
	openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -days -1 -extfile ext -out expired.pem
}
test_expect 'TLS by an authority that nobody knows is refused in words' '
	make_certificates >certificates.log 2>&1 && registry tls 5003 "  tls: {certificate: $T/tls.pem, key: $T/tls.key, clientcas: [$T/ca.pem]}" &&
	must_fail bpfctl image pull "$S/t/counter:v1" && says "its certificate is not trusted" err
'
test_expect 'with the authority and a client certificate in the configuration it is used' '
	skopeo copy -q --insecure-policy --dest-tls-verify=false --dest-cert-dir "$(mkdir -p certs && cp client.pem certs/client.cert && cp client.key certs/ && echo certs)" oci:counter:v1 "docker://$S/t/counter:v1" &&
	sed -i "s|^auth-file.*||" "$D/bpfd.yaml" && printf "  - host: %s\n    ca-file: %s\n    cert-file: %s\n    key-file: %s\n" "$S" "$T/ca.pem" "$T/client.pem" "$T/client.key" >>"$D/bpfd.yaml" &&
	restart_daemon && bpfctl image pull "$S/t/counter:v1" && bpfctl image ls -o json >out && says "https://$S" out
'
test_expect 'an expired certificate is refused in words' '
	end_registry tls && cp expired.pem tls.pem && registry tls 5003 "  tls: {certificate: $T/tls.pem, key: $T/tls.key}" &&
	must_fail bpfctl image pull "$S/t/counter:v1" && says "expired" err
'
test_expect 'a mirror is asked first, and the registry when the mirror does not have it' '
	sed -i "s|^  - host: $A|  - host: origin.invalid\n    mirrors: [\"127.0.0.1:5099\", \"$R\"]\n  - host: $A|" "$D/bpfd.yaml" && restart_daemon &&
	bpfctl image pull origin.invalid/t/counter:v1 && same "http://$R" "$(bpfctl image ls origin.invalid/t/counter:v1 -o json | jq -r .source)" &&
	must_fail bpfctl image pull origin.invalid/t/none:v1 && says "origin.invalid: its name" err && says "the mirrors before it" err
'
in_store() { bpfctl image ls "$1" >/dev/null 2>&1; }
test_expect 'a store that is full loses what was unused longest, never what a program comes from' '
	bpfctl image prune && printf "image-store-mib: 1\n" >>"$D/bpfd.yaml" && restart_daemon &&
	bpfctl load "image://$R/t/counter:v1" --name kept >out && for i in 1 2 3; do
		head -c 400000 /dev/urandom | base64 -w 60000 | sed "s/^/--label=io.x=/" >labels && sed -i "s/io.x/io.x$i/" labels &&
		awk "{ sub(/io.x[0-9]/, \"io.x\" NR); print }" labels >numbered && xargs -s 1500000 -x -a numbered "$BUILDER" -t "oci:big:$i" "$OBJ/probes.bpf.o" >/dev/null &&
		push "big:$i" "$R/t/big:$i" >/dev/null && bpfctl image pull "$R/t/big:$i" && sleep 1 || return 1
	done && in_store "$R/t/big:3" && in_store "$R/t/counter:v1" && ! in_store "$R/t/big:1" && bpfctl unload kept
'
test_expect 'push and copy by bpfctl: skopeo reads what they wrote, in registry and layout' '
	bpfctl image push --config "$D/bpfd.yaml" oci:counter:v1 "$R/own/counter:v1" >out && says "$R/own/counter:v1 $(cut -d" " -f2 built)" out &&
	same "$(cut -d" " -f2 built)" "$(skopeo inspect --tls-verify=false "docker://$R/own/counter:v1" | jq -r .Digest)" &&
	bpfctl image copy --insecure "$R/own/counter:v1" oci:back:x && skopeo copy -q --insecure-policy oci:back:x oci:again:x &&
	bpfctl load oci:back:x --name back && bpfctl unload back && echo "se cret:1" >password &&
	bpfctl image push --insecure -u someone --password-file password oci:counter:v1 "$A/own/counter:v1" &&
	echo wrong >password && must_fail bpfctl image push --insecure -u someone --password-file password oci:counter:v1 "$A/own/x:v1" &&
	says "does not accept the credentials" err && must_fail bpfctl image push --insecure oci:nowhere "$R/x/y" && says "nowhere: No such file" err
'
test_expect 'an index of two machines is copied whole, and this machine takes its own' '
	build "arm:1" --arch arm64 "$OBJ/tracepoint.bpf.o" && skopeo copy -q --insecure-policy oci:arm:1 oci:two:arm && build two:amd "$OBJ/probes.bpf.o" &&
	jq "{schemaVersion: 2, mediaType: \"application/vnd.oci.image.index.v1+json\", manifests: [.manifests[] | del(.annotations) + {platform: {os: \"linux\", architecture: \"arm64\"}}] | (.[1].platform.architecture = \"amd64\")}" two/index.json >index &&
	d=$(sha256sum index | cut -d" " -f1) && cp index "two/blobs/sha256/$d" && size=$(wc -c <index) &&
	jq ".manifests += [{mediaType: \"application/vnd.oci.image.index.v1+json\", digest: \"sha256:$d\", size: $size, annotations: {\"org.opencontainers.image.ref.name\": \"both\"}}]" two/index.json >new && cp new two/index.json &&
	bpfctl image push --insecure oci:two:both "$R/own/two:both" && bpfctl load "image://$R/own/two:both" --name two && bpfctl get programs >out && says two-on_function out && unload_all
'
for name in plain closed tls; do end_registry "$name"; done
finish
