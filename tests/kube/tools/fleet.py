#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many nodes at one API server: makes them, starts their agents, changes configs and measures what comes of it.

usage: fleet.py KUBE nodes FIRST END
       fleet.py KUBE agents FIRST END AGENT KUBECONFIG SOCKETS LOGS [ARGS...]    prints pids
       fleet.py KUBE roll PREFIX FIRST END REVISION DESIRED LOADED SECONDS [LABEL]
       fleet.py KUBE idle SECONDS AGENT_PIDS OPERATOR_PID
       fleet.py KUBE latency PREFIX RUNS NODE IMAGE
       fleet.py KUBE servers
KUBE is the directory of tests/kube/cluster. What was measured is printed as one JSON object. Lists and watches of the
API server's own controllers (they speak protobuf) are not counted.

Node I is n<I>, with the InternalIP that fake_daemon gives it and the label half: even or odd. Config I of a PREFIX is
PREFIX-<I>, its revision is the tag of its image. roll waits until the operator says of each that DESIRED nodes are meant
and updated, and LOADED of them loaded, counts what is written until FLEET_SETTLE seconds later (2), and looks at each
BpfProgram."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import ssl
import statistics
import subprocess
import sys
import threading
import time

GROUP = "/apis/bpfd.io/v1alpha1"
# Writes that agents and the operator may be the cause of; the API server's own controllers write nodes, leases and more.
OURS = {"bpfprogramconfigs", "bpfprograms", "bpfnodes", "controllerrevisions", "roles", "secrets",
        "validatingwebhookconfigurations"}
LISTED = {"bpfprogramconfigs", "bpfprograms", "bpfnodes", "nodes", "pods"}
READS = {"GET", "LIST", "WATCH", "CONNECT"}
STATUS = {"conditions": [{"type": "Ready", "status": "True", "reason": "Test", "message": "",
                          "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}


class Api:
    """One connection for each thread, with the administrator's certificate."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = int((self.directory / "port").read_text())
        self.tls = ssl.create_default_context(cafile=self.directory / "ca.crt")
        self.tls.load_cert_chain(self.directory / "admin.crt", self.directory / "admin.key")
        self.local = threading.local()

    def raw(self, method, path, body=None, kind="application/json"):
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=60)
        connection = self.local.connection
        connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            sys.exit(f"fleet.py: {method} {path}: {answer.status} {data.decode()[:500]}")
        return data

    def __call__(self, *args):
        return json.loads(self.raw(*args))

    def metrics(self):
        """{(name, labels as frozenset): value}"""
        found = {}
        for line in self.raw("GET", "/metrics").decode().splitlines():
            match = re.match(r"(apiserver_request_total|apiserver_watch_events_\w+)\{(.*)\} (\S+)$", line)
            if match and "_bucket" not in match[1]:
                labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2]))
                found[match[1], frozenset(labels.items())] = float(match[3])
        return found

    def etcd(self):
        client = (self.directory / "etcd.ports").read_text().split()[0]
        connection = http.client.HTTPConnection("127.0.0.1", int(client), timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        return float(re.search(r"^etcd_mvcc_db_total_size_in_use_in_bytes (\S+)", text, re.M)[1])


def add(counts, key, value):
    counts[key] = counts.get(key, 0) + int(value)


def difference(before, after):
    """What happened between two metrics()."""
    said = {"writes": {}, "lists": {}, "watches": {}, "watch_events": {}, "watch_bytes": {}, "refused": 0}
    for (name, frozen), value in after.items():
        change = value - before.get((name, frozen), 0)
        labels = dict(frozen)
        if change <= 0:
            continue
        resource, verb = labels.get("resource", ""), labels.get("verb", "")
        is_ours = resource in OURS or (resource == "events" and labels.get("group") == "events.k8s.io")
        if name == "apiserver_watch_events_total":
            add(said["watch_events"], labels["kind"], change)
        elif name == "apiserver_watch_events_sizes_sum":
            add(said["watch_bytes"], labels["kind"], change)
        elif name != "apiserver_request_total":
            continue
        elif labels.get("code") in ("409", "429", "500", "503", "504"):
            said["refused"] += int(change)
        elif verb not in READS and is_ours:
            add(said["writes"], f"{resource}/{labels['subresource']}".rstrip("/"), change)
        elif verb in ("LIST", "WATCH") and resource in LISTED and labels["contentType"] == "application/json":
            add(said["lists" if verb == "LIST" else "watches"], resource, change)
    return said


def node_address(i):
    return f"10.77.{i // 250}.{i % 250 + 1}"


def make_node(api, i):
    labels = {"kubernetes.io/hostname": f"n{i}", "half": "odd" if i % 2 else "even"}
    api("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{i}", "labels": labels}})
    status = {**STATUS, "addresses": [{"type": "InternalIP", "address": node_address(i)}]}
    api("PATCH", f"/api/v1/nodes/n{i}/status", {"status": status}, "application/strategic-merge-patch+json")


def nodes(api, first, end):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: make_node(api, i), range(int(first), int(end))))


def agents(api, first, end, agent, kubeconfig, sockets, logs, *args):
    for i in range(int(first), int(end)):
        with open(f"{logs}/n{i}.log", "ab") as log:
            process = subprocess.Popen(
                ["setpriv", "--reuid", "65532", "--regid", "65532", "--clear-groups", "--inh-caps=-all",
                 "--bounding-set=-all", "--no-new-privs", agent, "--node", f"n{i}", "--socket",
                 f"{sockets}/{i}/bpfd.sock", "--kubeconfig", kubeconfig, *args],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        print(process.pid)


def config_of(name, revision, label):
    spec = {
        "name": name, "type": "XDP", "nodeSelector": {"matchLabels": {"half": label}} if label else {},
        "attachpoint": {"networkmultiattach": {"interfaceselector": {"primarynodeinterface": True}, "priority": 55}},
        "bytecode": {"image": {"url": f"registry.example/fleet/{name}:{revision}", "imagePullPolicy": "IfNotPresent"}},
    }
    return {"apiVersion": "bpfd.io/v1alpha1", "kind": "BpfProgramConfig", "metadata": {"name": name}, "spec": spec}


def has_converged(config, desired, loaded):
    status = config.get("status", {})
    return (status.get("observedGeneration") == config["metadata"]["generation"] and status["desired"] == desired and
            status["updated"] == desired and status["loaded"] == loaded and status["failed"] == desired - loaded)


def all_items(api, resource):
    found, more = [], ""
    while True:
        page = api("GET", f"{GROUP}/{resource}?limit=500{more}")
        found += page["items"]
        if not page["metadata"].get("continue"):
            return found
        more = "&continue=" + page["metadata"]["continue"]


def verify(api, names, revisions, loaded):
    """Each BpfProgram by itself: which are not as the operator says."""
    seen = {name: 0 for name in names}
    for one in all_items(api, "bpfprograms"):
        name, status = one["spec"]["config"], one.get("status", {})
        if name in seen and status.get("phase") == "Loaded" and status["revision"] == revisions[name]:
            seen[name] += 1
    return {name: n for name, n in seen.items() if n != loaded}


def roll(api, prefix, first, end, revision, desired, loaded, seconds, label=""):
    names = [f"{prefix}-{i}" for i in range(int(first), int(end))]
    desired, loaded = int(desired), int(loaded)
    before = api.metrics()
    begin = time.monotonic()
    for name in names:
        api("PATCH", f"{GROUP}/bpfprogramconfigs/{name}?fieldManager=fleet&force=true",
            config_of(name, revision, label), "application/apply-patch+yaml")
    applied_s = time.monotonic() - begin
    waiting, ends, revisions = list(names), {}, {}
    while waiting and time.monotonic() - begin < float(seconds):
        for name in list(waiting):
            config = api("GET", f"{GROUP}/bpfprogramconfigs/{name}")
            if has_converged(config, desired, loaded):
                waiting.remove(name)
                ends[name] = time.monotonic() - begin
                revisions[name] = config["status"]["revision"]
        time.sleep(0.2)
    time.sleep(float(os.environ.get("FLEET_SETTLE", "2")))
    said = difference(before, api.metrics())
    said["writes"]["bpfprogramconfigs"] = said["writes"].get("bpfprogramconfigs", 0) - len(names)
    total = sum(said["writes"].values())
    by_agents = sum(n for what, n in said["writes"].items() if what.startswith(("bpfprograms", "bpfnodes", "events")))
    said.update({"configs": len(names), "desired": desired, "seconds": round(max(ends.values(), default=-1), 2),
                 "median_s": round(statistics.median(ends.values()), 2) if ends else -1,
                 "applied_s": round(applied_s, 2), "waiting": waiting,
                 "writes_per_pair": round(by_agents / (len(names) * max(desired, 1)), 3),
                 "all_writes_per_pair": round(total / (len(names) * max(desired, 1)), 3)})
    said["wrong"] = verify(api, [n for n in names if n in revisions], revisions, loaded)
    print(json.dumps(said))
    sys.exit(1 if waiting or said["wrong"] else 0)


def memory(pid):
    """kB by name out of smaps_rollup."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}


def cpu_ms(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def spread(values, digits=2):
    return {"median": round(statistics.median(values), digits), "least": round(min(values), digits),
            "most": round(max(values), digits)}


def idle(api, seconds, agent_pids, operator_pid):
    """Nothing changes: who writes, what it costs."""
    pids = [int(pid) for pid in pathlib.Path(agent_pids).read_text().split()]
    before, since = api.metrics(), time.monotonic()
    cpu = {pid: cpu_ms(pid) for pid in [*pids, int(operator_pid)]}
    time.sleep(float(seconds))
    minutes = (time.monotonic() - since) / 60
    said = difference(before, api.metrics())
    spent = {pid: (cpu_ms(pid) - cpu[pid]) / minutes for pid in cpu}
    kept = {pid: memory(pid) for pid in cpu}
    said.update({
        "agents": len(pids), "minutes": round(minutes, 2),
        "writes_per_minute": round(sum(said["writes"].values()) / minutes, 2),
        "agent_pss_mb": spread([kept[pid]["Pss"] / 1024 for pid in pids]),
        "agent_anonymous_mb": spread([kept[pid]["Anonymous"] / 1024 for pid in pids]),
        "agent_rss_mb": spread([kept[pid]["Rss"] / 1024 for pid in pids]),
        "agent_cpu_ms_per_minute": spread([spent[pid] for pid in pids], 0),
        "operator_pss_mb": round(kept[int(operator_pid)]["Pss"] / 1024, 2),
        "operator_anonymous_mb": round(kept[int(operator_pid)]["Anonymous"] / 1024, 2),
        "operator_rss_mb": round(kept[int(operator_pid)]["Rss"] / 1024, 2),
        "operator_cpu_ms_per_minute": round(spent[int(operator_pid)])})
    print(json.dumps(said))


def largest(api, resource):
    """Bytes of the objects as they are stored, and how many there are."""
    sizes = [len(json.dumps(one, separators=(",", ":"))) for one in all_items(api, resource)]
    return {"count": len(sizes), **(spread(sizes, 0) if sizes else {})}


def servers(api):
    """What the servers hold: memory, bytes in etcd, sizes of objects, connections."""
    said = {}
    for name in ("apiserver", "etcd"):
        pid = (api.directory / f"{name}.pid").read_text().strip()
        said[f"{name}_rss_mb"] = round(memory(pid)["Rss"] / 1024, 1)
    said["etcd_bytes_in_use"] = int(api.etcd())
    for resource in ("bpfprograms", "bpfnodes", "bpfprogramconfigs"):
        said[resource] = largest(api, resource)
    sockets = subprocess.run(["ss", "-Htn", "state", "established", f"( sport = :{api.port} )"], capture_output=True,
                             text=True, check=True).stdout
    said["connections"] = len(sockets.splitlines())
    print(json.dumps(said))


def latency(api, prefix, runs, node, image):
    """From the PATCH of a new config to the event that says Loaded, seen by a watch; then it is deleted again."""
    version = api("GET", f"{GROUP}/bpfprograms?limit=1")["metadata"]["resourceVersion"]
    watch = http.client.HTTPSConnection("127.0.0.1", api.port, context=api.tls, timeout=60)
    watch.request("GET", f"{GROUP}/bpfprograms?watch=1&resourceVersion={version}")
    events = watch.getresponse()
    took = []
    for i in range(int(runs)):
        name = f"{prefix}-{i}"
        config = config_of(name, "", "")
        config["spec"]["bytecode"]["image"]["url"] = image
        begin = time.monotonic()
        api("PATCH", f"{GROUP}/bpfprogramconfigs/{name}?fieldManager=fleet&force=true", config,
            "application/apply-patch+yaml")
        wait_for(events, f"{name}.{node}", lambda e: e["object"].get("status", {}).get("phase") == "Loaded")
        took.append((time.monotonic() - begin) * 1000)
        api("DELETE", f"{GROUP}/bpfprogramconfigs/{name}")
        wait_for(events, f"{name}.{node}", lambda e: e["type"] == "DELETED")
        time.sleep(0.3)
    print(json.dumps({"runs": len(took), "ms": spread(took, 1)}))


def wait_for(events, name, is_it):
    while True:
        event = json.loads(events.readline())
        if event["object"]["metadata"].get("name") == name and is_it(event):
            return


VERBS = {"nodes": nodes, "agents": agents, "roll": roll, "idle": idle, "latency": latency, "servers": servers}

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[2] not in VERBS:
        sys.exit(__doc__)
    VERBS[sys.argv[2]](Api(sys.argv[1]), *sys.argv[3:])
