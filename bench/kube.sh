#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rows of group 5: a real API server (tests/kube), one node with the real daemon, many with pretended ones.
#	BUILD=... BENCH_DIR=... bench/kube.sh latency|fleet|table
# In namespaces that bench/run makes. What each step of the fleet took stays in $BUILD/bench-kube.jsonl, and as a
# table in $BUILD/bench-kube.md. FLEET_SIZES="50 100 200" FLEET_CONFIGS=20 are the sizes.
set -u
E2E_TOP=$(cd "${0%/*}/.." && pwd) E2E_TMP=${BENCH_DIR-}
export E2E_TOP E2E_TMP
# The table of what was measured, also by itself, of a run that was ended.
slopes() {
	jq -rs '
	def of($n; $step): map(select(.nodes == $n and .step == $step))[0];
	. as $all | (map(select(.step == "idle").nodes) | unique) as $sizes |
	def line($what; f): "| " + $what + " | " + ([$sizes[] as $n | $n | f | tostring] | join(" | ")) + " |";
	line("nodes"; .), "|---|" + ($sizes | map("---|") | join("")),
	line("upgrade of one config: all converged, s"; . as $n | $all | of($n; "one").seconds),
	line("upgrade of all configs: all converged, s"; . as $n | $all | of($n; "all").seconds),
	line("all configs, median of them, s"; . as $n | $all | of($n; "all").median_s),
	line("writes by agents per node and config, one upgraded"; . as $n | $all | of($n; "one").writes_per_pair),
	line("writes by agents per node and config, all upgraded"; . as $n | $all | of($n; "all").writes_per_pair),
	line("the same with the operator'"'"'s, all upgraded"; . as $n | $all | of($n; "all").all_writes_per_pair),
	line("watch events of configs, all upgraded"; . as $n | $all | of($n; "all").watch_events.BpfProgramConfig),
	line("bytes of these"; . as $n | $all | of($n; "all").watch_bytes.BpfProgramConfig),
	line("watch events of BpfPrograms, all upgraded"; . as $n | $all | of($n; "all").watch_events.BpfProgram),
	line("bytes of these"; . as $n | $all | of($n; "all").watch_bytes.BpfProgram),
	line("lists after the start"; . as $n | $all | [of($n; "one").lists, of($n; "all").lists, of($n; "idle").lists] | map(add // 0) | add),
	line("writes a minute while idle"; . as $n | $all | of($n; "idle").writes_per_minute),
	line("CPU of an agent, ms a minute idle"; . as $n | $all | of($n; "idle").agent_cpu_ms_per_minute.median),
	line("CPU of the operator, ms a minute idle"; . as $n | $all | of($n; "idle").operator_cpu_ms_per_minute),
	line("anonymous memory of an agent, MB"; . as $n | $all | of($n; "idle").agent_anonymous_mb.median),
	line("anonymous memory of the operator, MB"; . as $n | $all | of($n; "idle").operator_anonymous_mb),
	line("RSS of kube-apiserver, MB"; . as $n | $all | of($n; "servers").apiserver_rss_mb),
	line("RSS of etcd, MB"; . as $n | $all | of($n; "servers").etcd_rss_mb),
	line("bytes in use in etcd"; . as $n | $all | of($n; "servers").etcd_bytes_in_use),
	line("connections to kube-apiserver"; . as $n | $all | of($n; "servers").connections),
	line("JSON of a BpfProgram, bytes"; . as $n | $all | of($n; "servers").bpfprograms.median),
	line("JSON of a BpfNode, bytes"; . as $n | $all | of($n; "servers").bpfnodes.median),
	line("JSON of a config, bytes"; . as $n | $all | of($n; "servers").bpfprogramconfigs.median),
	line("load average of the machine (upgrade of all)"; . as $n | $all | of($n; "all").load)' "$BUILD/bench-kube.jsonl"
}

[ "$1" != table ] || { slopes; exit; }
. "$E2E_TOP/tests/e2e/lib.sh"
. "$TOP/tests/kube/lib.sh"
. "$TOP/tests/kube/fleet.sh"
E2E_DONE=bench

row() { # ID WHAT VALUE UNIT PEER MUST HOLDS [LEAST MOST RUNS]
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$6" "$7" "${8-}" "${9-}" "${10-1}"
}
holds() { awk "BEGIN { exit !($1) }" && echo true || echo false; }

give_up() {
	echo "kube.sh: $1" >&2
	show_logs 3 >&2
	"$TOP/tests/kube/cluster" stop "$K"
	exit 1
}

# --- one node, the real daemon ---

start_registry() {
	cat >registry.yml <<-Y
	version: 0.1
	log: {level: error, accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: $T/registry}, delete: {enabled: true}}
	http: {addr: 127.0.0.1:5000}
	Y
	start_kube registry docker-registry serve registry.yml
	wait_until 10 'curl -s -o /dev/null http://127.0.0.1:5000/v2/' &&
		"$BUILD/src/build/bpfd-image-build" --insecure -t 127.0.0.1:5000/t/counter:v1 "$OBJ/counter.bpf.o"
}

start_one_node() {
	serve_agent && echo 'registries: [{host: "127.0.0.1:5000", insecure: true}]' >>"$D/bpfd.yaml" &&
		start_daemon && make_veth one && start_registry && make_node n1 "$(veth_addr one)" &&
		start_agent n1 --look-seconds 10 && start_operator &&
		wait_until 20 '[ "$(field bpfnode n1 .status.health)" = Ready ]'
}

latency() {
	{ start_cluster && start_one_node; } >&2 || give_up 'the node did not start'
	fleet latency warm 2 n1 127.0.0.1:5000/t/counter:v1 >warm || give_up 'nothing was loaded'
	fleet latency timed "${BENCH_RUNS:-20}" n1 127.0.0.1:5000/t/counter:v1 >timed || give_up 'nothing was loaded'
	kube_pid n1 >agents.pids
	sleep "${FLEET_PAUSE:-22}"
	fleet idle "${FLEET_IDLE:-60}" agents.pids "$(kube_pid operator)" >idle || give_up 'the agent is gone'
	median=$(take timed .ms.median)
	row 5.1 'a config applied until its BpfProgram says Loaded, one node, image cached' "$median" ms \
		'real daemon, XDP program; PATCH to the event of a watch' '<= 300 ms' "$(holds "$median <= 300")" \
		"$(take timed .ms.least)" "$(take timed .ms.most)" "$(take timed .runs)"
	for who in agent operator; do
		pss=$(take idle ".${who}_pss_mb | if type == \"object\" then .median else . end")
		row 5.5 "PSS of $who, the only one on its machine" "$pss" MB "$(take idle "\"anonymous \(.${who}_anonymous_mb |
			if type == \"object\" then .median else . end), RSS \(.${who}_rss_mb | if type == \"object\" then .median else . end)\"")" \
			'<= 10 MB' "$(holds "$pss <= 10")"
	done
	"$TOP/tests/kube/cluster" stop "$K"
}

# --- many nodes ---

# note NODES STEP FILE: keep what a step said.
note() {
	jq -c --argjson nodes "$1" --arg step "$2" --arg load "$(cut -d' ' -f1 /proc/loadavg)" \
		'{nodes: $nodes, step: $step, load: $load} + .' "$3" >>"$BUILD/bench-kube.jsonl"
}

# At each size: the nodes join, one config is upgraded, all are, nothing happens.
measure_size() {
	n=$1 before=$2
	start_agents "$before" "$n" >&2 || give_up 'the agents did not start'
	for step in join one all; do
		end=$configs revision=v$n-$step
		[ $step != join ] || revision=v1
		[ $step != one ] || end=1
		settle=${FLEET_PAUSE:-22}
		[ "$step$before" != "join${before#0}" ] || settle=2
		FLEET_SETTLE=$settle fleet roll web 0 "$end" "$revision" "$n" "$n" 600 >$step || give_up "$step at $n: $(cat $step)"
		note "$n" $step $step
	done
	fleet servers >servers && note "$n" servers servers
	fleet idle "${FLEET_IDLE:-60}" agents.pids "$(kube_pid operator)" >idle && note "$n" idle idle
}

fleet_rows() {
	pairs="$n nodes, $configs configs"
	row 5.2 "upgrade of one config on $n nodes until all have converged" "$(take one .seconds)" s \
		"load $(cut -d' ' -f1 /proc/loadavg)" '<= 30 s' "$(holds "$(take one .seconds) <= 30")"
	row 5.2 "upgrade of $configs configs on $n nodes until all have converged" "$(take all .seconds)" s \
		"median of the configs $(take all .median_s) s" reported true
	for step in made one all; do
		row 5.3 "writes per node and config, $step, everybody's" "$(take $step .all_writes_per_pair)" '' \
			"$(take $step '.writes | to_entries | map("\(.key) \(.value)") | join(", ")')" '<= 3' \
			"$(holds "$(take $step .all_writes_per_pair) <= 3")"
	done
	lists=$(cat one all idle | jq -s 'map(.lists | add // 0) | add')
	row 5.4 "lists after the start, $pairs" "$lists" '' 'one, all and idle together' 0 "$(holds "$lists == 0")"
	pss=$(take idle .operator_pss_mb)
	row 5.5 "PSS of the operator at $pairs" "$pss" MB "anonymous $(take idle .operator_anonymous_mb)" '<= 10 MB' \
		"$(holds "$pss <= 10")"
	row 5.5 "anonymous memory of an agent at $pairs" "$(take idle .agent_anonymous_mb.median)" MB \
		"RSS $(take idle .agent_rss_mb.median)" reported true
	row 5.6 'writes a minute while nothing changes, leases aside' "$(take idle .writes_per_minute)" '' \
		"over $(take idle .minutes) minutes" 0 "$(holds "$(take idle .writes_per_minute) == 0")"
}

fleet_all() {
	sizes=${FLEET_SIZES:-50 100 200} configs=${FLEET_CONFIGS:-20}
	[ -z "${BENCH_QUICK:-}" ] || { sizes=${FLEET_SIZES:-20 40} configs=${FLEET_CONFIGS:-5}; }
	: >"$BUILD/bench-kube.jsonl"
	last=0
	{ start_cluster && start_fleet "${sizes##* }" 20; } >&2 || give_up 'the cluster did not start'
	for size in $sizes; do
		measure_size "$size" $last
		[ $last -ne 0 ] || mv join made
		last=$size
	done
	fleet_rows
	slopes >"$BUILD/bench-kube.md"
	stop_fleet
	"$TOP/tests/kube/cluster" stop "$K"
}

case $1 in
latency) latency ;;
fleet) fleet_all ;;
esac
