#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The definitions against a real API server: what bpfctl takes is taken and kept, what is wrong is refused with
its place, by kubectl apply of the client and of the server. TAP. Wants KUBECONFIG of an administrator there."""
import json
import pathlib
import subprocess
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
MODES = {"apply": ["apply"], "server-side": ["apply", "--server-side", "--force-conflicts"]}
# Specs that are right, beside the manifests of the tree.
RIGHT = {
    "a bytecode object and hooks of both forms": "{bytecode: {image: {url: a, imagePullPolicy: Always, "
    'imagePullSecret: {name: x}}}, programs: [{entry: a, hooks: ["xdp:eth0", {hook: "xdp:", priority: 3}]}]}',
    "globals of any scalar": '{bytecode: /x.o, globals: {a: 1, b: true, c: hex:00ff, d: -1, e: 1.5, f: "x"}}',
    "unknown fields, which stay": "{nodeselector: {zone: a}, type: TcX, unknown: {a: [1]}, programs: [{foo: {bar: 1}}]}",
    "a LabelSelector": "{nodeSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}}",
    "selectors of interfaces and pods": '{attachpoint: {networkmultiattach: {interfaceselector: {patterns: ["eth*"], '
    "pods: {namespace: x, selector: {matchLabels: {a: b}}}}, direction: Ingress, proceedon: [pass]}}}",
    "camel case where the talk has none": "{attachPoint: {networkMultiAttach: {interfaceSelector: {interface: e}}}}",
    "null as not given": "{nodeSelector: null, bytecode: null, maps: [{name: a, export: null}]}",
    "maps and their namespaces": '{maps: [{name: a, namespaces: ["*", b], export: {owner: 65534, mode: "0640"}}]}',
    "a rollout": '{rollout: {strategy: canary, canary: {percentage: "10%"}, maxUnavailable: "25%", '
    "onFailure: pause, paused: false, waitSeconds: 30}}",
    "a rollout in lower case": "{rollout: {canary: {nodeselector: {matchLabels: {a: b}}}, maxunavailable: 1}}",
}
# Specs that are wrong: what the error names.
WRONG = {
    "{type: nosuch}": "spec.type",
    "{globals: {a: {b: 1}}}": "spec.globals.a",
    "{globals: {a: [1]}}": "spec.globals.a",
    "{globals: {a: %s}}" % ("x" * 65537): "spec.globals.a",
    "{globals: {%s}}" % ", ".join(f"g{i}: 1" for i in range(257)): "spec.globals",
    "{nodeselector: x}": "spec.nodeselector",
    '{rollout: {maxUnavailable: "125%"}}': "spec.rollout.maxUnavailable",
    "{rollout: {strategy: foo}}": "spec.rollout.strategy",
    "{rollout: {canary: {percentage: 101}}}": "spec.rollout.canary.percentage",
    "{maps: [{name: a, namespaces: [A_b]}]}": "namespaces",
    "{maps: [{name: a, export: {mode: 416}}]}": "export.mode",
    "{maps: [{export: {}}]}": "name",
    '{bytecode: ""}': "spec.bytecode",
    "{bytecode: [a]}": "spec.bytecode",
    "{bytecode: %s}" % ("x" * 4097): "spec.bytecode",
    "{programs: [{hooks: [[a]]}]}": "hooks",
    "{programs: [{hooks: [%s]}]}" % ", ".join(["a"] * 65): "hooks",
    "{programs: [%s]}" % ", ".join(["{}"] * 65): "spec.programs",
    "{attachpoint: {networkmultiattach: {priority: 1001}}}": "priority",
    "{attachpoint: {networkmultiattach: {direction: foo}}}": "direction",
    "{imagePullPolicy: x}": "spec.imagePullPolicy",
}
count = 0
failed = 0


def result(is_ok, name, said=""):
    global count, failed
    count += 1
    failed += not is_ok
    print(f"{'ok' if is_ok else 'not ok'} {count} - {name}")
    if not is_ok:
        print("".join(f"# {line}\n" for line in said.split("\n")), end="")


def kubectl(*args, document=None):
    text = json.dumps(document) if document else None
    done = subprocess.run(["kubectl", *args], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def without_null(value):
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    return [without_null(v) for v in value] if isinstance(value, list) else value


def config(spec, name="objects-test"):
    head = {"apiVersion": "bpfd.io/v1alpha1", "kind": "BpfProgramConfig", "metadata": {"name": name}}
    return {**head, "spec": yaml.safe_load(spec)}


def check_right(name, document):
    for mode, args in MODES.items():
        status, said = kubectl(*args, "-f", "-", document=document)
        for item in document.get("items", [document]):
            kind = [item["kind"], item["metadata"]["name"]]
            if status == 0:
                is_kept = without_null(json.loads(kubectl("get", *kind, "-o", "json")[1])["spec"]) == \
                    without_null(item["spec"])
                said, status = ("spec was changed", 1) if not is_kept else (said, 0)
        kubectl("delete", "--ignore-not-found", "-f", "-", document=document)
        result(status == 0, f"{mode} takes {name}", said)


def check_wrong(spec, place):
    for mode, args in MODES.items():
        status, said = kubectl(*args, "-f", "-", document=config(spec))
        result(status != 0 and place in said, f"{mode} refuses {spec[:60]} at {place}", said[:300])
        if status == 0:
            kubectl("delete", "-f", "-", document=config(spec))


def main():
    status, said = kubectl("apply", "-f", str(TOP / "deploy/kubernetes/crd"))
    result(status == 0, "the definitions are taken", said)
    for name in ("bpfprogramconfigs", "bpfprograms", "bpfnodes"):
        crd = json.loads(kubectl("get", "crd", f"{name}.bpfd.io", "-o", "json")[1])
        kubectl("wait", "--for=condition=Established", f"crd/{name}.bpfd.io", "--timeout=30s")
        bad = [c["message"] for c in crd["status"].get("conditions", []) if c["type"] == "NonStructuralSchema"]
        result(not bad, f"the schema of {name} is structural", str(bad))
    paths = sorted(TOP.glob("examples/*/manifest*.yaml")) + [TOP / "tests/unit/manifest/data/talk.yaml"]
    paths += sorted(TOP.glob("tests/fuzz/corpus/manifest_config/*.*"))
    for path in paths:
        check_right(str(path.relative_to(TOP)), yaml.safe_load(path.read_text()))
    for name, spec in RIGHT.items():
        check_right(name, config(spec))
    for spec, place in WRONG.items():
        check_wrong(spec, place)
    print(f"1..{count}")
    return failed > 0


sys.exit(main())
