"""A registry that is not Berth's: Debian's docker-registry on loopback, and a proxy before it that misbehaves as told."""

import http.client
import http.server
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .daemon import free_port

CONFIGURATION = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {directory}/content}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


class Upstream:
    """A docker-registry with its content in a directory of its own."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="be-", dir="/tmp"))
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"

    def __enter__(self):
        configuration = self.directory / "registry.yml"
        configuration.write_text(CONFIGURATION.format(directory=self.directory, port=self.port))
        self.process = subprocess.Popen(
            ["docker-registry", "serve", configuration], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                assert time.monotonic() < deadline, "docker-registry does not start"
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def push(self, source, name):
        """Pushes what skopeo finds at `source`."""
        subprocess.run(
            ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", source,
             f"docker://{self.host}/{name}"], check=True, stdin=subprocess.DEVNULL, timeout=120)


class Gate:
    """Passes requests on to a registry and counts them. While it is shut, bodies of blobs stop after so many bytes."""

    def __init__(self, upstream):
        self.free = 0
        self.requests = []
        self.opened = threading.Event()
        self.opened.set()
        self.reached = threading.Event()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self.do_GET()

            def do_GET(self):
                gate.requests.append((self.command, self.path, self.headers.get("Range")))
                back = http.client.HTTPConnection("127.0.0.1", upstream.port)
                back.request(self.command, self.path, headers=dict(self.headers.items()))
                answer = back.getresponse()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "date", "server"):
                        self.send_header(name, value)
                self.end_headers()
                sent = 0
                while piece := answer.read(64 << 10):
                    if "/blobs/" in self.path and sent >= gate.free:
                        gate.reached.set()
                        gate.opened.wait(120)
                    try:
                        self.wfile.write(piece)
                    except OSError:
                        break
                    sent += len(piece)
                back.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.opened.set()
        self.server.shutdown()
        self.server.server_close()

    def shut(self, free=1 << 20):
        self.free = free
        self.reached.clear()
        self.opened.clear()

    def blobs(self):
        """The blobs that were asked for, in order, and from which byte on."""
        return [(path.rsplit("/", 1)[1], span) for method, path, span in self.requests if method == "GET" and "/blobs/" in path]
