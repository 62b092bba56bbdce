"""Framing of requests: what is ambiguous is refused, and nobody else notices (groups A and B)."""
import unittest
from collections import Counter

from test.integration import bootstrap as b
from test.integration import framing_cases as cases
from test.integration import strict_parser
from test.integration.backend import Backend, answering, response
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.proxy import AccessLog, Proxy
from test.integration.raw_client import RawClient


def _early(connection):
    """Answers a head at once, however much of a body is owed."""
    while True:
        connection.read_head()
        connection.send(response(b"early"))
        connection.read_to_end()


class FramingTest(SharedProxyTestCase):
    """One worker: the canary's connection is always on the worker that gets the bad input."""

    @classmethod
    def set_up(cls, enter):
        cls.refusals = Counter()  # by status
        cls.backend = enter(Backend(answering(lambda request: response(b"", headers=["X-Seen: 1"])
                                              if request.method == "HEAD" else response())))
        cls.early_backend = enter(Backend(_early))
        cls.log = AccessLog()
        routes = [b.direct("/direct", 200, "direct"), b.route("/early", "early"), b.route("/", "backend")]
        logs = [cls.log.config()]
        cls.proxy = enter(Proxy(weir(), b.bootstrap(
            [b.listener(b.connection_manager(routes, logs)),
             b.listener(b.connection_manager(
                 routes, logs, common_http_protocol_options={"headers_with_underscores_action": "ALLOW"}), "allow"),
             b.listener(b.connection_manager(routes, logs, request_timeout="0.2s"), "hurried")],
            [b.cluster([cls.backend.port]), b.cluster([cls.early_backend.port], "early")]), workers=1))
        cls.ports = cls.proxy.ports()
        cls.port = cls.ports["http"]
        cls.canary = enter(Canary(cls.port))

    @classmethod
    def tearDownClass(cls):
        cls.check_oracle()
        cls.check_refusals_are_logged()
        cls.proxy.wait_for_silence(allowed=1)  # the canary
        super().tearDownClass()

    @classmethod
    def check_oracle(cls):
        """What the upstream got is exactly what the access log says was forwarded, request by request."""
        got = Counter()
        for connection in cls.backend.connections:
            requests, _ = strict_parser.requests_in(connection.received)
            got.update((r.method, r.target, r.header("host"), len(r.body)) for r in requests
                       if r.target != "/canary")
        assert not cls.backend.faults, cls.backend.faults

        def logged(lines):
            return Counter((line["method"], line["path"], line["host"], int(line["received"])) for line in lines
                           if line["details"] == "via_upstream" and line["path"] != "/canary"
                           and line["cluster"] == "backend")

        cls.log.wait_for(lambda lines: logged(lines) == got, f"the log to agree with the upstream's {got}")
        assert not any(target == cases.SMUGGLED for _, target, _, _ in got), got

    @classmethod
    def check_refusals_are_logged(cls):
        """One line each, with the reason."""
        def logged(lines):
            return Counter(line["code"] for line in lines if str(line["details"]).startswith("http1."))

        cls.log.wait_for(lambda lines: all(logged(lines)[code] >= count for code, count in cls.refusals.items()),
                         f"reasons for {cls.refusals}")

    def judge(self, case, port=None, pieces=None):
        with RawClient(port or self.port) as client:
            client.send(*(pieces or [case.message]))
            answer = client.read_response()
            self.assertEqual(answer.status, case.status, case.message)
            if case.status == 200:
                self.check_forwarded(case)
                self.assertEqual(client.get("/next").status, 200, "the connection is good for another request")
                return
            self.check_refused(case, client, answer)

    def check_refused(self, case, client, answer):
        self.refusals[case.status] += 1
        self.assertEqual(answer.header("connection"), "close")
        self.assertEqual(client.read_rest(), b"", "nothing follows the refusal")
        self.assertFalse(client.was_reset, "the refusal must be readable to its end")
        received = self.backend.received()
        self.assertNotIn(cases.path_of(case.name).encode() + b" ", received)
        self.assertNotIn(cases.SMUGGLED.encode(), received)

    def check_forwarded(self, case):
        seen = [r for r in self.backend.requests if r.target == cases.path_of(case.name)]
        self.assertEqual(len(seen), 1)
        self.assertEqual(seen[0].body, case.body)
        for name, value in case.fields.items():
            self.assertEqual(seen[0].all(name), [] if value is None else [value], name)

    def test_a13_the_largest_length_streams(self):
        length = 2**63 - 1
        with RawClient(self.port) as client:
            client.send(cases.message("A13", f"Content-Length: {length}", body=b"the beginning"))
            self.backend.wait_for(lambda: b"the beginning" in self.backend.received(), "the body's beginning")
        upstream = next(c for c in self.backend.connections if b"/A13 " in c.received)
        self.assertIn(f"content-length: {length}\r\n".encode(), upstream.received)
        self.backend.wait_for(lambda: upstream.has_ended, "the end of the upstream connection")

    def test_a20_fin_in_the_body_breaks_the_upstream_request_off(self):
        with RawClient(self.port) as client:
            client.send(cases.message("A20", "Content-Length: 10", body=b"hello")).half_close()
            rest = client.read_rest()
        self.assertNotIn(b" 200 ", rest)
        upstream = next((c for c in self.backend.connections if b"/A20 " in c.received), None)
        if upstream is not None:
            self.backend.wait_for(lambda: upstream.has_ended, "the end of the upstream connection")
        self.assertIn(self.log.last("/A20")["flags"], ("DC", "DPE"))

    def test_a21_what_follows_a_body_is_a_request_of_its_own(self):
        with RawClient(self.port) as client:
            client.send(cases.message("A21", "Content-Length: 5", body=b"hello@@\r\n\r\n"))
            self.assertEqual(client.read_response().status, 200)
            self.assertEqual(client.read_response().status, 400)
            self.assertEqual(client.read_rest(), b"")
        self.assertEqual([r.body for r in self.backend.requests if r.target == "/A21"], [b"hello"])

    def test_a22_a_body_that_never_comes_times_out(self):
        with RawClient(self.ports["hurried"]) as client:
            client.send(cases.message("A22", f"Content-Length: {10**12}", body=b""))
            answer = client.read_response()
            self.assertEqual((answer.status, answer.header("connection")), (408, "close"))
            self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.log.last("/A22")["details"], "request_overall_timeout")

    def test_a24_a_head_with_a_body(self):
        for name, lines, body in (("A24.0", ["Content-Length: 5"], b"hello"),
                                  ("A24.1", ["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n")):
            with self.subTest(name), RawClient(self.port) as client:
                client.send(cases.message(name, *lines, method="HEAD", body=body))
                self.assertEqual(client.read_response("HEAD").status, 200)
                self.assertEqual(client.get("/next").status, 200)
                self.assertEqual([r.body for r in self.backend.requests if r.target == "/" + name], [b"hello"])

    def test_a25_a_body_that_nobody_read_is_no_request(self):
        smuggled = f"GET {cases.SMUGGLED} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
        with RawClient(self.port) as client:
            client.request("POST", "/direct", smuggled)
            self.assertEqual(client.read_response().body, b"direct")
            client.request("POST", "/direct/2", smuggled)
            self.assertEqual(client.read_response().body, b"direct")
            self.assertEqual(client.get("/next").status, 200)
        self.assertNotIn(cases.SMUGGLED.encode(), self.backend.received())

    def test_a26_post_without_framing_has_no_body(self):
        with RawClient(self.port) as client:
            client.send(cases.message("A26", body=b"GET /A26.next HTTP/1.1\r\nHost: test\r\n\r\n"))
            self.assertEqual([client.read_response().status, client.read_response().status], [200, 200])
        targets = [r.target for r in self.backend.requests]
        self.assertEqual((targets.count("/A26"), targets.count("/A26.next")), (1, 1))

    def test_a27_an_upstream_that_is_owed_a_body_is_not_used_again(self):
        with RawClient(self.port) as client:
            client.send(cases.message("early", "Content-Length: 10", body=b"hello"))
            self.assertEqual(client.read_response().body, b"early")
            first = self.early_backend.connections[-1]
            self.early_backend.wait_for(lambda: first.has_ended, "the end of the upstream connection")
            self.assertNotIn(b"hello" * 2, first.received)
            client.send(b"hello")
            self.assertEqual(client.get("/next").status, 200)

    def test_a28_the_verdict_does_not_depend_on_segments(self):
        refused = cases.refused("A28.0", "Content-Length: 5, 6")
        accepted = cases.forwarded("A28.1", "Content-Length: 005", fields={"content-length": "5"})
        for case in (refused, accepted):
            with self.subTest(case.name):
                self.judge(case, pieces=[case.message[i:i + 1] for i in range(len(case.message))])

    def test_b32_every_byte_around_chunked(self):
        for case in cases.coding_sweep():
            with RawClient(self.port) as client:
                answer = client.send(case.message).read_response()
                self.assertEqual(answer.status, case.status, case.message)
                if case.status == 200:
                    self.check_forwarded(case)
                else:
                    self.check_refused(case, client, answer)


class Http10FramingTest(ProxyTestCase):
    def test_b19_chunked_in_http_10(self):
        backend = self.start_backend()
        proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")],
                                             http_protocol_options={"accept_http_10": True}))],
            [b.cluster([backend.port])]))
        message = cases.message("B19", "Transfer-Encoding: chunked", version="1.0", body=b"5\r\nhello\r\n0\r\n\r\n")
        with RawClient(proxy.port()) as client:
            self.assertEqual(client.send(message).read_response().status, 400)
            self.assertEqual(client.read_rest(), b"")
        self.assertEqual(backend.received(), b"")


def _add_tables():
    """A test method for each row, so that each is counted and named."""
    def add(case, listener):
        method = f"test_{case.name.lower().replace('.', '_')}"
        assert not hasattr(FramingTest, method), method
        setattr(FramingTest, method, lambda self: self.judge(case, self.ports[listener]))

    for case in cases.CONTENT_LENGTH + cases.TRANSFER_ENCODING:
        add(case, "http")
    for case in cases.ALIASES:
        add(case, "allow")


_add_tables()

if __name__ == "__main__":
    unittest.main()
