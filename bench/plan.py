#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the measured slopes say about a larger cluster: bench/plan.py FILE NODES CONFIGS, where FILE is bench-kube.jsonl of
bench/kube.sh. Prints the table of docs/KUBERNETES-SCALE.md. Straight lines through the sizes that were measured."""
import json
import sys


def line(points):
    """Slope and intercept of the least squares."""
    n = len(points)
    if n < 2:
        sys.exit("plan.py: needs two sizes at least")
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return slope, mean_y - slope * mean_x


def main(path, nodes, configs):
    steps = [json.loads(text) for text in open(path, encoding="utf-8")]
    at = {(one["nodes"], one["step"]): one for one in steps}
    sizes = sorted({one["nodes"] for one in steps if one["step"] == "idle"})
    last = sizes[-1]
    servers, every = at[last, "servers"], at[last, "all"]
    measured = every["configs"]

    def grows(step, get):
        return line([(n, get(at[n, step])) for n in sizes])

    def row(what, value, how):
        print(f"| {what} | {value} | {how} |")

    def mb(value):
        return f"{value / 1e6:.0f} MB" if value < 1e9 else f"{value / 1e9:.1f} GB"

    program, node = servers["bpfprograms"]["median"], servers["bpfnodes"]["median"]
    config = servers["bpfprogramconfigs"]["median"]
    pairs = nodes * configs
    node_bytes = node * configs / measured
    rate = last * measured / every["seconds"]
    pause_s = min(max(nodes, 1000), 10000) / 1000
    events = nodes / pause_s
    print(f"| {nodes} nodes, {configs} configs on all of them | plan | of what |\n|---|---|---|")
    row("BpfPrograms", pairs, "one for each node and config")
    row("BpfNodes", nodes, "one for each node")
    row("bytes of BpfPrograms", mb(pairs * program), f"{program:.0f} bytes each")
    row("bytes of BpfNodes", mb(nodes * node_bytes), f"{node_bytes:.0f} bytes each, {node:.0f} with {measured} configs")
    slope, base = grows("servers", lambda s: s["etcd_bytes_in_use"])
    row("bytes in use in etcd, history included", mb(base + slope * nodes * configs / measured),
        f"{slope:.0f} bytes a node with {measured} configs that were upgraded as in the measurement")
    slope, base = grows("servers", lambda s: s["connections"])
    row("connections of agents", f"{slope * nodes:.0f}", f"{slope:.2f} a node")
    row("watches of agents", f"{2 * nodes} to {3 * nodes}", "configs, its Node, its pods when a config needs them")
    slope, base = grows("servers", lambda s: s["apiserver_rss_mb"])
    row("memory of kube-apiserver", f"{(base + slope * nodes) / 1000:.1f} GB",
        f"{base:.0f} MB and {slope:.2f} MB a node with {measured} configs")
    slope, base = grows("idle", lambda s: s["operator_anonymous_mb"])
    row("anonymous memory of the operator", f"{base + slope * nodes * configs / measured:.0f} MB",
        f"{base:.2f} MB and {slope * 1024 / measured:.2f} kB a node and config")
    slope, base = grows("idle", lambda s: s["agent_anonymous_mb"]["median"])
    row("anonymous memory of an agent", f"{at[last, 'idle']['agent_anonymous_mb']['median']} MB",
        f"{slope * 1024:.2f} kB for each further node in the cluster")
    row("writes while nothing changes", f"{at[last, 'idle']['writes_per_minute']:g} a minute", f"as at {last} nodes; the lease aside")
    one = at[last, "one"]["all_writes_per_pair"]
    row("writes of an upgrade of one config", f"{nodes * one:.0f}", f"{one} a node and config, everybody's")
    row("at the measured rate", f"{nodes / rate:.0f} s", f"{rate:.0f} nodes and configs a second, all on two processors")
    row("status writes of a config in a rollout", f"every {pause_s:g} s", "the operator's pause grows with the nodes")
    row("events of these to agents", f"{events:.0f} a second, {events * config / 1e6:.1f} MB/s",
        f"one config; {config:.0f} bytes each, and all agents watch")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
