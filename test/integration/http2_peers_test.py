"""HTTP/2 connections whose peers have limits, go away or fall silent, with frames made by hand; and drains under load."""
import collections
import subprocess
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import curl
from test.integration import h2_frames as h2
from test.integration import waiting
from test.integration.backend import Backend, Gone, answering, response
from test.integration.case import ProxyTestCase
from test.integration.h2_frames import H2Client


def _answer(connection, stream):
    connection.send(h2.head(stream, h2.fields((":status", "200")), ends=False) + h2.data(stream, b"ok", ends=True))


class _Server(Backend):
    """Takes `limit` streams at once on each connection and refuses more; answers when release() was called."""

    def __init__(self, limit):
        self.limit = limit
        self.streams = collections.defaultdict(list)  # of each connection, that wait
        self.refused = self.most = 0
        self._holds = True
        super().__init__(h2.serving(self._on_frame, (h2.MAX_CONCURRENT_STREAMS, limit)))

    def _on_frame(self, connection, frame):
        if frame.kind != h2.HEADERS:
            return
        with self.changed:
            waiting_here = self.streams[connection]
            if len(waiting_here) >= self.limit:
                self.refused += 1
                return connection.send(h2.reset(frame.stream, h2.REFUSED_STREAM))
            if not self._holds:
                return _answer(connection, frame.stream)
            waiting_here.append(frame.stream)
            self.most = max(self.most, len(waiting_here))
            self.changed.notify_all()

    def held(self):
        return sum(map(len, self.streams.values()))

    def release(self):
        with self.changed:
            self._holds = False
            for connection, streams in self.streams.items():
                for stream in streams:
                    _answer(connection, stream)
                streams.clear()


class PeersTest(ProxyTestCase):
    def start(self, backend, manager=None, **cluster):
        self.backend = self.enter(backend)
        manager = b.connection_manager([b.route("/", "backend")], **(manager or {}))
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.over_http2([self.backend.port], **cluster)]), workers=1)
        return H2Client(self.proxy.port()).settle()

    def statuses(self, client, streams):
        """{status or the code of its reset: how many}"""
        waited_for, found = set(streams), {}
        while waited_for:
            frame = client.read_frame()
            self.assertIsNotNone(frame, "the connection ended")
            if frame.stream not in waited_for:
                continue
            if frame.kind == h2.HEADERS:
                found[frame.stream] = h2.status_of(frame.payload)
            elif frame.kind == h2.RST_STREAM:
                found[frame.stream] = f"reset {frame.code}"
            if frame.ends or frame.kind == h2.RST_STREAM:
                waited_for.discard(frame.stream)
        return dict(collections.Counter(found.values()))

    def test_n29_more_requests_than_streams_take_more_connections(self):
        for limit, count in ((1, 5), (3, 20)):
            with self.subTest(limit=limit):
                client = self.start(_Server(limit))
                streams = [client.ask() for _ in range(count)]
                self.backend.wait_for(lambda: self.backend.held() == count, lambda: f"all of them, not {self.backend.held()}")
                self.assertEqual(self.backend.most, limit)
                self.backend.release()
                self.assertEqual(self.statuses(client, streams), {200: count})
                self.assertLessEqual(self.proxy.stat("cluster.backend.upstream_cx_total"), count // limit + 2)

    def test_n29_a_limit_that_is_raised(self):
        breakers = {"thresholds": [{"max_connections": 1}]}
        client = self.start(_Server(1), circuit_breakers=breakers)
        first = client.ask()
        self.backend.wait_for(lambda: self.backend.held() == 1, "the first")
        streams = [first, client.ask(), client.ask()]
        self.proxy.wait_for_stat("cluster.backend.upstream_rq_pending_active", 2)
        with self.backend.changed:
            self.backend.limit = 3
            self.backend.connections[0].send(h2.settings((h2.MAX_CONCURRENT_STREAMS, 3)))
        self.backend.wait_for(lambda: self.backend.held() == 3, "the others")
        self.backend.release()
        self.assertEqual(self.statuses(client, streams), {200: 3})
        self.assertEqual(self.proxy.stat("cluster.backend.upstream_cx_total"), 1)

    def test_n28_a_goaway_in_the_middle(self):
        """The host answers half of what it was asked and has not looked at the rest."""
        seen = []

        def on_frame(connection, frame):
            if frame.kind != h2.HEADERS:
                return
            seen.append(frame.stream)
            if len(seen) == 50:
                last = seen[24]
                connection.send(h2.goaway(last))
                for stream in seen[:25]:
                    _answer(connection, stream)
            elif len(seen) > 50:
                _answer(connection, frame.stream)

        client = self.start(Backend(h2.serving(on_frame)))
        streams = [client.ask() for _ in range(50)]
        self.assertEqual(self.statuses(client, streams), {200: 50})
        self.assertEqual(len(self.backend.connections), 2)

    def test_a_client_that_does_not_answer_pings(self):
        options = {"connection_keepalive": {"interval": "0.1s", "timeout": "0.1s", "interval_jitter": {"value": 0}}}
        self.start(Backend(), {"http2_protocol_options": options})
        silent = H2Client(self.proxy.port())
        self.assertIn(b"\0\0\x08\x06\0\0\0\0\0", silent.read_rest())
        self.proxy.wait_for_stat("http.test.http2.keepalive_timeout", 1)

    def test_n30_a_host_that_does_not_answer_pings(self):
        keepalive = {"connection_keepalive": {"interval": "0.1s", "timeout": "0.1s", "interval_jitter": {"value": 0}}}
        options = {"@type": "type.googleapis.com/" + b.HTTP_OPTIONS, "explicit_http_config": {"http2_protocol_options": keepalive}}

        def silent(connection):
            connection.read_bytes(len(h2.PREFACE))
            connection.send(h2.settings())
            connection.read_to_end()

        self.backend = self.enter(Backend(silent))
        manager = b.connection_manager([b.route("/", "backend")])
        cluster = b.cluster([self.backend.port], typed_extension_protocol_options={b.HTTP_OPTIONS: options})
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [cluster]), workers=1)
        answer = curl.fetch(f"http://127.0.0.1:{self.proxy.port()}/")
        self.assertEqual(answer.status, 503)
        self.assertGreaterEqual(self.proxy.stat("cluster.backend.http2.keepalive_timeout"), 1)

    def test_the_version_of_downstream(self):
        begun = []

        def tell(connection):
            begun.append(connection.receive()[:3])
            raise Gone

        self.backend = self.enter(Backend(tell))
        options = {"@type": "type.googleapis.com/" + b.HTTP_OPTIONS,
                   "use_downstream_protocol_config": {"http_protocol_options": {}, "http2_protocol_options": {}}}
        manager = b.connection_manager([b.route("/", "backend")])
        cluster = b.cluster([self.backend.port], typed_extension_protocol_options={b.HTTP_OPTIONS: options})
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [cluster]), workers=1)
        for http2, start in ((False, b"GET"), (True, b"PRI")):
            begun.clear()
            self.assertEqual(curl.fetch(f"http://127.0.0.1:{self.proxy.port()}/", http2=http2).status, 503)
            self.assertEqual(set(begun), {start})


class DrainTest(ProxyTestCase):
    def test_n28_a_drain_under_load(self):
        """h2load asks nothing more after a GOAWAY: all that it had sent by then is answered."""
        go_on = threading.Event()

        def answer(_request):
            go_on.wait(waiting.DEADLINE_S)
            return response(b"x")

        backend = self.start_backend(answering(answer))
        manager = b.connection_manager([b.route("/", "backend", timeout="0s")])
        proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.cluster([backend.port])]), workers=1)
        load = subprocess.Popen(["h2load", "-n", "100000", "-c", "2", "-m", "20", f"http://127.0.0.1:{proxy.port()}/"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(load.stdout.close)
        self.addCleanup(load.kill)
        backend.wait_for(lambda: len(backend.requests) == 40, "a first load")
        proxy.terminate()
        proxy.wait_for_line("drain")
        go_on.set()
        out = load.communicate(timeout=waiting.DEADLINE_S)[0].decode()
        self.assertEqual(proxy.wait(), 0)
        self.assertIn(f"status codes: {len(backend.requests)} 2xx", out)


if __name__ == "__main__":
    unittest.main()
