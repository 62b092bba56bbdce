"""Group H of the catalogue of bad inputs against the real binary: floods, bombs and stalls on one connection.

Whatever one peer does, others are served meanwhile, the process lives, what it counted comes back to nothing, and
its memory is what it was.
"""
import contextlib
import re
import unittest

from test.integration import bootstrap as b
from test.integration import h2_frames as h2
from test.integration import waiting
from test.integration.backend import Backend, response
from test.integration.canary import Canary
from test.integration.case import SharedProxyTestCase, is_instrumented, weir
from test.integration.h2_frames import H2Client, data, frame, head, reset, settings, window_update
from test.integration.proxy import Proxy

_CANARIES = 4  # over two workers
_MEGABYTE = 1 << 20
_MOST_BYTES = 12 * _MEGABYTE  # that a flood may send: none is borne for so long
_POST = h2.request("POST")


def _each_head(block=None, more=lambda stream: b"", ends=True):
    """A unit that opens a stream, and does something with it."""
    return lambda i: head(2 * i + 1, block, ends) + more(2 * i + 1)


def _again(what):
    return lambda i: what


# Id: (the counter that tells why it ended, what comes first, one unit of the flood by its number).
# None: any reason will do, the connection just ends.
FLOODS = {
    "H06 rapid reset": ("too_many_resets", b"", _each_head(more=reset)),
    "H07 heads that we must reset": ("too_many_resets", b"", _each_head(h2.request("GET", "/", ("X-Upper", "case")))),
    "H08 windows that grow by nothing": (None, b"", _each_head(more=lambda s: window_update(s, 0))),
    "H09 windows that overflow": ("too_many_resets", b"", _each_head(more=lambda s: window_update(s, 0x7fffffff))),
    "H10 a body behind the end": (None, b"", _each_head(more=lambda s: data(s, b"more"))),
    "H10 a head behind the end": (None, b"", _each_head(more=head)),
    "H10 bodies of another length": ("too_many_resets", b"", _each_head(
        h2.request("POST", "/", ("content-length", "1")), lambda s: data(s, b"too long"), ends=False)),
    "H11 priorities of a wrong size": (None, b"", _each_head(more=lambda s: frame(h2.PRIORITY, 0, s, b"1234"))),
    "H11 priorities on themselves": (None, b"", _each_head(
        more=lambda s: frame(h2.PRIORITY, 0, s, h2.number(s) + b"\x10"))),
    "H12 CONTINUATION": ("inbound_continuation_flood", frame(h2.HEADERS, 0, 1, h2.request()),
                         _again(frame(h2.CONTINUATION, 0, 1, h2.literal("a", "b")))),
    "H12 CONTINUATION, large": ("inbound_continuation_flood", frame(h2.HEADERS, 0, 1, h2.request()),
                                _again(frame(h2.CONTINUATION, 0, 1, h2.literal("a", "b" * 16_000)))),
    "H13 empty CONTINUATION": ("inbound_empty_frames_flood", frame(h2.HEADERS, 0, 1, h2.request()),
                               _again(frame(h2.CONTINUATION, 0, 1))),
    "H14 empty DATA": ("inbound_empty_frames_flood", head(1, _POST, ends=False), _again(data(1))),
    "H15 padding": ("inbound_empty_frames_flood", head(1, _POST, ends=False),
                    _again(frame(h2.DATA, h2.PADDED, 1, b"\xffx" + bytes(255)))),
    "H16 PING": ("outbound_control_flood", b"", _again(frame(h2.PING, payload=b"12345678"))),
    "H17 SETTINGS": ("outbound_control_flood", b"", _again(settings())),
    "H17 SETTINGS of 33 entries": ("inbound_settings_flood", b"", _again(settings(*[(0xff, 1)] * 33))),
    "H19 tables to and fro": ("outbound_control_flood", b"", lambda i: settings((h2.HEADER_TABLE_SIZE, i % 2 * 4096))),
    "H20 windows to and fro": ("outbound_control_flood", b"".join(head(2 * i + 1, _POST, False) for i in range(100)),
                               lambda i: settings((h2.INITIAL_WINDOW_SIZE, i % 2 * 65535))),
    "H21 PRIORITY": ("inbound_priority_frames_flood", b"", _again(frame(h2.PRIORITY, 0, 1, h2.number(0) + b"\x10"))),
    "H22 WINDOW_UPDATE": ("inbound_window_update_frames_flood", b"", _again(window_update(0, 1))),
    "H39 frames that nobody knows": ("outbound_control_flood", b"", _again(frame(0x42, 0xff, 0, b"x"))),
    "H39 ALTSVC and ORIGIN": ("outbound_control_flood", b"", _again(frame(0xa, 0, 0, b"\0\0") + frame(0xc))),
    "H39 settings that nobody knows": ("outbound_control_flood", b"", _again(settings((0x4242, 1)))),
}

# Id: heads that are small on the wire and large when they are read. The connection goes on.
_CRUMB = h2.literal("cookie", "", enters_table=True)
_ENTRY = h2.literal("x-large", "v" * 4000, enters_table=True)
BOMBS = {
    "H25 one byte a field": h2.request() + _CRUMB + b"\xbe" * 16_000,
    "H25 empty crumbs": h2.request() + h2.literal("cookie", "") * 1_500,
    "H26 fields that are dropped": h2.request() + h2.literal("trailer", "x") * 1_200,
    "H26 a field that may be there once": h2.request() + h2.literal("host", "test") * 1_200,
    "H27 a large entry, again and again": h2.request() + _ENTRY + b"\xbe" * 10_000,
}


class H2AbuseTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.backend = enter(Backend(cls.behave))
        manager = b.connection_manager([b.route("/", "backend")], http2_protocol_options={})
        cls.proxy = enter(Proxy(weir(), b.bootstrap([b.listener(manager)], [b.cluster([cls.backend.port])]), workers=2))
        cls.port = cls.proxy.port()

    @staticmethod
    def behave(connection):
        """Answers what is whole, at length where that is asked for; of other requests it waits for the rest."""
        while True:
            request = connection.read_request()
            connection.send(response(b"d" * _MEGABYTE if request.target == "/large" else b"ok"))

    def setUp(self):
        super().setUp()
        canaries = [self.enter(Canary(self.port)) for _ in range(_CANARIES)]
        waiting.until(lambda: all(canary.answered > 0 for canary in canaries), "the canaries' first answers")

    def resident_kib(self):
        with open(f"/proc/{self.proxy.popen.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    @contextlib.contextmanager
    def memory_grows_at_most(self, kib):
        before = self.resident_kib()
        yield
        if not is_instrumented():
            self.assertLess(self.resident_kib() - before, kib)

    def assert_all_is_over(self):
        for gauge in ("downstream_cx_http2_active", "http2.streams_active", "http2.pending_send_bytes"):
            self.proxy.wait_for_stat("http.test." + gauge, 0)
        waiting.until(lambda: self.proxy.stat("http.test.downstream_rq_active") <= _CANARIES, "the requests' end")
        waiting.until(lambda: self.proxy.stat("cluster.backend.upstream_rq_active") <= _CANARIES, "the end upstream")

    def flood(self, client, first, unit):
        """Sends until the peer has had enough; returns how many units that took."""
        client.send(first)
        sent_bytes = units = 0
        while sent_bytes < _MOST_BYTES:
            part = b"".join(unit(units + i) for i in range(50))
            try:
                client.socket.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                return units
            units, sent_bytes = units + 50, sent_bytes + len(part)
        self.fail(f"{units} were borne")

    def test_floods_end(self):
        for name, (counter, first, unit) in FLOODS.items():
            with self.subTest(name), self.memory_grows_at_most(8 * 1024):
                counter = counter and "http.test.http2." + counter
                before = self.proxy.stat(counter) if counter else 0
                with H2Client(self.port) as client:
                    self.flood(client, first, unit)
                    if counter:
                        # Two of its limits may be reached at once.
                        waiting.until(lambda: self.proxy.stat(counter) > before, f"{counter} to grow")
                self.assert_all_is_over()

    # H06: what a rapid reset makes the upstream do is bounded as well.
    def test_few_requests_of_a_rapid_reset_are_dispatched(self):
        before = self.proxy.stat("cluster.backend.upstream_rq_total")
        canaries = self.proxy.stat("http.test.downstream_rq_http1_total")
        with H2Client(self.port) as client:
            self.flood(client, b"", _each_head(more=reset))
        self.assert_all_is_over()
        canaries = self.proxy.stat("http.test.downstream_rq_http1_total") - canaries
        self.assertLess(self.proxy.stat("cluster.backend.upstream_rq_total") - before - canaries, 250)

    def test_bombs_are_refused_and_the_connection_goes_on(self):
        for name, block in BOMBS.items():
            with self.subTest(name), H2Client(self.port) as client:
                client.settle()
                with self.memory_grows_at_most(1024):
                    for _ in range(50):
                        stream, client.next_stream = client.next_stream, client.next_stream + 2
                        parts = [block[at:at + 16_000] for at in range(0, len(block), 16_000)]
                        client.send(frame(h2.HEADERS, h2.END_STREAM | (h2.END_HEADERS if len(parts) == 1 else 0), stream,
                                          parts[0]))
                        for i, part in enumerate(parts[1:], 2):
                            client.send(frame(h2.CONTINUATION, h2.END_HEADERS if i == len(parts) else 0, stream, part))
                        outcome = client.read_stream(stream)
                        self.assertTrue(outcome.status == 431 or outcome.code == h2.PROTOCOL_ERROR, (outcome.status, outcome.code))
                self.assertEqual(client.read_stream(client.ask()).status, 200)
        self.assert_all_is_over()

    # H03, H04, H37: nothing is read behind a fault, nor does a part of a preface hold anything.
    def test_what_is_no_preface(self):
        for what in (b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", h2.PREFACE + frame(h2.PING, payload=b"12345678"),
                     h2.PREFACE + settings() + frame(h2.PING, 0, 1, b"12345678") + head(1)):
            with self.subTest(what), H2Client(self.port, opens=False) as client:
                client.send(what, head(3), frame(h2.SETTINGS, 0, 7, b"1"))
                client.read_rest()
        self.assert_all_is_over()

    # H42: the end of the connection in the middle of a head, of a CONTINUATION, and of a body.
    def test_ends_in_the_middle(self):
        for what in (head(1)[:20], frame(h2.HEADERS, 0, 1, h2.request()), head(1, _POST, False) + data(1, b"half")[:10]):
            for ends in ("half_close", "reset"):
                with self.subTest((what, ends)):
                    client = H2Client(self.port).settle().send(what)
                    getattr(client, ends)()
                    client.socket.close()
        self.assert_all_is_over()

    # H23, H24: a hundred large responses, and a peer that opens no window, or reads nothing at all. (How long that is
    # borne is a matter of the connection manager's unit tests.) What flowed before may have had one large read each.
    def test_responses_that_nobody_takes(self):
        for window, most in ((0, _MEGABYTE), (1 << 24, 7 * _MEGABYTE)):
            with self.subTest(window=window), self.memory_grows_at_most(4 * 1024 + 2 * most // 1024):
                with H2Client(self.port, (h2.INITIAL_WINDOW_SIZE, window)) as client:
                    # At once: a peer that does not read has not all its requests looked at.
                    client.send(window_update(0, 1 << 24),
                                b"".join(head(2 * i + 1, h2.request("GET", "/large")) for i in range(100)))
                    waiting.until(lambda: self.proxy.stat("http.test.http2.streams_active") >= 20, "the requests")
                    pending = lambda: self.proxy.stat("http.test.http2.pending_send_bytes")
                    waiting.until(lambda: pending() > 100_000, "what nobody takes")
                    waiting.until_steady(pending, "the buffers to be full")
                    self.assertLess(pending(), most)
                self.assert_all_is_over()

    # H40: a hundred streams with a byte each, over and over; all get what they sent.
    def test_bytes_on_a_hundred_streams(self):
        with H2Client(self.port) as client:
            client.settle()
            streams = [client.ask(_POST, ends=False) for _ in range(100)]
            for _ in range(100):
                client.send(b"".join(data(stream, b"x") for stream in streams))
            client.send(b"".join(data(stream, b"x", ends=True) for stream in streams))
            left = set(streams)
            while left:
                found = client.read_frame()
                self.assertIsNotNone(found)
                if found.ends:
                    left.remove(found.stream)
        self.assertEqual(sorted(len(r.body) for r in self.backend.requests if r.method == "POST")[-100:], [101] * 100)
        self.assert_all_is_over()

    # H46: many connections with a hundred streams each that do nothing.
    def test_idle_streams_take_little(self):
        before, clients = self.resident_kib(), 8
        with contextlib.ExitStack() as stack:
            for _ in range(clients):
                client = stack.enter_context(H2Client(self.port))
                for _ in range(100):
                    client.ask(_POST, ends=False)
            self.proxy.wait_for_stat("http.test.http2.streams_active", clients * 100)
            grown = self.resident_kib() - before
            if not is_instrumented():
                self.assertLess(grown, clients * 1024)
        self.assert_all_is_over()


if __name__ == "__main__":
    unittest.main()
