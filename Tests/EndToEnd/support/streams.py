"""The stream of an exec session, spoken by hand: RFC 6455 and Docs/exec.md."""

import base64
import os
import socket
import struct
from urllib.parse import urlsplit

INPUT, CLOSE_INPUT, RESIZE, SIGNAL, OUTPUT, ERROR_OUTPUT, EXITED, FAILED, WINDOW = 0, 1, 2, 3, 16, 17, 18, 19, 20


class Refused(Exception):
    """The stream was not opened; the message is the status line."""


class Stream:
    """A session's stream; a context manager that closes it."""

    def __init__(self, url, token, query=""):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), 120)
        key = base64.b64encode(os.urandom(16)).decode()
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        self.socket.sendall((
            f"GET {parts.path}{query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{authorization}\r\n").encode())
        self.buffer = b""
        head = self._until(b"\r\n\r\n").decode()
        if not head.startswith("HTTP/1.1 101"):
            self.socket.close()
            raise Refused(head.splitlines()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, kind, content=b""):
        payload = bytes([kind]) + content
        length = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BH", 0x80 | 126, len(payload))
        self.socket.sendall(b"\x82" + length + b"\0\0\0\0" + payload)

    def receive(self):
        """The next frame: its kind and content. EOFError when the stream has ended."""
        while True:
            first, second = self._take(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self._take(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self._take(8))
            payload = self._take(length)
            if first & 0x0F == 2:
                return payload[0], payload[1:]
            if first & 0x0F == 8:
                raise EOFError

    def finish(self):
        """All output, and the exit code."""
        output = b""
        while True:
            kind, content = self.receive()
            if kind == OUTPUT:
                output += content
            elif kind == EXITED:
                return output.decode(), content[0]
            elif kind == FAILED:
                raise AssertionError(content[1:].decode())

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _more(self):
        more = self.socket.recv(1 << 20)
        if not more:
            raise EOFError
        self.buffer += more
