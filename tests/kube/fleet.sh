# SPDX-License-Identifier: Apache-2.0
# Shell library of the tests of scale: many nodes whose daemons are pretended; sourced after lib.sh.
#
#	start_fleet N [LATENCY_MS [FAIL_EVERY]]	daemons of N nodes and their operator
#	start_agents FIRST END			nodes and agents FIRST to END - 1, as root starts them
#	fleet VERB ARGS...			tools/fleet.py at our API server
#	take FILE FILTER			jq of what a fleet command left in FILE
#	stop_fleet				end all of it

fleet() {
	fleet_verb=$1
	shift
	/usr/bin/python3 "$TOP/tests/kube/tools/fleet.py" "$K" "$fleet_verb" "$@"
}

take() { jq -r "$2" "$1"; }

start_fleet() {
	mkdir -p "$T/fleet" && chmod 0755 "$T/fleet" &&
		start_kube fake "$BUILD/tests/kube/tools/fake_daemon" "$T/fleet" "$@" &&
		"$TOP/tests/kube/cluster" account "$K" bpfd bpfd-agent >/dev/null &&
		cp "$K/bpfd-bpfd-agent.token" "$T/agent.token" && chmod 0644 "$T/agent.token" "$K/ca.crt" &&
		chmod 0755 "$K" &&
		sed "s|tokenFile: [^}]*|tokenFile: $T/agent.token|" "$K/bpfd-bpfd-agent.conf" >"$T/agent.conf" &&
		chmod 0644 "$T/agent.conf" && : >"$T/agents.pids" &&
		start_operator
}

start_agents() {
	fleet nodes "$1" "$2" &&
		fleet agents "$1" "$2" "$BPFD_AGENT" "$T/agent.conf" "$T/fleet" "$T" >>"$T/agents.pids"
}

agents_run() {
	for fleet_pid in $(cat "$T/agents.pids"); do
		read -r _ _ fleet_state _ 2>/dev/null <"/proc/$fleet_pid/stat" && [ "$fleet_state" != Z ] || return 1
	done
}

no_agent_runs() {
	for fleet_pid in $(cat "$T/agents.pids"); do
		! read -r _ _ fleet_state _ 2>/dev/null <"/proc/$fleet_pid/stat" || [ "$fleet_state" = Z ] || return 1
	done
}

stop_agents() {
	# shellcheck disable=SC2046 # a list of numbers
	kill -TERM $(cat "$T/agents.pids") && wait_until 20 no_agent_runs && : >"$T/agents.pids"
}

stop_fleet() {
	stop_agents && stop_kube operator && stop_kube fake
}
