"""A name server on a port of its own that answers what it was told to, and counts the questions."""
import ipaddress
import socket
import struct
import threading

_A, _AAAA = 1, 28
_NO_ERROR, _SERVER_FAILURE, _NO_SUCH_NAME = 0, 2, 3


class DnsServer:
    """`records`: {name: addresses, or None for a server failure}; other names do not exist. May be changed."""

    def __init__(self, records, ttl_s=60):
        self.records = records
        self.ttl_s = ttl_s
        self.questions = []  # (name, "A" or "AAAA")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._socket.sendto(b"", ("127.0.0.1", self.port))  # wakes the thread
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        end = at + 5  # the last label's zero, type and class
        name, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1:at + 3])[0]
        self.questions.append((name, {_A: "A", _AAAA: "AAAA"}.get(kind, str(kind))))
        code, addresses = _NO_ERROR, []
        if name not in self.records:
            code = _NO_SUCH_NAME
        elif self.records[name] is None:
            code = _SERVER_FAILURE
        else:
            wanted = {_A: 4, _AAAA: 6}.get(kind)
            addresses = [ip for text in self.records[name] if (ip := ipaddress.ip_address(text)).version == wanted]
        header = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
        records = [struct.pack(">HHHIH", 0xc00c, kind, 1, self.ttl_s, len(ip.packed)) + ip.packed for ip in addresses]
        return header + query[12:end] + b"".join(records)
