"""A name server of the outside: answers every A question with one address, and says what it was asked."""

import contextlib
import socket
import struct
import threading


class NameServer:
    """Names that begin with `big` are answered whole over TCP only."""

    def __init__(self, namespace, address, answer="203.0.113.9"):
        self.answer = socket.inet_aton(answer)
        self.asked = []
        self.datagrams = namespace.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.datagrams.bind((address, 53))
        self.streams = namespace.call(lambda: socket.create_server((address, 53)))
        threading.Thread(target=self._datagrams, daemon=True).start()
        threading.Thread(target=self._streams, daemon=True).start()

    def _datagrams(self):
        while True:
            try:
                query, sender = self.datagrams.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            self.asked.append(("udp", sender[0]))
            with contextlib.suppress(OSError):
                self.datagrams.sendto(self._reply(query, cut=query[13:16] == b"big"), sender)

    def _streams(self):
        while True:
            try:
                connection, peer = self.streams.accept()
            except OSError:
                return
            # Whoever asks may have given up meanwhile.
            with connection, contextlib.suppress(OSError, ValueError, struct.error):
                reader = connection.makefile("rb")
                query = reader.read(struct.unpack("!H", reader.read(2))[0])
                self.asked.append(("tcp", peer[0]))
                reply = self._reply(query, cut=False)
                connection.sendall(struct.pack("!H", len(reply)) + reply)

    def _reply(self, query, cut):
        question = query[12:query.index(b"\0", 12) + 5]
        flags = 0x8180 | (0x0200 if cut else 0)
        record = b"" if cut else b"\xc0\x0c" + struct.pack("!2HIH", 1, 1, 60, 4) + self.answer
        return query[:2] + struct.pack("!5H", flags, 1, 0 if cut else 1, 0, 0) + question + record

    def close(self):
        for listener in (self.datagrams, self.streams):
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
