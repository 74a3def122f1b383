# SPDX-License-Identifier: Apache-2.0
# A registry of a test's own at $R: Debian's docker-registry, without TLS and logins. Sourced behind lib.sh.

start_registry() {
	mkdir -p "$T/data"
	cat >"$T/registry.yml" <<-E
	version: 0.1
	log: {level: error, accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: $T/data}, delete: {enabled: true}}
	http: {addr: $R}
	E
	docker-registry serve "$T/registry.yml" >"$T/registry.log" 2>&1 &
	registry_pid=$!
	wait_until 10 "curl -s -o /dev/null http://$R/v2/"
}

end_registry() {
	kill "$registry_pid" 2>/dev/null
	wait "$registry_pid" 2>/dev/null
	return 0
}
