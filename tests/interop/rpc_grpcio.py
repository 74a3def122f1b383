# SPDX-License-Identifier: Apache-2.0
"""grpcio as client of rpc_echo, and as server for rpc_call. Prints TAP."""
import concurrent.futures
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import grpc

bins = sys.argv[1]
work = tempfile.mkdtemp(prefix="rpc-interop-")
sock = f"{work}/echo.sock"
channels = []


def channel(**options):
    args = [("grpc.use_local_subchannel_pool", 1)]
    args += [("grpc." + k, v) for k, v in options.items()]
    c = grpc.insecure_channel(f"unix:{sock}", options=args)
    channels.append(c)
    return c


def unary(c, method, data=b"", **kw):
    return c.unary_unary("/test.Echo/" + method)(data, timeout=kw.pop("timeout", 10), **kw)


def status(f):
    try:
        f()
    except grpc.RpcError as e:
        return e.code()
    return grpc.StatusCode.OK


def unary_calls_are_echoed():
    c = channel()
    for i in range(200):
        assert unary(c, "Say", b"x" * i) == b"x" * i


def three_mebibytes_come_back():
    data = os.urandom(3 << 20)
    assert unary(channel(max_receive_message_length=-1), "Say", data) == data


def streams_come_whole_and_in_order():
    got = channel().unary_stream("/test.Echo/Count")(b"20000 100", timeout=20)
    assert sum(len(m) for m in got) == 20000 * 100


def an_empty_stream_ends_ok():
    assert list(channel().unary_stream("/test.Echo/Count")(b"0 0", timeout=5)) == []


def deadlines_end_calls():
    begin = time.time()
    got = status(lambda: unary(channel(), "Hang", timeout=0.3))
    assert got == grpc.StatusCode.DEADLINE_EXCEEDED, got
    assert time.time() - begin < 2


def a_cancelled_call_is_cancelled_at_the_handler():
    c = channel()
    before = int(unary(c, "Hung").split()[0])
    f = c.unary_unary("/test.Echo/Hang").future(b"")
    time.sleep(0.2)
    f.cancel()
    for _ in range(50):
        count, why = map(int, unary(c, "Hung").split())
        if count == before + 1:
            assert why == -125, why
            return
        time.sleep(0.05)
    raise AssertionError("the handler was not told")


def errors_carry_text_hint_detail_and_errno():
    try:
        unary(channel(), "Fail", b"2")
    except grpc.RpcError as e:
        trailers = dict(e.trailing_metadata())
        assert e.code() == grpc.StatusCode.NOT_FOUND, e
        assert e.details() == 'für "uid" 100% nein', e.details()
        assert trailers["bpfd-errno"] == "2", trailers
        assert trailers["bpfd-hint-bin"].decode() == "try 'größer'"
        assert trailers["bpfd-detail-bin"].endswith(b"the end\n")
        assert len(trailers["bpfd-detail-bin"]) > 2000
        return
    raise AssertionError("it succeeded")


def unknown_methods_are_unimplemented():
    assert status(lambda: unary(channel(), "Nothing")) == grpc.StatusCode.UNIMPLEMENTED


def too_large_requests_are_refused():
    c = channel(max_send_message_length=-1)
    got = status(lambda: unary(c, "Say", b"x" * (5 << 20)))
    assert got == grpc.StatusCode.RESOURCE_EXHAUSTED, got
    assert unary(c, "Say", b"still there") == b"still there"


def compressed_requests_are_refused():
    c = grpc.insecure_channel(f"unix:{sock}", compression=grpc.Compression.Gzip)
    channels.append(c)
    got = status(lambda: unary(c, "Say", b"x" * 100000))
    assert got == grpc.StatusCode.UNIMPLEMENTED, got


def metadata_reaches_the_handler():
    assert unary(channel(), "Meta", b"traceparent", metadata=[("traceparent", "00-1-2-01")]) == b"00-1-2-01"


def health_is_serving():
    check = channel().unary_unary("/grpc.health.v1.Health/Check")
    assert check(b"", timeout=5) == b"\x08\x01"
    assert status(lambda: check(b"\x0a\x04nope", timeout=5)) == grpc.StatusCode.NOT_FOUND
    watch = channel().unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=5)
    assert next(watch) == b"\x08\x01"
    watch.cancel()


def reflection_answers_on_one_stream():
    for version in ("v1", "v1alpha"):
        ask = channel().stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")
        questions = [b"\x3a\x00", b"\x1a\x0chealth.proto", b"\x22\x15grpc.health.v1.Health", b"\x22\x01x"]
        got = list(ask(iter(questions), timeout=5))
        assert len(got) == 4, got
        assert b"grpc.health.v1.Health" in got[0] and b"HealthCheckRequest" in got[1], got
        assert b"HealthCheckRequest" in got[2] and b"no such file" in got[3], got


def fifty_channels_call_at_once():
    cs = [channel() for _ in range(50)]

    def work_(c):
        return all(unary(c, "Say", b"%d" % i) == b"%d" % i for i in range(40))

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert all(pool.map(work_, cs))


def authority_forms_pass():
    for authority in ("localhost", "/run/x.sock", "%2Frun%2Fx.sock"):
        assert unary(channel(default_authority=authority), "Say", b"a") == b"a", authority


def shutdown_is_graceful():
    c = channel()
    f = c.unary_unary("/test.Echo/Hold").future(b"", timeout=10)
    time.sleep(0.2)
    server.send_signal(signal.SIGTERM)
    begin = time.time()
    got = status(lambda: f.result())
    assert got in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED), got
    assert server.wait(5) == 0
    assert time.time() - begin < 3


# --- the other way: our client, grpcio's server ---


class Handlers(grpc.GenericRpcHandler):
    def service(self, details):
        rows = {
            "/test.Echo/Say": grpc.unary_unary_rpc_method_handler(lambda m, ctx: m),
            "/test.Echo/Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "/test.Echo/Hang": grpc.unary_unary_rpc_method_handler(self.hang),
            "/test.Echo/Count": grpc.unary_stream_rpc_method_handler(self.count),
        }
        return rows.get(details.method)

    def fail(self, message, ctx):
        ctx.set_trailing_metadata((("bpfd-errno", "17"), ("bpfd-hint-bin", "größer".encode())))
        ctx.abort(grpc.StatusCode.ALREADY_EXISTS, "nö 100%")

    def hang(self, message, ctx):
        done = threading.Event()
        ctx.add_callback(done.set)
        done.wait(5)
        return b""

    def count(self, message, ctx):
        for i in range(int(message)):
            yield b"%d" % i


def ours(method, data, timeout_ms=5000):
    r = subprocess.run([f"{bins}/rpc_call", f"{work}/py.sock", f"/test.Echo/{method}", data, str(timeout_ms)],
                       capture_output=True, timeout=20, text=True)
    return r.stdout.splitlines()


def our_client_calls_grpcio():
    assert ours("Say", "hello") == ["hello", "OK 0  |  | 0"]


def our_client_streams_from_grpcio():
    got = ours("Count", "1000")
    assert got[:-1] == [str(i) for i in range(1000)] and got[-1].startswith("OK"), got[-1]


def our_client_reads_errors_of_grpcio():
    assert ours("Fail", "") == ["ALREADY_EXISTS 17 nö 100% | größer | 0"], ours("Fail", "")
    assert ours("Nothing", "")[0].startswith("UNIMPLEMENTED 95 "), ours("Nothing", "")


def our_client_keeps_its_deadline():
    assert ours("Hang", "", 300)[0].startswith("DEADLINE_EXCEEDED 110 "), ours("Hang", "", 300)


tests = [unary_calls_are_echoed, three_mebibytes_come_back, streams_come_whole_and_in_order,
         an_empty_stream_ends_ok, deadlines_end_calls, a_cancelled_call_is_cancelled_at_the_handler,
         errors_carry_text_hint_detail_and_errno, unknown_methods_are_unimplemented,
         too_large_requests_are_refused, compressed_requests_are_refused, metadata_reaches_the_handler,
         health_is_serving, reflection_answers_on_one_stream, fifty_channels_call_at_once, authority_forms_pass, shutdown_is_graceful,
         our_client_calls_grpcio, our_client_streams_from_grpcio, our_client_reads_errors_of_grpcio,
         our_client_keeps_its_deadline]

server = subprocess.Popen([f"{bins}/rpc_echo", sock, f"{bins}/grpc.pb"], stdout=subprocess.DEVNULL)
python_server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
python_server.add_generic_rpc_handlers((Handlers(),))
python_server.add_insecure_port(f"unix:{work}/py.sock")
python_server.start()
while not os.path.exists(sock):
    time.sleep(0.02)

failed = 0
print(f"1..{len(tests)}", flush=True)
for number, test in enumerate(tests, 1):
    name = test.__name__.replace("_", " ")
    try:
        test()
        print(f"ok {number} - {name}", flush=True)
    except Exception:
        failed += 1
        print(f"not ok {number} - {name}", flush=True)
        print("\n".join("# " + line for line in traceback.format_exc().splitlines()), flush=True)
    while channels:
        channels.pop().close()
python_server.stop(0).wait()
if server.poll() is None:
    server.kill()
subprocess.run(["rm", "-rf", work])
sys.exit(failed > 0)
