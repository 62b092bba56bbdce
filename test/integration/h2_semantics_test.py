"""Groups I and J of the catalogue of bad inputs, and group H's upstreams, from end to end with frames made by hand.

What a client or an upstream says wrong in HTTP/2 becomes nothing else in the other version, and what breaks off on
one side never looks whole on the other.
"""
import base64
import hashlib
import unittest

from test.integration import bootstrap as b
from test.integration import curl
from test.integration import h2_frames as h2
from test.integration import waiting
from test.integration.backend import Backend, answering, response, saying, stalling, unused_port
from test.integration.case import ProxyTestCase, is_instrumented
from test.integration.h2_frames import H2Client, data, frame, head, reset
from test.integration.raw_client import RawClient

_GRPC = ("content-type", "application/grpc")
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _request(**changes):
    """The usual pseudo-fields with some changed, or left out where None."""
    usual = {"method": "GET", "path": "/smuggled", "scheme": "http", "authority": "test"}
    return h2.fields(*[(":" + name, value) for name, value in {**usual, **changes}.items() if value is not None])


def _with(*pairs, **changes):
    return _request(**changes) + h2.fields(*pairs)


# Heads that must not reach an upstream in any form.
BAD_HEADS = {
    "I01 CRLF": _with(("x", "a\r\nGET /smuggled HTTP/1.1\r\n")),
    "I01 NUL": _with(("x", "a\0b")),
    "I02 CRLF in a name": _with(("x\r\ny", "1")),
    "I02 colon in a name": _with(("x:y", "1")),
    "I02 space in a name": _with(("x y", "1")),
    "I03 CRLF in :path": _request(path="/smuggled HTTP/1.1\r\nx: y"),
    "I03 space in :authority": _request(authority="a b"),
    "I03 CRLF in :scheme": _request(scheme="http\r\n"),
    "I04 upper case": _with(("X", "1")),
    "I05 two paths": _with((":path", "/")),
    "I05 :status": _with((":status", "200")),
    "I05 pseudo behind": _with(("x", "1"), (":x", "1")),
    "I06 no :path": _request(path=None),
    "I06 empty :path": _request(path=""),
    "I06 no :method": _request(method=None),
    "I07": _with(("transfer-encoding", "chunked")),
    "I08 connection": _with(("connection", "close")),
    "I08 upgrade": _with(("upgrade", "websocket")),
    "I09": _with(("te", "gzip")),
    "I12": _with(("content-length", "5")),
    "I13 sign": _with(("content-length", "+5")),
    "I13 two": _with(("content-length", "5"), ("content-length", "6")),
    "I15": _with(("host", "other")),
    "I16 no host": _request(authority=None),
    "I17": _request(authority="user@test"),
    "I18": _request(scheme="http://x/?"),
    "I18 of another transport": _request(scheme="https"),
    "I19 relative": _request(path="smuggled"),
    "I19 absolute": _request(path="http://test/smuggled"),
    "I19 asterisk": _request(path="*"),
    "I19 fragment": _request(path="/smuggled#x"),
    "I20": _request(method="GET / HTTP/1.1\r\nx:"),
    "I21": _with(("x", " 1")),
    "I26 :protocol alone": _with((":protocol", "websocket")),
    "I27": _request(method="CONNECT", path="/smuggled"),
}

_OK = h2.fields((":status", "200"))
# What an upstream may say instead of an answer to its first stream; the client gets a 502.
HOSTILE = {
    "H02 no HPACK": frame(h2.HEADERS, h2.END_HEADERS, 1, b"\x80"),
    "H02 a stream of its own": head(2, _OK),
    "H02 a frame too large": frame(h2.HEADERS, h2.END_HEADERS, 1, bytes(16_385)),
    "H02 DATA before the head": data(1, b"early", ends=True),
    "H02 no status": head(1, h2.fields(("x", "1"))),
    "H02 CONTINUATION alone": frame(h2.CONTINUATION, h2.END_HEADERS, 1, _OK),
    "H12 CONTINUATION": frame(h2.HEADERS, 0, 1, _OK) + frame(h2.CONTINUATION, 0, 1, h2.literal("a", "b")) * 10,
    "H25 too many fields": head(1, _OK + h2.literal("x", "") * 200),
    "H35": frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, h2.number(2) + h2.request()),
    "H43 a hint that ends": head(1, h2.fields((":status", "103"))),
    "I01 CRLF": head(1, _OK + h2.fields(("x", "a\r\nset-cookie: b"))),
    "I07": head(1, _OK + h2.fields(("transfer-encoding", "chunked"))),
}


class DownstreamTest(ProxyTestCase):
    def serve(self, behave=None, workers=1, route=None, **manager):
        self.backend = self.enter(Backend(behave or answering()))
        config = b.connection_manager([route or b.route("/", "backend")], **manager)
        self.proxy = self.start_proxy(b.bootstrap([b.listener(config)], [b.cluster([self.backend.port])]), workers=workers)
        self.port = self.proxy.port()
        return self.enter(H2Client(self.port)).settle()

    def test_bad_heads_end_alone(self):
        client = self.serve()
        for name, block in BAD_HEADS.items():
            with self.subTest(name):
                outcome = client.read_stream(client.ask(block))
                if outcome.code != h2.PROTOCOL_ERROR:
                    self.assertIn(outcome.status, (400, 404))
        self.assertEqual(client.read_stream(client.ask()).body, b"ok", "I30: the connection goes on")
        self.assertNotIn(b"smuggled", self.backend.received())
        self.assertEqual((len(self.backend.requests), self.backend.faults), (1, []))

    def test_I10_I11_bodies_of_another_length(self):
        # A backend that answers would do so as soon as it has the four bytes.
        client = self.serve(saying())
        for declared, parts in (("4", [b"abcd", b"surplus"]), ("4", [b"abc"])):
            with self.subTest(declared=declared, parts=parts):
                stream = client.ask(h2.request("POST", "/", ("content-length", declared)), ends=False)
                for i, part in enumerate(parts, 1):
                    client.send(data(stream, part, ends=i == len(parts)))
                self.assertEqual(client.read_stream(stream).code, h2.PROTOCOL_ERROR)
        # One that stood only after its request was gone has nothing in it, and may serve the next.
        self.backend.wait_for(lambda: all(c.has_ended for c in self.backend.connections if c.received), "the end upstream")
        self.assertNotIn(b"surplus", self.backend.received())
        # Four bytes are a whole request until more come.
        self.assertIn([request.body for request in self.backend.requests], ([], [b"abcd"]))
        self.assertEqual(self.backend.faults, [])

    def test_I22_I23_what_becomes_of_a_request(self):
        client = self.serve()
        stream = client.ask(h2.request("POST", "/", ("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")), ends=False)
        client.send(data(stream, b"one "), data(stream, b"two", ends=True))
        self.assertEqual(client.read_stream(stream).status, 200)
        self.assertEqual(self.backend.requests[0].body, b"one two")
        received = self.backend.received().lower()
        self.assertIn(b"\r\ncookie: a=1; b=2\r\n", received)
        self.assertIn(b"\r\ntransfer-encoding: chunked\r\n", received)
        self.assertNotIn(b"content-length", received)

    def test_I24_a_request_that_is_taken_back_is_never_whole(self):
        for ends in ("reset", "close"):
            with self.subTest(ends):
                client = self.serve(stalling)
                stream = client.ask(h2.request("POST"), ends=False)
                client.send(data(stream, b"half a body"))
                self.backend.wait_for(lambda: b"half a body" in self.backend.received(), "the first half")
                client.send(reset(stream)) if ends == "reset" else client.socket.close()
                self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")
                self.assertFalse(self.backend.received().endswith(b"0\r\n\r\n"))

    def test_I25_a_response_that_breaks_off_is_never_whole(self):
        for name, said, then in (("length", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "finish"),
                                 ("chunk", _CHUNKED + b"5\r\nhello\r\n", "finish"),
                                 ("reset", _CHUNKED + b"5\r\nhello\r\n", "reset"),
                                 ("bad chunk", _CHUNKED + b"5\r\nhello\r\nxyz\r\n", "finish")):
            with self.subTest(name):
                def behave(connection):
                    if connection.read_request().target != "/torn":
                        return connection.send(response())
                    connection.send(said)
                    self.proxy.wait_for_stat("cluster.backend.upstream_rq_2xx", 1)
                    return getattr(connection, then)()

                client = self.serve(behave)
                outcome = client.read_stream(client.ask(h2.request("GET", "/torn")))
                self.assertEqual((outcome.status, outcome.code, outcome.is_whole), (200, h2.INTERNAL_ERROR, False))
                self.assertEqual(client.read_stream(client.ask()).status, 200, "only that stream ends")

    def test_I29_what_belongs_to_the_upstreams_connection(self):
        client = self.serve(answering(lambda request: response(headers=["Connection: close", "Keep-Alive: x"])))
        for _ in range(3):
            outcome = client.read_stream(client.ask())
            self.assertEqual((outcome.status, outcome.is_whole), (200, True))

    def test_I32_an_expectation(self):
        client = self.serve()
        stream = client.ask(h2.request("POST", "/", ("expect", "100-continue")), ends=False)
        self.assertEqual(h2.status_of(client.read_until(lambda f: f.kind == h2.HEADERS).payload), 100)
        client.send(data(stream, b"body", ends=True))
        self.assertEqual(client.read_stream(stream).statuses, [200])
        self.assertEqual(client.read_stream(client.ask(h2.request("GET", "/", ("expect", "100-continue")))).statuses, [200])

    # H41: a request that nobody answers, of a client that says no more.
    def test_H41_a_stream_that_stands_still(self):
        client = self.serve(stalling, stream_idle_timeout="0.3s")
        self.assertEqual(client.read_stream(client.ask()).status, 504)
        self.proxy.wait_for_stat("http.test.http2.streams_active", 0)
        self.proxy.wait_for_stat("cluster.backend.upstream_rq_active", 0)

    # H31: a client that knows no limit yet, and one stream more than a hundred.
    def test_H31_too_many_streams(self):
        self.serve(stalling)
        client = self.enter(H2Client(self.port, opens=False))
        client.send(h2.PREFACE + h2.settings(), b"".join(head(2 * i + 1) for i in range(101)))
        outcome = client.read_stream(201)
        self.assertEqual(outcome.code, h2.REFUSED_STREAM)


class UpstreamTest(ProxyTestCase):
    def serve(self, *backends, route=None, **manager):
        """Clients of either version, upstreams of HTTP/2."""
        self.backends = [self.enter(Backend(behave)) for behave in backends]
        config = b.connection_manager([route or b.route("/", "backend")], **manager)
        cluster = b.over_http2([backend.port for backend in self.backends])
        self.proxy = self.start_proxy(b.bootstrap([b.listener(config)], [cluster]), workers=1)
        self.port = self.proxy.port()
        return self.enter(H2Client(self.port)).settle()

    def test_hostile_upstreams(self):
        for name, said in HOSTILE.items():
            with self.subTest(name):
                client = self.serve(h2.serving(lambda connection, found: connection.send(said)))
                self.assertEqual(client.read_stream(client.ask()).status, 502)
                self.proxy.wait_for_stat("cluster.backend.upstream_rq_active", 0)

    # H43, H44: a second head where trailers may be. J09: a body behind the end.
    def test_what_follows_a_head(self):
        def answers(*said):
            return h2.serving(lambda connection, found: connection.send(head(1, _OK, ends=False), *said))

        for name, said in (("H43", head(1, h2.fields(("x", "1")), ends=False)), ("H44", head(1, _OK))):
            with self.subTest(name):
                client = self.serve(answers(said))
                outcome = client.read_stream(client.ask())
                self.assertEqual((outcome.is_whole, outcome.code), (False, h2.INTERNAL_ERROR))
        only = head(1, h2.fields((":status", "200"), _GRPC, ("grpc-status", "0")))
        client = self.serve(h2.serving(lambda connection, found: connection.send(only, data(1, b"more", ends=True))))
        outcome = client.read_stream(client.ask(h2.request("POST", "/", _GRPC), ends=False))
        self.assertEqual((outcome.statuses, outcome.body), ([200], b""), "J09")

    # H36: what the upstream has not looked at is asked of another one, body and all.
    def test_H36_a_goaway_sends_requests_elsewhere(self):
        def leaving(connection, found):
            if found.kind == h2.HEADERS:
                connection.send(h2.goaway(0))

        def answer(connection, found):
            if found.ends:
                connection.send(head(found.stream, _OK))

        client = self.serve(h2.serving(leaving), h2.serving(answer))
        for _ in range(6):
            stream = client.ask(h2.request("POST"), ends=False)
            client.send(data(stream, b"body", ends=True))
            self.assertEqual(client.read_stream(stream).status, 200)
        self.assertGreaterEqual(len(self.backends[0].connections), 1)
        self.assertEqual(self.proxy.stat("cluster.backend.upstream_rq_retry"), len(self.backends[0].connections))

    # H45: the answer comes in the middle of an upload, and the stream's end with it.
    def test_H45_an_early_answer(self):
        def refuse(connection, found):
            if found.kind == h2.HEADERS:
                connection.send(head(found.stream, h2.fields((":status", "413"))), reset(found.stream, h2.NO_ERROR))

        client = self.serve(h2.serving(refuse))
        for _ in range(3):
            stream = client.ask(h2.request("POST", "/", ("content-length", "2000000")), ends=False)
            client.send(*[data(stream, bytes(16_000))] * 4)
            outcome = client.read_stream(stream)
            self.assertEqual((outcome.status, outcome.is_whole), (413, True))
        self.proxy.wait_for_stat("cluster.backend.upstream_rq_active", 0)

    # H18 and I25 for upstreams: an HTTP/1 client must not take half a body for a whole one.
    def test_I25_a_reset_of_the_upstream_breaks_off_a_body(self):
        def tear(connection, found):
            connection.send(head(found.stream, _OK, ends=False), data(found.stream, b"half"))
            self.proxy.wait_for_stat("cluster.backend.upstream_rq_2xx", 1)
            connection.send(reset(found.stream, h2.NO_ERROR))

        self.serve(h2.serving(tear))
        with RawClient(self.port) as client:
            rest = client.request().read_rest()
        self.assertIn(b"half", rest)
        self.assertFalse(rest.endswith(b"0\r\n\r\n"), rest)

    # I24 the other way: a client of HTTP/1 that goes away resets its stream and no other.
    def test_I24_a_client_that_goes_away_resets_its_stream(self):
        heard = []
        client = self.serve(h2.serving(lambda connection, found: heard.append(found)))
        other = client.ask()
        with RawClient(self.port) as leaving:
            leaving.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf")
            waiting.until(lambda: any(found.kind == h2.DATA for found in heard), "the first half")
        backend = self.backends[0]
        backend.wait_for(lambda: reset(3, h2.CANCEL) in backend.received() or reset(1, h2.CANCEL) in backend.received(),
                         "the reset upstream")
        self.assertFalse(any(found.kind == h2.DATA and found.ends for found in heard))
        self.assertEqual(len(backend.connections), 1)
        self.assertFalse(backend.connections[0].has_ended)
        client.send(reset(other))


class GrpcTest(ProxyTestCase):
    def serve(self, behave, over_http2=True, **action):
        self.backend = self.enter(Backend(behave)) if behave else None
        make = b.over_http2 if over_http2 else b.cluster
        cluster = make([self.backend.port if behave else unused_port()])
        log = self.access_log()
        manager = b.connection_manager([b.route("/", "backend", **action)], [log.config()])
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [cluster]), workers=1)
        self.log = log
        return self.proxy.port()

    def call(self, port, *options):
        return curl.fetch(f"http://127.0.0.1:{port}/svc/Call", "-H", "content-type: application/grpc", "-H", "te: trailers",
                          "--data-binary", "", *options)

    def assert_status(self, answer, status):
        self.assertEqual((answer.exit_code, answer.status), (0, 200))
        self.assertIn(f"\r\ngrpc-status: {status}\r\n", answer.heads)
        self.assertIn("\r\ncontent-type: application/grpc", answer.heads)

    @staticmethod
    def answering(*trailers):
        """A message and trailers; without any the message is the end."""
        def answer(connection, found):
            if found.ends:
                connection.send(head(found.stream, h2.fields((":status", "200"), _GRPC), ends=False),
                                data(found.stream, b"\0\0\0\0\0", ends=not trailers))
                if trailers:
                    connection.send(head(found.stream, h2.fields(*trailers)))
        return h2.serving(answer)

    def test_J01_an_upstream_that_fails(self):
        def refuse(connection, found):
            if found.kind == h2.HEADERS:
                connection.send(reset(found.stream, h2.INTERNAL_ERROR))

        for name, behave in (("nobody there", None), ("reset", h2.serving(refuse))):
            with self.subTest(name):
                self.assert_status(self.call(self.serve(behave)), 14)
                self.assertEqual(self.log.last("/svc/Call")["code"], 200)

    def test_J02_deadlines(self):
        port = self.serve(h2.serving(lambda connection, found: None), max_grpc_timeout="0.3s")
        for timeout in ("1n", "50m", "99999999H", "-1S", "1x", "123456789S", "S", ""):
            with self.subTest(timeout):  # what is none counts as none: the route's own limit ends the call
                self.assert_status(self.call(port, "-H", f"grpc-timeout: {timeout}"), 4)
        self.proxy.wait_for_stat("cluster.backend.upstream_rq_active", 0)

    def test_J03_no_status(self):
        answer = self.call(self.serve(self.answering()))
        self.assertEqual((answer.exit_code, answer.status, answer.body), (0, 200, bytes(5)))
        self.assertNotIn("grpc-status", answer.heads)

    def test_J04_statuses_that_are_none(self):
        for status in ("abc", "-1", "99", "99999999999999999999"):
            with self.subTest(status):
                answer = self.call(self.serve(self.answering(("grpc-status", status))))
                self.assertEqual((answer.exit_code, answer.status, answer.body), (0, 200, bytes(5)))
                self.assertIn(f"grpc-status: {status}\r\n", answer.heads)

    # J05: the proxy reads no messages: a length of 4 GiB is three other bytes of a body.
    def test_J05_a_length_that_is_no_allocation(self):
        def answer(connection, found):
            if found.ends:
                connection.send(head(found.stream, h2.fields((":status", "200"), _GRPC), ends=False),
                                data(found.stream, b"\0\xff\xff\xff\xff"), head(found.stream, h2.fields(("grpc-status", "0"))))

        answer = self.call(self.serve(h2.serving(answer)), "--data-binary", "\x01\x7f\x7f\x7f\x7f")
        self.assert_status(answer, 0)
        self.assertEqual(answer.body, b"\0\xff\xff\xff\xff")

    def test_J06_an_upstream_that_is_spoken_to_in_the_wrong_version(self):
        port = self.serve(saying(h2.settings() + h2.goaway(0, h2.PROTOCOL_ERROR), then="finish"), over_http2=False)
        # saying() reads a whole request in HTTP/1; what it says is no response of that.
        self.assert_status(self.call(port), 14)
        self.assertEqual(self.log.last("/svc/Call")["flags"], "UPE")

    def test_J08_a_breaker_that_says_no(self):
        self.backend = self.enter(Backend(stalling))
        cluster = b.over_http2([self.backend.port], circuit_breakers={"thresholds": [{"max_requests": 0}]})
        manager = b.connection_manager([b.route("/", "backend")])
        port = self.start_proxy(b.bootstrap([b.listener(manager)], [cluster]), workers=1).port()
        self.assert_status(self.call(port), 14)


class TunnelTest(ProxyTestCase):
    _ASK = h2.fields((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/chat"),
                     (":authority", "test"), ("sec-websocket-version", "13"))
    _UPGRADES = {"upgrade_configs": [{"upgrade_type": "websocket"}],
                 "http2_protocol_options": {"allow_connect": True}}

    @staticmethod
    def accept(connection):
        """HTTP/1's handshake, with the answer to whatever key was sent; then an echo."""
        key = connection.read_head().header("sec-websocket-key")
        digest = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n")
        while True:
            connection.send(connection.receive())

    def serve(self, behave, **more):
        self.backend = self.enter(Backend(behave))
        manager = b.connection_manager([b.route("/", "backend")], **self._UPGRADES, **more)
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.cluster([self.backend.port])]), workers=1)
        client = self.enter(H2Client(self.proxy.port())).settle()
        self.assertIn(h2.number(1), client.seen[0].payload)
        return client

    def open(self, client):
        stream = client.ask(self._ASK, ends=False)
        found = client.read_until(lambda f: f.kind == h2.HEADERS and f.stream == stream)
        self.assertEqual((h2.status_of(found.payload), found.ends), (200, False))
        return stream

    # J10, I26: opaque bytes both ways, and the end of each direction.
    def test_J10_bytes_and_ends(self):
        client = self.serve(self.accept)
        stream = self.open(client)
        for payload in (b"\x81\x85mask", b"0\r\n\r\n", bytes(range(256)) * 60):
            client.send(data(stream, payload))
            heard = b""
            while len(heard) < len(payload):
                heard += client.read_until(lambda f: f.kind == h2.DATA).payload
            self.assertEqual(heard, payload)
        client.send(data(stream, b"", ends=True))
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the FIN upstream")
        self.assertTrue(client.read_until(lambda f: f.ends))
        self.proxy.wait_for_stat("http.test.downstream_cx_upgrades_active", 0)

    # J10: a tunnel in which nothing moves has the stream's idle timeout.
    def test_J10_an_idle_tunnel(self):
        client = self.serve(self.accept, stream_idle_timeout="0.3s")
        stream = self.open(client)
        self.assertIsNotNone(client.read_stream(stream).code)
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")

    def test_J11_a_client_that_gives_up(self):
        client = self.serve(self.accept)
        stream, other = self.open(client), self.open(client)
        client.send(reset(stream))
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")
        client.send(data(other, b"still here"))
        self.assertEqual(client.read_until(lambda f: f.kind == h2.DATA).payload, b"still here")
        self.proxy.wait_for_stat("http.test.downstream_cx_upgrades_active", 1)

    def test_J12_an_upstream_that_refuses(self):
        client = self.serve(saying(response(b"no", "403 Forbidden")))
        outcome = client.read_stream(client.ask(self._ASK, ends=False))
        self.assertEqual((outcome.status, outcome.body, outcome.is_whole), (403, b"no", True))
        self.proxy.wait_for_stat("http.test.downstream_rq_active", 0)

    # J13: tunnels of both kinds outlast the announcement of the end, and are closed when the time is over.
    def test_J13_drain_with_open_tunnels(self):
        self.backend = self.enter(Backend(self.accept))
        manager = b.connection_manager([b.route("/", "backend")], drain_timeout="0.2s", **self._UPGRADES)
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.cluster([self.backend.port])]), workers=1,
                                      arguments=["--drain-time-s", "2"])
        client = self.enter(H2Client(self.proxy.port())).settle()
        streams = [self.open(client) for _ in range(50)]
        self.proxy.terminate()
        self.assertEqual(client.read_goaway(), h2.NO_ERROR)
        client.send(data(streams[-1], b"still open"))
        self.assertEqual(client.read_until(lambda f: f.kind == h2.DATA).payload, b"still open")
        client.read_rest()
        self.assertEqual(self.proxy.wait(), 0)

    # J14: what a tunnel costs that says nothing.
    def test_J14_idle_tunnels_are_small(self):
        client = self.serve(self.accept)
        self.open(client)
        with open(f"/proc/{self.proxy.popen.pid}/statm", encoding="ascii") as statm:
            resident = lambda: (statm.seek(0), int(statm.read().split()[1]) * 4)[1]
            before = resident()
            for _ in range(90):
                self.open(client)
            grown = (resident() - before) / 90
        if not is_instrumented():
            self.assertLess(grown, 24)


if __name__ == "__main__":
    unittest.main()
