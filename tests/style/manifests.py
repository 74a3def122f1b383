#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges deploy/kubernetes and deploy/helm: one line for each violation. Called by manifests.sh."""
import json
import pathlib
import re
import sys

import yaml

TOP = pathlib.Path(sys.argv[1])
KUBERNETES = TOP / "deploy/kubernetes"
CHART = TOP / "deploy/helm/bpfd"
SECURITY = TOP / "docs/SECURITY.md"
# Applied by hand: not part of the kustomization.
APART = {"kustomization.yaml", "disruption.yaml"}
found = 0


def complain(where, what):
    global found
    found += 1
    print(f"{where}: {what}")


def read(path):
    """The documents of a file; none when it does not parse."""
    try:
        return [d for d in yaml.safe_load_all(path.read_text()) if d]
    except yaml.YAMLError as e:
        complain(path.relative_to(TOP), "does not parse: " + str(e).split("\n")[0])
        return []


def key(document):
    return f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"


def check_rules(where, document):
    for rule in document.get("rules") or []:
        if any("*" in str(x) for values in rule.values() for x in values):
            complain(where, f"{key(document)} has a wildcard")
        if {"escalate", "bind", "impersonate"} & set(rule.get("verbs", [])):
            complain(where, f"{key(document)} may give itself rights")


def check_container(where, container, pod):
    own = container.get("securityContext", {})
    name = container.get("name")
    caps = own.get("capabilities", {})
    for kind in ("requests", "limits"):
        if not {"cpu", "memory"} <= set(container.get("resources", {}).get(kind, {})):
            complain(where, f"container {name} has no {kind} of cpu and memory")
    if not own.get("readOnlyRootFilesystem"):
        complain(where, f"container {name} may write its root")
    if caps.get("drop") != ["ALL"]:
        complain(where, f"container {name} does not drop all capabilities")
    if not own.get("privileged") and own.get("allowPrivilegeEscalation") is not False:
        complain(where, f"container {name} may gain privileges")
    if not caps.get("add") and not own.get("runAsNonRoot", pod.get("runAsNonRoot")):
        complain(where, f"container {name} may be root without need")


def check_pod(where, document):
    spec = document["spec"]
    spec = spec["template"]["spec"] if "template" in spec else spec
    pod = spec.get("securityContext", {})
    if "automountServiceAccountToken" not in spec:
        complain(where, f"{key(document)} does not say whether it wants a token")
    for container in spec.get("initContainers", []) + spec.get("containers", []):
        check_container(where, container, pod)


def check(path):
    where = path.relative_to(TOP)
    documents = read(path)
    for document in documents:
        if document.get("kind") in ("Role", "ClusterRole"):
            check_rules(where, document)
        if document.get("kind") in ("DaemonSet", "Deployment", "Pod", "StatefulSet", "Job"):
            check_pod(where, document)
    return documents


def check_daemon():
    """Three lists of capabilities are one: what is asked for, what setpriv leaves, what is explained."""
    path = KUBERNETES / "daemon.yaml"
    where = path.relative_to(TOP)
    text = path.read_text()
    container = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"][0]
    asked = set(container["securityContext"]["capabilities"]["add"])
    left = [a for a in container["command"] if a.startswith("--bounding-set=-all,")]
    left = {c[1:].upper() for a in left for c in a.split(",")[1:]}
    told = set()
    for line in SECURITY.read_text().split("\n") if SECURITY.exists() else []:
        cell = line.split("|")[1] if line.startswith("| `") else ""
        told |= set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", cell))
    for cap in sorted(asked ^ left):
        complain(where, f"{cap} is either asked for or left by setpriv, not both")
    for cap in sorted(asked ^ told):
        complain(where, f"{cap} is either asked for or explained in docs/SECURITY.md, not both")
    for cap in sorted(asked):
        if not re.search(rf"^ *- {cap} +# \S", text, re.M):
            complain(where, f"{cap} has no comment")


def check_kustomization(paths):
    listed = set(read(KUBERNETES / "kustomization.yaml")[0]["resources"])
    there = {str(p.relative_to(KUBERNETES)) for p in paths if p.name not in APART}
    there = {p for p in there if not p.startswith("examples/")}
    for name in sorted(listed ^ there):
        complain(f"deploy/kubernetes/{name}", "is either there or in kustomization.yaml, not both")


def value_of(values, path):
    for part in path.split("."):
        values = values[part]
    return values


def render(text, values):
    """The few forms that the chart uses: values, tpl, toJson, and lines of if and end (taken as true)."""

    def expand(match):
        words = [w for w in match[1].split() if w != "|"]
        value = value_of(values, next(w for w in words if w.startswith(".Values."))[8:])
        if "tpl" in words:
            value = render(value, values)
        return json.dumps(value) if "toJson" in words else str(value)

    text = re.sub(r"^\{\{- (if .*|end) \}\}\n", "", text, flags=re.M)
    return re.sub(r"\{\{ (.*?) \}\}", expand, text)


def check_chart(objects):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    rendered = {}
    for path in sorted((CHART / "templates").glob("*.yaml")):
        try:
            documents = list(yaml.safe_load_all(render(path.read_text(), values)))
        except (yaml.YAMLError, KeyError) as e:
            complain(path.relative_to(TOP), "does not render: " + str(e).split("\n")[0])
            continue
        rendered.update({key(d): d for d in documents if d})
    for name in sorted(objects.keys() ^ rendered.keys()):
        complain("deploy/helm/bpfd", f"{name} is either in the chart or in deploy/kubernetes, not both")
    for name in sorted(objects.keys() & rendered.keys()):
        if objects[name] != rendered[name]:
            complain("deploy/helm/bpfd", f"{name} is not what deploy/kubernetes has")


def main():
    paths = sorted(KUBERNETES.rglob("*.yaml"))
    objects = {}
    for path in paths:
        documents = check(path)
        if path.parent.name not in ("crd", "examples") and path.name != "kustomization.yaml":
            objects.update({key(d): d for d in documents})
    if (KUBERNETES / "daemon.yaml").exists():
        check_daemon()
    check_kustomization(paths)
    if (CHART / "Chart.yaml").exists():
        check_chart(objects)
    return found > 0


sys.exit(main())
