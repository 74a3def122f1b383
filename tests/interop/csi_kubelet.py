# SPDX-License-Identifier: Apache-2.0
"""A kubelet's side of plugin registration and CSI; prints "ok - sentence" or "not ok - sentence" a test.
usage: csi_kubelet.py all|again|without-daemon      with KUBELET and BUILD in the environment"""
import concurrent.futures
import os
import stat
import subprocess
import sys
import traceback

import csi_pb2 as csi
import grpc
import registration_pb2 as registration

kubelet, build = os.environ["KUBELET"], os.environ["BUILD"]
pod = f"{kubelet}/pods/0f4c/volumes/kubernetes.io~csi/maps"
target = f"{pod}/mount"
DRIVERS = ("csi.bpfd.io", "csi.bpfman.io")


def channel(path):
    # The kubelet dials with the path itself as :authority.
    return grpc.insecure_channel(f"unix:{path}", options=[("grpc.default_authority", path),
                                                          ("grpc.use_local_subchannel_pool", 1)])


def call(over, path, request, answer, timeout=20):
    return over.unary_unary(path, request_serializer=lambda m: m.SerializeToString(),
                            response_deserializer=answer.FromString)(request, timeout=timeout)


def refused(f, *args, **kw):
    try:
        f(*args, **kw)
    except grpc.RpcError as e:
        return e.code().name, e.details()
    raise AssertionError("was not refused")


def register(driver, accept=True):
    """What the kubelet does when it sees a socket in plugins_registry. The deadline of GetInfo is its own."""
    over = channel(f"{kubelet}/plugins_registry/bpfd/{driver}-reg.sock")
    info = call(over, "/pluginregistration.Registration/GetInfo", registration.InfoRequest(),
                registration.PluginInfo, timeout=1)
    assert (info.type, info.name) == ("CSIPlugin", driver), info
    assert "1.0.0" in info.supported_versions and info.endpoint.startswith("/"), info
    node = call(channel(info.endpoint), "/csi.v1.Node/NodeGetInfo", csi.NodeGetInfoRequest(), csi.NodeGetInfoResponse)
    assert node.node_id == "node-1" and node.max_volumes_per_node > 0, node
    status = registration.RegistrationStatus(plugin_registered=accept, error="" if accept else "try later")
    call(over, "/pluginregistration.Registration/NotifyRegistrationStatus", status,
         registration.RegistrationStatusResponse)
    return channel(info.endpoint)


main = dict()


def both_drivers_register():
    register(DRIVERS[0], accept=False)
    for driver in DRIVERS:
        main[driver] = register(driver)


def identity_is_answered():
    for driver in DRIVERS:
        info = call(main[driver], "/csi.v1.Identity/GetPluginInfo", csi.GetPluginInfoRequest(), csi.GetPluginInfoResponse)
        assert info.name == driver and info.vendor_version, info
        got = call(main[driver], "/csi.v1.Identity/GetPluginCapabilities", csi.GetPluginCapabilitiesRequest(),
                   csi.GetPluginCapabilitiesResponse)
        assert got.ByteSize() == 0, got
        assert call(main[driver], "/csi.v1.Identity/Probe", csi.ProbeRequest(), csi.ProbeResponse).ready.value
        got = call(main[driver], "/csi.v1.Node/NodeGetCapabilities", csi.NodeGetCapabilitiesRequest(),
                   csi.NodeGetCapabilitiesResponse)
        assert [c.rpc.type for c in got.capabilities] == [6], got


def other_methods_are_unimplemented():
    for path in ("/csi.v1.Node/NodeStageVolume", "/csi.v1.Node/NodeGetVolumeStats", "/csi.v1.Controller/CreateVolume"):
        assert refused(call, main[DRIVERS[0]], path, csi.ProbeRequest(), csi.ProbeResponse)[0] == "UNIMPLEMENTED", path


def publish(driver=DRIVERS[0], namespace="team-a", group="", readonly=False, volume="csi-1", where=target, **attributes):
    context = {"csi.storage.k8s.io/pod.name": "web-0", "csi.storage.k8s.io/pod.namespace": namespace,
               "csi.storage.k8s.io/pod.uid": "0f4c", "csi.storage.k8s.io/serviceAccount.name": "default",
               "csi.storage.k8s.io/ephemeral": "true"}
    context.update(attributes or {"program": "xdp-counter", "maps": "xdp_stats_map,events"})
    capability = csi.VolumeCapability(mount=csi.VolumeCapability.MountVolume(volume_mount_group=group))
    call(main[driver], "/csi.v1.Node/NodePublishVolume", csi.NodePublishVolumeRequest(
        volume_id=volume, target_path=where, volume_capability=capability, readonly=readonly,
        volume_context={k: v for k, v in context.items() if v is not None}), csi.NodePublishVolumeResponse)


def unpublish(driver=DRIVERS[0], volume="csi-1", where=target):
    call(main[driver], "/csi.v1.Node/NodeUnpublishVolume",
         csi.NodeUnpublishVolumeRequest(volume_id=volume, target_path=where), csi.NodeUnpublishVolumeResponse)


def mounts():
    with open("/proc/self/mountinfo") as f:
        return len({line.split()[4] for line in f if line.split()[4].startswith(kubelet + "/")})


def application():
    """The example as nobody, where bpf(2) is forbidden."""
    return subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                           f"{build}/tests/e2e/tools/nobpf", f"{build}/examples/xdp-counter", "-c", "xdp-counter", "-n", "1"],
                          env={"BPFD_SOCKET": f"{target}/bpfd.sock"}, capture_output=True, text=True)


def a_volume_is_published_and_used_and_goes():
    publish(group="2000")
    st = os.stat(f"{target}/maps/events")
    assert (stat.S_IMODE(st.st_mode), st.st_gid) == (0o660, 2000), st
    done = application()
    assert done.returncode == 0 and "ACTION" in done.stdout, done
    unpublish()
    assert mounts() == 0 and not os.path.exists(target)
    unpublish()


def the_kubelet_may_repeat_itself():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: publish(), range(16)))
    assert mounts() == 2
    assert refused(publish, readonly=True)[0] == "ALREADY_EXISTS"
    unpublish()


def read_only_is_sockets_only():
    publish(readonly=True)
    assert sorted(os.listdir(target)) == ["bpfd.sock", "maps.sock"], os.listdir(target)
    assert application().returncode == 0
    unpublish()


def the_other_driver_mounts_pins():
    publish(driver=DRIVERS[1], **{"csi.bpfman.io/program": "xdp-counter", "csi.bpfman.io/maps": "events"})
    assert os.listdir(target) == ["events"], os.listdir(target)
    unpublish(driver=DRIVERS[1])
    assert mounts() == 0


def a_pod_of_another_namespace_is_refused():
    code, words = refused(publish, namespace="team-b")
    assert code == "PERMISSION_DENIED" and "team-b" in words, (code, words)
    assert mounts() == 0 and not os.path.exists(target)


def what_is_not_there_yet_is_tried_again():
    assert refused(publish, program="unknown", maps="events")[0] == "NOT_FOUND"
    code, words = refused(publish, program="later", maps="events")
    assert code == "NOT_FOUND" and "try again" in words, (code, words)


def wrong_requests_are_named():
    for attributes, words in (({"program": "xdp-counter"}, "maps"), ({"maps": "events"}, "program"),
                              ({"program": "xdp-counter", "maps": "events", "mpas": "x"}, "mpas"),
                              ({"program": "xdp-counter", "maps": "events", "csi.storage.k8s.io/pod.namespace": None}, "podInfoOnMount"),
                              ({"program": "xdp-counter", "maps": "events", "csi.storage.k8s.io/ephemeral": "false"}, "inline")):
        code, said = refused(publish, **attributes)
        assert code == "INVALID_ARGUMENT" and words in said, (attributes, code, said)
    assert refused(publish, group="staff")[0] == "INVALID_ARGUMENT"
    assert refused(publish, volume="")[0] == "INVALID_ARGUMENT"
    assert refused(publish, volume="v" * 129)[0] == "INVALID_ARGUMENT"
    assert refused(publish, where=f"{kubelet}/pods/../x")[0] == "INVALID_ARGUMENT"
    assert refused(publish, where="/etc")[0] == "INVALID_ARGUMENT"
    big = {f"csi.storage.k8s.io/{i}": "x" * 1000 for i in range(200)}
    assert refused(publish, **big)[0] == "RESOURCE_EXHAUSTED"
    raw = main[DRIVERS[0]].unary_unary("/csi.v1.Node/NodePublishVolume")
    assert refused(raw, b"\xff\xff\xff", timeout=5)[0] == "INVALID_ARGUMENT"
    assert mounts() == 0


def the_daemon_is_away():
    assert refused(publish)[0] == "UNAVAILABLE"
    assert not call(main[DRIVERS[0]], "/csi.v1.Identity/Probe", csi.ProbeRequest(), csi.ProbeResponse).ready.value


SUITES = {
    "all": [both_drivers_register, identity_is_answered, other_methods_are_unimplemented,
            a_volume_is_published_and_used_and_goes, the_kubelet_may_repeat_itself, read_only_is_sockets_only,
            the_other_driver_mounts_pins, a_pod_of_another_namespace_is_refused, what_is_not_there_yet_is_tried_again,
            wrong_requests_are_named],
    "again": [both_drivers_register, a_volume_is_published_and_used_and_goes],
    "without-daemon": [both_drivers_register, the_daemon_is_away],
}

failed = 0
for test in SUITES[sys.argv[1]]:
    name = f"{test.__name__.replace('_', ' ')} ({sys.argv[1]})"
    try:
        test()
        print(f"ok - {name}", flush=True)
    except Exception:
        failed += 1
        print(f"not ok - {name}")
        print("\n".join("  " + line for line in traceback.format_exc().splitlines()[-6:]), flush=True)
sys.exit(failed > 0)
