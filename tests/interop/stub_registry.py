# SPDX-License-Identifier: Apache-2.0
"""A registry that misbehaves: serves the blobs of a local OCI layout under any repository, and what it
does wrong is the first part of the repository's name.

usage: stub_registry.py LAYOUT PORT OTHER-PORT LOG

Every request is a line of LOG: port, method, path, "auth" when it had an Authorization header.
"""
import hashlib
import http.server
import json
import os
import socketserver
import sys
import threading
import time

LAYOUT, PORT, OTHER, LOG = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
seen = {}
lock = threading.Lock()


def blob(digest):
    try:
        with open(os.path.join(LAYOUT, "blobs/sha256", digest.removeprefix("sha256:")), "rb") as f:
            return f.read()
    except OSError:
        return None


def tagged(tag):
    with open(os.path.join(LAYOUT, "index.json")) as f:
        for entry in json.load(f)["manifests"]:
            if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag:
                return entry
    return None


def referrers(digest):
    """What in the layout has the digest as its subject."""
    found = []
    for name in os.listdir(os.path.join(LAYOUT, "blobs/sha256")):
        data = blob(name)
        try:
            doc = json.loads(data)
        except ValueError:
            continue
        if isinstance(doc, dict) and doc.get("subject", {}).get("digest") == digest:
            found.append({"mediaType": MANIFEST, "digest": "sha256:" + name, "size": len(data),
                          "artifactType": doc.get("artifactType")})
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": found}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def count(self, what):
        """How often it was asked for, this time included."""
        with lock:
            seen[what] = seen.get(what, 0) + 1
            return seen[what]

    def answer(self, status, body=b"", kind="application/octet-stream", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, **headers):
        self.answer(status, json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode(),
                    "application/json", **headers)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        with lock, open(LOG, "a") as f:
            auth = "auth" if self.headers.get("Authorization") else "-"
            f.write(f"{self.server.server_port} {self.command} {self.path} {auth}\n")
        path = self.path.split("?")[0]
        parts = path.strip("/").split("/")
        if path == "/token":
            return self.token()
        if len(parts) < 5 or parts[0] != "v2":
            return self.answer(200)
        how, kind, what = parts[1], parts[-2], parts[-1]
        if self.refuses(how, path):
            return None
        if kind == "manifests":
            return self.manifest(how, what)
        if kind == "referrers":
            return self.answer(200, referrers(what), INDEX) if how == "referrers" else self.error(404, "UNKNOWN")
        return self.content(how, what)

    def token(self):
        if self.headers.get("Authorization") != "Basic dXNlcjpwYXNz":
            return self.error(401, "DENIED")
        return self.answer(200, b'{"token":"sesame"}', "application/json")

    def refuses(self, how, path):
        """Statuses before anything is looked up."""
        n = self.count(path)
        if how == "limited" and n <= 2:
            self.error(429, "TOOMANYREQUESTS", Retry_After="1")
        elif how == "toomany":
            self.error(429, "TOOMANYREQUESTS")
        elif how == "flaky" and n == 1:
            self.error(503, "UNAVAILABLE")
        elif how == "down":
            self.error(500, "UNKNOWN")
        elif how == "forbidden":
            self.error(403, "DENIED")
        elif how == "gone":
            self.answer(404, b"x" * 100000, "text/html")
        elif how == "token" and self.headers.get("Authorization") != "Bearer sesame":
            self.error(401, "UNAUTHORIZED",
                       WWW_Authenticate=f'Bearer realm="http://127.0.0.1:{PORT}/token",service="stub"')
        else:
            return False
        return True

    def manifest(self, how, what):
        if how == "schema1":
            return self.answer(200, b'{"schemaVersion":1,"name":"x","tag":"v1","fsLayers":[]}',
                               "application/vnd.docker.distribution.manifest.v1+json")
        if how == "unknown":
            return self.answer(200, b'{"hello":"world"}', "application/x-thing")
        if how == "notjson":
            return self.answer(200, b"<html>", MANIFEST)
        if how == "huge":
            return self.endless()
        if how == "otherarch":
            d = tagged("v1")
            body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
                {"mediaType": MANIFEST, "digest": d["digest"], "size": d["size"],
                 "platform": {"os": "linux", "architecture": "mips"}}]}).encode()
            return self.answer(200, body, INDEX)
        entry = tagged("v2" if how == "moving" and self.count("moved") > 1 else "v1") \
            if not what.startswith("sha256:") else {"digest": what, "mediaType": MANIFEST}
        data = entry and blob(entry["digest"])
        if data is None:
            return self.error(404, "MANIFEST_UNKNOWN")
        if how == "wrongmanifest" and what.startswith("sha256:"):
            data += b" "
        if json.loads(data).get("manifests"):
            entry["mediaType"] = INDEX
        return self.answer(200, data, entry["mediaType"],
                           Docker_Content_Digest="sha256:" + hashlib.sha256(data).hexdigest())

    def content(self, how, digest):
        data = blob(digest)
        if data is None:
            return self.error(404, "BLOB_UNKNOWN")
        if how == "redirect" and self.server.server_port == PORT:
            return self.answer(307, Location=f"http://127.0.0.1:{OTHER}{self.path}")
        if how == "truncated" or (how == "breaking" and self.count(digest) == 1):
            return self.part(data)
        if how == "slow":
            return self.slowly(data)
        if how == "endless":
            return self.endless()
        if how == "wrongdigest":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if how == "longer":
            data += b"more"
        span = self.headers.get("Range")
        if span:
            start = int(span.removeprefix("bytes=").split("-")[0])
            return self.answer(206, data[start:], Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        return self.answer(200, data)

    def part(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2])
        self.wfile.flush()
        self.close_connection = True

    def slowly(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            for byte in data[:60]:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(1)
        except OSError:
            pass
        self.close_connection = True

    def endless(self):
        self.send_response(200)
        self.send_header("Content-Type", MANIFEST)
        self.end_headers()
        try:
            for _ in range(2000):
                self.wfile.write(b" " * 65536)
        except OSError:
            pass
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


servers = [Server(("127.0.0.1", port), Handler) for port in (PORT, OTHER)]
threading.Thread(target=servers[1].serve_forever, daemon=True).start()
servers[0].serve_forever()
