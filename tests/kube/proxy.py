#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A TLS proxy in front of an API server that misbehaves on command. HTTP/1.1 only, so that clients
also prove that they do without HTTP/2; identity goes through as a token, not as a certificate.

serve: proxy.py serve DIR UPSTREAM_PORT CA CERT KEY     DIR then has control (a socket), port
tell:  proxy.py tell DIR COMMAND...                     prints the answer; exit status 1 on an error

Commands; METHOD and PATH (a part of it, with its query) may be "*":
  pass                            forget all rules
  answer CODE N METHOD PATH [RETRY_AFTER]   the next N such requests get that status
  expire N METHOD PATH            watches: one event ERROR with code 410
  half N METHOD PATH              half of the first piece of the answer, then the connection ends
  stump N METHOD PATH             the same, but the answer ends well-formed
  drop N METHOD PATH              no answer, the connection ends
  blank N METHOD PATH             status 200 without a body
  slow MS METHOD PATH             wait before each such request is passed on
  close                           end all connections
  certificate CERT KEY            for new connections; ends the present ones
  count METHOD PATH               how many such requests came so far
"""
import http.client
import json
import os
import signal
import socket
import ssl
import sys
import threading
import time

HEAD_MAX = 64 * 1024
REASONS = {401: "Unauthorized", 409: "Conflict", 410: "Expired", 429: "TooManyRequests",
           500: "InternalError", 504: "Timeout"}


class Cut(Exception):
    """The connection ends here."""


class Rule:
    def __init__(self, kind, method, path, left=-1, value=None, wait=None):
        self.kind, self.method, self.path = kind, method, path
        self.left, self.value, self.wait = left, value, wait

    def fits(self, method, path):
        return self.left != 0 and matches(self, method, path)


def matches(rule, method, path):
    return rule.method in ("*", method) and (rule.path == "*" or rule.path in path)


class State:
    """What all connections share."""

    def __init__(self, upstream, authority, certificate, key):
        self.upstream = upstream
        self.lock = threading.Lock()
        self.rules, self.seen, self.open = [], [], set()
        self.outward = ssl.create_default_context(cafile=authority)
        self.outward.set_alpn_protocols(["http/1.1"])
        self.show(certificate, key)

    def show(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1"])
        self.inward = context

    def take(self, method, path):
        """The rules for this request; each counts as used."""
        with self.lock:
            self.seen.append((method, path))
            found = {}
            for rule in self.rules:
                if rule.kind not in found and rule.fits(method, path):
                    found[rule.kind] = rule
            for rule in found.values():
                rule.left -= rule.left > 0
            return found

    def end_all(self):
        with self.lock:
            for sock in self.open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


# --- one connection ---

def read_head(stream):
    """Method, path, headers, body; None at the end of the connection."""
    line = stream.readline(HEAD_MAX)
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers = http.client.parse_headers(stream)
    return method, path, headers, stream.read(int(headers.get("Content-Length", 0)))


def send_status(sock, code, wait):
    body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                       "reason": REASONS.get(code, ""), "message": f"the test says {code}"}).encode()
    extra = f"Retry-After: {wait}\r\n" if wait else ""
    sock.sendall(f"HTTP/1.1 {code} Test\r\nContent-Type: application/json\r\n{extra}"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


def send_expired(sock):
    event = {"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                                         "code": 410, "reason": "Expired", "message": "too old"}}
    line = json.dumps(event).encode() + b"\n"
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
                 b"\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(line), line))


def send_piece(sock, piece, found):
    kind = next((k for k in ("half", "stump") if k in found), None)
    if kind:
        piece = piece[:len(piece) // 2]
    sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    if kind == "stump":
        sock.sendall(b"0\r\n\r\n")
    if kind:
        raise Cut


def send_answer(sock, answer, found):
    sock.sendall(f"HTTP/1.1 {answer.status} {answer.reason}\r\n".encode())
    for name, value in answer.getheaders():
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            sock.sendall(f"{name}: {value}\r\n".encode())
    sock.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
    while piece := answer.read1(1 << 16):
        send_piece(sock, piece, found)
    sock.sendall(b"0\r\n\r\n")


def pass_on(state, sock, request, found):
    method, path, headers, body = request
    upstream = http.client.HTTPSConnection("127.0.0.1", state.upstream, context=state.outward)
    try:
        upstream.connect()
        with state.lock:
            state.open.add(upstream.sock)
        kept = {k: v for k, v in headers.items() if k.lower() not in ("host", "connection")}
        upstream.request(method, path, body=body or None, headers=kept)
        send_answer(sock, upstream.getresponse(), found)
    finally:
        with state.lock:
            state.open.discard(upstream.sock)
        upstream.close()


def handle(state, sock, request):
    found = state.take(request[0], request[1])
    if "slow" in found:
        time.sleep(found["slow"].value / 1000)
    if "drop" in found:
        raise Cut
    if "answer" in found:
        send_status(sock, found["answer"].value, found["answer"].wait)
    elif "blank" in found:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    elif "expire" in found:
        send_expired(sock)
    else:
        pass_on(state, sock, request, found)


def serve_one(state, plain):
    sock = plain
    try:
        sock = state.inward.wrap_socket(plain, server_side=True)
        with state.lock:
            state.open.add(sock)
        stream = sock.makefile("rb")
        while request := read_head(stream):
            handle(state, sock, request)
    except (OSError, Cut, ValueError, http.client.HTTPException):
        pass
    finally:
        with state.lock:
            state.open.discard(sock)
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()


# --- commands ---

def command(state, words):
    verb, rest = words[0], words[1:]
    if verb == "pass":
        state.rules = []
    elif verb == "answer":
        wait = int(rest[4]) if len(rest) > 4 else None
        state.rules.append(Rule(verb, rest[2], rest[3], int(rest[1]), int(rest[0]), wait))
    elif verb in ("expire", "half", "stump", "drop", "blank"):
        state.rules.append(Rule(verb, rest[1], rest[2], int(rest[0])))
    elif verb == "slow":
        state.rules.append(Rule(verb, rest[1], rest[2], -1, int(rest[0])))
    elif verb == "close":
        state.end_all()
    elif verb == "certificate":
        state.show(rest[0], rest[1])
        state.end_all()
    elif verb == "count":
        return str(sum(matches(Rule("", rest[0], rest[1]), *seen) for seen in state.seen))
    else:
        raise ValueError(f"no command {verb}")
    return "ok"


def listen_for_commands(state, directory):
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.join(directory, "control"))
    server.listen()
    while True:
        sock, _ = server.accept()
        with sock:
            try:
                answer = command(state, sock.makefile().readline().split())
            except (ValueError, IndexError, OSError) as error:
                answer = f"error: {error}"
            sock.sendall(answer.encode() + b"\n")


def serve(directory, upstream, authority, certificate, key):
    os.makedirs(directory, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    state = State(int(upstream), authority, certificate, key)
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=listen_for_commands, args=(state, directory), daemon=True).start()
    with open(os.path.join(directory, "port"), "w", encoding="ascii") as file:
        file.write(f"{server.getsockname()[1]}\n")
    while True:
        sock, _ = server.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve_one, args=(state, sock), daemon=True).start()


def tell(directory, *words):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(os.path.join(directory, "control"))
        sock.sendall(" ".join(words).encode() + b"\n")
        answer = sock.makefile().readline().strip()
    print(answer)
    return answer.startswith("error")


if __name__ == "__main__":
    sys.exit({"serve": serve, "tell": tell}[sys.argv[1]](*sys.argv[2:]))
