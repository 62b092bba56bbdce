"""A reader that stops stops the writer, whatever lies between them, and the proxy keeps little meanwhile.

Both clients and servers would move a GiB; whoever reads stops after some of it. curl stops when it is told to by SIGSTOP.
"""
import os
import signal
import subprocess
import tempfile
import threading
import unittest

from test.integration import process, waiting
from test.integration.backend import Gone, response
from test.integration.case import SharedProxyTestCase, is_instrumented
from test.integration.http_paths import PATHS as ALL_PATHS
from test.integration.http_paths import HttpPaths

PATHS = [(down, up) for down, up in ALL_PATHS if up != "tls-auto"]
_GIB = 1 << 30
_MIB = 1 << 20
_PIECE = bytes(65536)
_WHOLE = bytes(512 * 1024)  # more than a connection's window would take from streams that stand still
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % _GIB
# Of both proxies together, for each stream that stands still. Sanitizers' shadows are no measure.
_MOST_BYTES = 2 * _MIB


class _Flows:
    """How many bytes each path's backend has moved, and whether backends may read."""

    def __init__(self):
        self.moved = {}
        self.lock = threading.Lock()
        self.may_read = threading.Event()

    def add(self, path, count):
        with self.lock:
            self.moved[path] = self.moved.get(path, 0) + count

    def behave(self, connection):
        path = connection.read_head().target
        if path.startswith("/whole"):
            return connection.send(response(_WHOLE, headers=["Connection: close"]))
        if path.startswith("/down"):
            connection.send(_HEAD)
            for _ in range(_GIB // len(_PIECE)):
                connection.send(_PIECE)
                self.add(path, len(_PIECE))
            return
        self.add(path, 1)
        self.may_read.wait(waiting.DEADLINE_S * 3)
        while data := connection.socket.recv(len(_PIECE)):
            self.add(path, len(data))
        raise Gone


class BackpressureTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.flows = _Flows()
        cls.paths = HttpPaths(enter, cls.flows.behave, rewrite=True)
        cls.proxy = cls.paths.proxy
        cls.file = enter(tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")))
        cls.file.truncate(_GIB)
        cls.before = cls.memory()

    @classmethod
    def memory(cls):
        return process.memory_bytes(cls.proxy.pid) + process.memory_bytes(cls.paths.inner.pid)

    def start(self, direction, *options):
        """A transfer on every path, of the path /DIRECTION/DOWN/UP; its processes."""
        clients = [self.paths.start_curl(down, up, f"/{direction}/{down}/{up}", *options) for down, up in PATHS]
        for client in clients:
            self.addCleanup(client.wait)
            self.addCleanup(client.kill)
        return clients

    def wait_until_all_moved(self, direction, least):
        wanted = [f"/{direction}/{down}/{up}" for down, up in PATHS]
        waiting.until(lambda: all(self.flows.moved.get(path, 0) >= least.get(path, 0) for path in wanted),
                      lambda: f"{least}, moved {self.flows.moved}", waiting.DEADLINE_S * 2)

    def settle(self):
        waiting.until_steady(lambda: (dict(self.flows.moved), self.proxy.stat("http.test.downstream_cx_rx_bytes_total")), "a stop")

    def all_of(self, direction, bytes_more):
        names = (f"/{direction}/{down}/{up}" for down, up in PATHS)
        return {name: self.flows.moved.get(name, 0) + bytes_more for name in names}

    def assert_little_memory(self):
        grown = (self.memory() - self.before) / len(PATHS)
        if not is_instrumented():
            self.assertLess(grown, _MOST_BYTES, f"of {self.before}")

    def assert_others_go_on(self):
        """Streams that stand still hold up no others of their connection upstream."""
        for down, up in PATHS:
            answer = self.paths.fetch(down, up, "/whole")
            self.assertEqual((answer.status, answer.body), (200, _WHOLE), (down, up))

    def assert_all_end_with(self, clients):
        """A client that goes away takes its stream along, on every hop."""
        for client in clients:
            client.kill()
        self.proxy.wait_for_silence()
        self.paths.inner.wait_for_stat("http.test.downstream_rq_active", 0)
        self.paths.inner.wait_for_stat("cluster.backend.upstream_rq_active", 0)

    def test_a_client_that_stops_reading(self):
        clients = self.start("down")
        # One that is stopped before it has acknowledged the proxy's SETTINGS is given up on after ten seconds.
        waiting.until(lambda: all(process.written_bytes(client.pid) > _MIB for client in clients), "each has a MiB",
                      waiting.DEADLINE_S * 2)
        for client in clients:
            client.send_signal(signal.SIGSTOP)
        self.settle()
        self.assert_little_memory()
        for path, count in self.flows.moved.items():
            self.assertLess(count, _GIB / 2, path)
        self.assert_others_go_on()
        stopped_at = self.all_of("down", _MIB)
        for client in clients:
            client.send_signal(signal.SIGCONT)
        self.wait_until_all_moved("down", stopped_at)
        self.assert_all_end_with(clients)

    def test_a_server_that_stops_reading(self):
        wanted = self.all_of("up", 1)
        clients = self.start("up", "--request", "POST", "--upload-file", self.file.name)
        self.wait_until_all_moved("up", wanted)
        self.settle()
        self.assert_little_memory()
        self.assert_others_go_on()
        stopped_at = self.all_of("up", 4 * _MIB)
        self.flows.may_read.set()
        self.wait_until_all_moved("up", stopped_at)
        self.assert_all_end_with(clients)


if __name__ == "__main__":
    unittest.main()
