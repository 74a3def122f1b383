# SPDX-License-Identifier: Apache-2.0
"""grpcio as client of bpfd; prints "ok - sentence" or "not ok - sentence" a test.
usage: grpcio_api.py root|nobody|watch SOCKET PID_OF_THE_DAEMON"""
import concurrent.futures
import hashlib
import os
import subprocess
import sys
import time
import traceback

import grpc
import health_pb2
import reflection_pb2
from bpfd.v1 import bpfd_pb2 as pb
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

who, sock, daemon_pid = sys.argv[1], sys.argv[2], int(sys.argv[3])
objects, build = os.environ["OBJ"], os.environ["BUILD"]
called = set()


def channel(**options):
    args = [("grpc.use_local_subchannel_pool", 1)]
    args += [("grpc." + k, v) for k, v in options.items()]
    return grpc.insecure_channel(f"unix:{sock}", options=args)


class Service:
    """Methods of a service by name, made from the descriptors that protoc wrote into the stubs."""

    def __init__(self, over, module, service):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for s in file.service:
            if s.name == service:
                for m in s.method:
                    setattr(self, m.name, self.method(over, module, f"/{file.package}.{service}/", m))

    @staticmethod
    def method(over, module, prefix, m):
        kinds = {(False, False): over.unary_unary, (False, True): over.unary_stream,
                 (True, True): over.stream_stream}
        output = getattr(module, m.output_type.rsplit(".", 1)[1])
        call = kinds[m.client_streaming, m.server_streaming](
            prefix + m.name, request_serializer=lambda x: x.SerializeToString(),
            response_deserializer=output.FromString)

        def tracked(request, timeout=20, **kw):
            called.add(m.name)
            return call(request, timeout=timeout, **kw)
        return tracked


main = channel()
api = Service(main, pb, "Bpfd")
health = Service(main, health_pb2, "Health")
reflection = Service(main, reflection_pb2, "ServerReflection")


def refused(call):
    """The error of a call: code, errno, words, hint, detail."""
    try:
        got = call()
        if hasattr(got, "__next__"):
            list(got)
    except grpc.RpcError as e:
        t = {m.key: m.value for m in e.trailing_metadata() or ()}
        return (e.code().name, int(t.get("bpfd-errno", 0)), e.details(),
                t.get("bpfd-hint-bin", b"").decode(), t.get("bpfd-detail-bin", b"").decode())
    raise AssertionError("was not refused")


def load(name, file="xdp-counter.bpf.o", timeout=20, **kw):
    kw.setdefault("programs", [pb.ProgramChoice(entry="stats", type="xdp")] if "xdp-" in file else [])
    return api.Load(pb.LoadRequest(bytecode=f"file://{objects}/{file}", name=name, **kw), timeout=timeout)


def send_packets(where, n):
    address = subprocess.run(["ip", "-br", "-4", "addr", "show", where], capture_output=True,
                             text=True, check=True).stdout.split()[2].split("/")[0]
    subprocess.run(["ip", "netns", "exec", where, f"{build}/tests/e2e/tools/sendudp",
                    address.rsplit(".", 1)[0] + ".255", "9", str(n), "18"], check=True)


# --- tests of root, in this order ---

def version_and_status():
    v = api.GetVersion(pb.GetVersionRequest())
    assert v.api == "bpfd.v1" and v.kernel == os.uname().release, v
    s = api.GetStatus(pb.GetStatusRequest())
    assert s.pid == daemon_pid and s.programs == 0 and s.connections >= 1 and s.features, s
    assert s.version == v


def load_tells_all_about_the_program():
    got = load("one", labels=[pb.Label(key="app", value="x")],
               globals=[pb.Global(name="sampling", value="100")])
    (p,) = got.programs
    with open(f"{objects}/xdp-counter.bpf.o", "rb") as f:
        digest = "sha256:" + hashlib.sha256(f.read()).hexdigest()
    assert (p.name, p.type, p.digest, p.owner_uid) == ("one", "xdp", digest, 0), p
    assert p.id and len(p.tag) == 16 and p.map_ids and p.instructions and p.bytes_memlock, p
    assert (p.globals[0].name, p.globals[0].value) == ("sampling", "100")
    load("two", labels=[pb.Label(key="app", value="y")])


def load_with_the_log_wanted_brings_it():
    got = load("logged", file="tracepoint.bpf.o", want_log=True)
    assert "processed" in got.verifier_log, got
    api.Unload(pb.UnloadRequest(program="logged"))


def attach_knows_priority_0_from_none():
    link = api.Attach(pb.AttachRequest(program="one", hook="xdp:v0", priority=0)).link
    assert (link.hook, link.priority, link.program) == ("xdp:v0", 0, "one") and link.id, link
    link = api.Attach(pb.AttachRequest(program="two", hook="xdp:v1")).link
    assert link.priority == 50 and link.kernel_id and link.proceed_on, link


def the_five_lists_list():
    names = lambda r: sorted(p.name for p in r.programs)
    assert names(api.ListPrograms(pb.ListRequest())) == ["one", "two"]
    assert names(api.ListPrograms(pb.ListRequest(selector=[pb.Label(key="app", value="y")]))) == ["two"]
    assert names(api.ListPrograms(pb.ListRequest(type="tracepoint"))) == []
    assert names(api.ListPrograms(pb.ListRequest(ref="one"))) == ["one"]
    links = api.ListLinks(pb.ListRequest()).links
    assert sorted(x.hook for x in links) == ["xdp:v0", "xdp:v1"], links
    maps = api.ListMaps(pb.ListRequest()).maps
    assert ["one"] in [list(m.programs) for m in maps if m.name == "xdp_stats_map"], maps
    hooks = [h for h in api.ListHooks(pb.ListRequest()).hooks if h.hook.startswith("xdp:v")]
    assert [(h.program, h.is_ours) for h in hooks] == [("one", True), ("two", True)], hooks
    assert not api.ListConfigs(pb.ListRequest()).configs


def describe_program_joins_them():
    d = api.DescribeProgram(pb.DescribeProgramRequest(program="one"))
    assert d.program.name == "one" and d.links[0].hook == "xdp:v0", d
    assert set(d.program.map_ids) == {m.id for m in d.maps}, d


def read_map_streams_what_was_counted():
    send_packets("v0", 25)
    entries = list(api.ReadMap(pb.ReadMapRequest(map="one/xdp_stats_map")))
    assert len(entries) == 5 and all(e.cpus * 16 == len(e.value) for e in entries), entries
    (e,) = api.ReadMap(pb.ReadMapRequest(map="one/xdp_stats_map", key=(2).to_bytes(4, "little")))
    words = [int.from_bytes(e.value[i:i + 8], "little") for i in range(0, len(e.value), 8)]
    assert sum(words[0::2]) == 25 and sum(words[1::2]) == 25 * 60, words
    assert len(list(api.ReadMap(pb.ReadMapRequest(map="one/xdp_stats_map", limit=2)))) == 2


def a_stream_is_cancelled_in_its_middle():
    # The largest array that xdp-tools bring: 65536 entries, more than any window.
    xdp = [d for d in (f"/usr/lib/{os.uname().machine}-linux-gnu/bpf",) if os.path.isdir(d)]
    assert xdp, "no xdp-tools"
    api.Load(pb.LoadRequest(bytecode=f"file://{xdp[0]}/xdpfilt_dny_udp.o", name="wide"))
    for _ in range(20):
        stream = api.ReadMap(pb.ReadMapRequest(map="wide/filter_ports"))
        assert next(stream).cpus >= 1
        stream.cancel()
        assert refused(lambda: stream)[0] == "CANCELLED"
    assert len(list(api.ReadMap(pb.ReadMapRequest(map="wide/filter_ports")))) == 65536


def a_reader_who_does_not_read_holds_nobody_up():
    stream = api.ReadMap(pb.ReadMapRequest(map="wide/filter_ports"))
    next(stream)
    for _ in range(50):
        api.GetVersion(pb.GetVersionRequest(), timeout=5)
    assert stream.is_active()
    stream.cancel()


def a_stream_past_its_deadline_ends():
    def read_late():
        stream = api.ReadMap(pb.ReadMapRequest(map="wide/filter_ports"), timeout=0.3)
        next(stream)
        time.sleep(0.4)
        return stream
    code = refused(read_late)[0]
    api.Unload(pb.UnloadRequest(program="wide"))
    assert code == "DEADLINE_EXCEEDED", code


def drop_programs(prefix):
    time.sleep(0.05)
    for p in api.ListPrograms(pb.ListRequest()).programs:
        if p.name.startswith(prefix):
            assert not p.is_missing
            api.Unload(pb.UnloadRequest(program=str(p.id)))
    assert len(api.ListPrograms(pb.ListRequest()).programs) == 2


def a_load_past_its_deadline_leaves_nothing_or_a_program():
    assert refused(lambda: load("late", timeout=0.001))[0] == "DEADLINE_EXCEEDED"
    assert refused(lambda: load("late2", timeout=0.0005))[0] == "DEADLINE_EXCEEDED"
    drop_programs("late")


def a_load_that_is_cancelled_leaves_nothing_or_a_program():
    for i in range(10):
        call = main.unary_unary("/bpfd.v1.Bpfd/Load").future(pb.LoadRequest(
            bytecode=f"file://{objects}/tracepoint.bpf.o", name="cut").SerializeToString(), timeout=5)
        time.sleep(i / 1000)
        call.cancel()
        assert api.GetVersion(pb.GetVersionRequest()).api == "bpfd.v1"
        drop_programs("cut")


def errors_have_status_errno_words_and_hint():
    code, errno, words, hint, _ = refused(lambda: api.Attach(
        pb.AttachRequest(program="one", hook="xdp:none")))
    assert (code, errno) == ("NOT_FOUND", 2) and "none" in words, (code, errno, words)
    code, errno, words, hint, _ = refused(lambda: api.Unload(pb.UnloadRequest(program="nobody")))
    assert (code, errno) == ("NOT_FOUND", 2) and "nobody" in words and hint, (code, errno, words, hint)
    code, errno, words, hint, _ = refused(lambda: api.Unload(pb.UnloadRequest(program="one")))
    assert (code, errno) == ("FAILED_PRECONDITION", 16) and "xdp:v0" in words and "force" in hint, (code, errno, words)
    code, errno, _, hint, _ = refused(lambda: load("one"))
    assert (code, errno) == ("ALREADY_EXISTS", 17) and hint, (code, errno, hint)
    code, errno, words, _, _ = refused(lambda: api.Attach(
        pb.AttachRequest(program="two", hook="xdp:v0", priority=1001)))
    assert code in ("INVALID_ARGUMENT", "OUT_OF_RANGE") and "1000" in words, (code, errno, words)
    code, errno, words, _, _ = refused(lambda: load("g", globals=[pb.Global(name="samplin", value="1")]))
    assert errno and "samplin" in words, (code, errno, words)
    code, errno, words, _, _ = refused(lambda: api.ReadMap(pb.ReadMapRequest(map="one/none")))
    assert (code, errno) == ("NOT_FOUND", 2), (code, errno, words)


def the_whole_log_of_the_verifier_comes_in_a_trailer():
    code, errno, words, _, detail = refused(lambda: load("bad", file="refused.bpf.o"))
    assert code != "OK" and errno and words and len(detail) > len(words), (code, errno, words, detail)
    assert "processed" in detail or "invalid" in detail or "R" in detail, detail


def what_is_not_protobuf_or_no_method_is_refused():
    raw = main.unary_unary("/bpfd.v1.Bpfd/Load")
    code, errno, words, _, _ = refused(lambda: raw(b"\xff\xff\xff", timeout=5))
    assert code == "INVALID_ARGUMENT", (code, errno, words)
    for path in ("/bpfd.v1.Bpfd/Nothing", "/bpfd.v2.Bpfd/Load", "/x"):
        assert refused(lambda: main.unary_unary(path)(b"", timeout=5))[0] == "UNIMPLEMENTED", path
    code, errno, words, _, _ = refused(lambda: api.Load(pb.LoadRequest(
        bytecode="file:///x", globals=[pb.Global(name="a", value="v" * (8 << 20))])))
    assert code == "RESOURCE_EXHAUSTED", (code, errno, words)
    assert api.GetVersion(pb.GetVersionRequest()).api == "bpfd.v1"


def fields_of_the_future_are_passed_over():
    raw = main.unary_unary("/bpfd.v1.Bpfd/ListPrograms", response_deserializer=pb.ListProgramsResponse.FromString)
    assert len(raw(b"\xc2\x3e\x03abc", timeout=5).programs) == 2


def a_config_is_applied_once_and_deleted_once():
    config = pb.Config(name="c", programs=[pb.ConfigProgram(
        entry="stats", type="xdp", bytecode=f"file://{objects}/xdp-counter.bpf.o", hooks=[
            pb.ConfigHook(hook="xdp:v0", priority=7)])])
    config.exports.append(pb.MapExport(map="xdp_stats_map", owner="65534", mode=0o400))
    assert api.Detach(pb.DetachRequest(program="one", hook="xdp:v0")).links
    dry = api.Apply(pb.ApplyRequest(configs=[config], dry_run=True)).changes
    assert {"load", "attach"} <= {c.verb for c in dry}, dry
    assert not api.ListConfigs(pb.ListRequest()).configs
    done = api.Apply(pb.ApplyRequest(configs=[config])).changes
    assert [(c.verb, c.object) for c in done] == [(c.verb, c.object) for c in dry], (done, dry)
    again = api.Apply(pb.ApplyRequest(configs=[config])).changes
    assert not {"load", "unload", "attach", "detach"} & {c.verb for c in again}, again
    (got,) = api.ListConfigs(pb.ListRequest()).configs
    assert (got.name, got.generation, got.links, got.programs[0].hooks[0].priority) == ("c", 1, 1, 7), got
    send_packets("v0", 3)
    assert len(list(api.ReadMap(pb.ReadMapRequest(map="c/xdp_stats_map")))) == 5
    assert {c.verb for c in api.Delete(pb.DeleteRequest(configs=["c"])).changes} >= {"detach", "unload"}
    assert refused(lambda: api.Delete(pb.DeleteRequest(configs=["c"])))[:2] == ("NOT_FOUND", 2)


def a_config_that_fails_in_the_middle_leaves_nothing():
    good = pb.ConfigProgram(entry="stats", type="xdp", bytecode=f"file://{objects}/xdp-counter.bpf.o",
                            name="good", hooks=[pb.ConfigHook(hook="xdp:v0")])
    bad = pb.ConfigProgram(name="bad", bytecode=f"file://{objects}/refused.bpf.o")
    assert refused(lambda: api.Apply(pb.ApplyRequest(configs=[pb.Config(name="m", programs=[good, bad])])))[1]
    assert sorted(p.name for p in api.ListPrograms(pb.ListRequest()).programs) == ["one", "two"]
    assert [x.hook for x in api.ListLinks(pb.ListRequest()).links] == ["xdp:v1"]


def ten_connections_call_two_thousand_times():
    def many(_):
        c = channel()
        get = Service(c, pb, "Bpfd").GetVersion
        for _ in range(200):
            assert get(pb.GetVersionRequest()).api == "bpfd.v1"
        c.close()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        list(pool.map(many, range(10)))


def loads_at_the_same_time_do_not_meet():
    def one(i):
        load(f"p{i}", file="tracepoint.bpf.o")
        api.Unload(pb.UnloadRequest(program=f"p{i}", force=True))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))


def detach_and_unload_end_it():
    (link,) = api.ListLinks(pb.ListRequest()).links
    assert list(api.Detach(pb.DetachRequest(link=link.id)).links) == [link.id]
    assert refused(lambda: api.Detach(pb.DetachRequest(link=link.id)))[:2] == ("NOT_FOUND", 2)
    for name in "one", "two":
        api.Unload(pb.UnloadRequest(program=name))
    assert not api.ListPrograms(pb.ListRequest()).programs
    assert not api.ListMaps(pb.ListRequest()).maps


def images_are_named_in_errors():
    assert not api.ListImages(pb.ListRequest()).images
    code, _, words, _, _ = refused(lambda: api.PullImage(pb.PullImageRequest(reference="nowhere.invalid/x/y:1")))
    assert code == "UNAVAILABLE" and "nowhere.invalid" in words, (code, words)
    for method, request in (("RemoveImage", pb.RemoveImageRequest(reference="quay.io/x/y:1")),
                            ("TagImage", pb.TagImageRequest(reference="quay.io/x/y:1", target="quay.io/x/z")),
                            ("ReadBlob", pb.ReadBlobRequest(reference="quay.io/x/y:1", digest="sha256:0"))):
        code, errno, words, _, _ = refused(lambda: getattr(api, method)(request))
        assert (code, errno) == ("NOT_FOUND", 2) and "quay.io/x/y:1" in words, (method, code, errno, words)
    assert not api.RemoveImage(pb.RemoveImageRequest()).references


def interfaces_are_listed_with_their_addresses():
    got = {i.name: i for i in api.ListInterfaces(pb.ListInterfacesRequest()).interfaces}
    assert got["lo"].is_loopback and got["lo"].is_up and "127.0.0.1" in got["lo"].addresses, got
    assert not got["v0"].is_loopback and got["v0"].index > 1 and len(got["v0"].addresses) == 1, got
    assert list(got) == sorted(got)
    inside = {i.name for i in api.ListInterfaces(pb.ListInterfacesRequest(netns="v0")).interfaces}
    assert inside == {"lo", "eth0"}, inside
    code, errno, words, _, _ = refused(lambda: api.ListInterfaces(pb.ListInterfacesRequest(netns="none")))
    assert (code, errno) == ("NOT_FOUND", 2) and "none" in words, (code, errno, words)


def containers_that_are_not_here_are_not_found():
    ids = ["containerd://0123456789abcdef0123", "podc0ffee00-0000-0000-0000-000000000000"]
    assert not api.FindContainers(pb.FindContainersRequest(ids=ids)).containers
    code, errno, words, _, _ = refused(lambda: api.FindContainers(pb.FindContainersRequest(ids=["a/b"])))
    assert (code, errno) == ("INVALID_ARGUMENT", 22) and "a/b" in words, (code, errno, words)


def a_hook_for_pods_needs_the_agent():
    config = pb.Config(name="pods", programs=[pb.ConfigProgram(
        entry="stats", type="xdp", bytecode=f"file://{objects}/xdp-counter.bpf.o",
        hooks=[pb.ConfigHook(hook="xdp:", needs_agent=True)])])
    code, errno, words, hint, _ = refused(lambda: api.Apply(pb.ApplyRequest(configs=[config])))
    assert (code, errno) == ("INVALID_ARGUMENT", 22) and "needs bpfd-agent" in words and hint, (code, words)
    config.programs[0].hooks[0].needs_agent = False
    config.programs[0].hooks[0].patterns.append("nosuch*")
    config.node_expressions.append(pb.LabelRequirement(key="a", operator="Is"))
    code, errno, words, _, _ = refused(lambda: api.Apply(pb.ApplyRequest(configs=[config], dry_run=True)))
    assert (code, errno) == ("INVALID_ARGUMENT", 22) and "operator is one of" in words, (code, words)
    config.node_expressions[0].operator = "DoesNotExist"
    assert api.Apply(pb.ApplyRequest(configs=[config], dry_run=True)).warnings


def volumes_are_published_listed_and_taken_away():
    target = f"{os.environ['KUBELET']}/pods/u/volumes/v/mount"
    os.makedirs(os.path.dirname(target))
    want = pb.PublishVolumeRequest(volume_id="v1", target_path=target, config="one", maps=["xdp_stats_map"], fs_group=7)
    assert refused(lambda: api.PublishVolume(want))[:2] == ("NOT_FOUND", 2)
    load("one")
    for _ in range(2):
        api.PublishVolume(want)
    (v,) = api.ListVolumes(pb.ListRequest(ref="v1")).volumes
    assert (v.target_path, list(v.maps), v.fs_group, v.layout, v.owner_uid) == (target, ["xdp_stats_map"], 7, "bpfd", 0), v
    assert refused(lambda: api.ListVolumes(pb.ListRequest(ref="v2")))[:2] == ("NOT_FOUND", 2)
    want.read_only = True
    assert refused(lambda: api.PublishVolume(want))[:2] == ("ALREADY_EXISTS", 17)
    pod = Service(grpc.insecure_channel(f"unix:{target}/bpfd.sock"), pb, "Bpfd")
    assert len(list(pod.ReadMap(pb.ReadMapRequest(map="xdp_stats_map")))) == 5
    assert [m.name for m in pod.ListMaps(pb.ListRequest()).maps] == ["xdp_stats_map"]
    for method, request in (("GetVersion", pb.GetVersionRequest()), ("ListVolumes", pb.ListRequest()), ("PublishVolume", want),
                            ("Load", pb.LoadRequest(bytecode="file:///x")), ("Apply", pb.ApplyRequest())):
        assert refused(lambda: getattr(pod, method)(request))[0] == "PERMISSION_DENIED", method
    for _ in range(2):
        api.UnpublishVolume(pb.UnpublishVolumeRequest(volume_id="v1", target_path=target))
    assert not api.ListVolumes(pb.ListRequest()).volumes and not os.path.exists(target)
    api.Unload(pb.UnloadRequest(program="one"))


def health_is_checked_and_watched():
    ask = health_pb2.HealthCheckRequest
    serving = health_pb2.HealthCheckResponse.SERVING
    for name in "", "bpfd.v1.Bpfd":
        assert health.Check(ask(service=name)).status == serving, name
    assert refused(lambda: health.Check(ask(service="none")))[0] == "NOT_FOUND"
    watch = health.Watch(ask(service="bpfd.v1.Bpfd"))
    assert next(watch).status == serving
    watch.cancel()
    watch = health.Watch(ask(service="none"))
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


def reflect(**what):
    ask = reflection_pb2.ServerReflectionRequest
    (answer,) = reflection.ServerReflectionInfo(iter([ask(**what)]))
    return answer


def reflection_is_enough_to_call_without_stubs():
    listed = {s.name for s in reflect(list_services="").list_services_response.service}
    assert {"bpfd.v1.Bpfd", "grpc.health.v1.Health"} <= listed, listed
    got = reflect(file_containing_symbol="bpfd.v1.Bpfd").file_descriptor_response
    pool = descriptor_pool.DescriptorPool()
    for data in got.file_descriptor_proto:
        pool.Add(descriptor_pb2.FileDescriptorProto.FromString(data))
    output = pool.FindServiceByName("bpfd.v1.Bpfd").FindMethodByName("GetVersion").output_type
    answer = message_factory.MessageFactory(pool).GetPrototype(output).FromString(
        main.unary_unary("/bpfd.v1.Bpfd/GetVersion")(b"", timeout=5))
    assert answer.kernel == os.uname().release
    assert reflect(file_containing_symbol="bpfd.v1.None").error_response.error_code == 5


def several_questions_are_reflected_on_one_stream():
    ask = reflection_pb2.ServerReflectionRequest
    names = ["bpfd.v1.Bpfd", "bpfd.v1.Program", "grpc.health.v1.Health", "bpfd.v1.Bpfd.Load"]
    answers = list(reflection.ServerReflectionInfo(iter([ask(file_containing_symbol=n) for n in names])))
    assert len(answers) == 4 and all(a.file_descriptor_response.file_descriptor_proto for a in answers), answers


def every_method_was_called():
    file = descriptor_pb2.FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(file)
    assert {m.name for m in file.service[0].method} <= called, called
    counted = {m.method: m.requests for m in api.GetStatus(pb.GetStatusRequest()).methods}
    for m in file.service[0].method:
        assert counted.get(m.name), (m.name, counted)


# --- tests of nobody ---

def nobody_asks_for_version_and_health():
    assert api.GetVersion(pb.GetVersionRequest()).api == "bpfd.v1"
    assert health.Check(health_pb2.HealthCheckRequest()).status == 1


def nobody_may_nothing_else_and_the_rule_is_named():
    for method, request in (("ListPrograms", pb.ListRequest()), ("GetStatus", pb.GetStatusRequest()),
                            ("Load", pb.LoadRequest(bytecode=f"file://{objects}/xdp-counter.bpf.o")),
                            ("Delete", pb.DeleteRequest(configs=["x"])),
                            ("PublishVolume", pb.PublishVolumeRequest(volume_id="v")), ("ListVolumes", pb.ListRequest()),
                            ("UnpublishVolume", pb.UnpublishVolumeRequest(volume_id="v")),
                            ("ReadMap", pb.ReadMapRequest(map="counter/xdp_stats_map"))):
        code, errno, words, hint, _ = refused(lambda: getattr(api, method)(request))
        assert code == "PERMISSION_DENIED" and errno in (1, 13), (method, code, errno)
        assert hint and (method in words or "not open to uid" in words), (method, words, hint)


def watch_till_the_end():
    stream = health.Watch(health_pb2.HealthCheckRequest(), timeout=30)
    try:
        for answer in stream:
            print(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status), flush=True)
    except grpc.RpcError as e:
        if e.code().name == "DEADLINE_EXCEEDED":
            raise
    print("ended", flush=True)


SUITES = {
    "root": [version_and_status, load_tells_all_about_the_program, load_with_the_log_wanted_brings_it,
             attach_knows_priority_0_from_none, the_five_lists_list, describe_program_joins_them,
             read_map_streams_what_was_counted, a_stream_is_cancelled_in_its_middle,
             a_reader_who_does_not_read_holds_nobody_up, a_stream_past_its_deadline_ends,
             a_load_past_its_deadline_leaves_nothing_or_a_program,
             a_load_that_is_cancelled_leaves_nothing_or_a_program,
             errors_have_status_errno_words_and_hint, the_whole_log_of_the_verifier_comes_in_a_trailer,
             what_is_not_protobuf_or_no_method_is_refused, fields_of_the_future_are_passed_over,
             a_config_is_applied_once_and_deleted_once, a_config_that_fails_in_the_middle_leaves_nothing,
             ten_connections_call_two_thousand_times, loads_at_the_same_time_do_not_meet,
             detach_and_unload_end_it, images_are_named_in_errors, interfaces_are_listed_with_their_addresses,
             containers_that_are_not_here_are_not_found, a_hook_for_pods_needs_the_agent,
             volumes_are_published_listed_and_taken_away, health_is_checked_and_watched,
             reflection_is_enough_to_call_without_stubs, several_questions_are_reflected_on_one_stream,
             every_method_was_called],
    "nobody": [nobody_asks_for_version_and_health, nobody_may_nothing_else_and_the_rule_is_named],
}

if who == "watch":
    watch_till_the_end()
    sys.exit(0)
failed = 0
for test in SUITES[who]:
    name = test.__name__.replace("_", " ")
    try:
        test()
        print(f"ok - {name}", flush=True)
    except Exception:
        failed += 1
        print(f"not ok - {name}")
        print("\n".join("  " + line for line in traceback.format_exc().splitlines()[-6:]), flush=True)
main.close()
sys.exit(failed > 0)
