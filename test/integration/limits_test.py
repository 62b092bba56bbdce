"""Every wait is finite and every size bounded: timeouts, limits of heads, HTTP/1.0, lifetimes of connections."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response, saying, stalling
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient, exchange, get

_SHORT = "0.2s"
# After a short time has passed nothing else may end a connection that should stay.
_PATIENCE_S = 0.5


class LimitsTest(ProxyTestCase):
    def serve(self, behave=None, route=None, **manager):
        """Backend, proxy, port of its one listener; `manager` holds fields of the connection manager."""
        self.backend = self.start_backend(behave)
        self.log = self.access_log()
        routes = [route or b.route("/", "backend")]
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager(routes, [self.log.config()], **manager))],
            [b.cluster([self.backend.port])]), workers=1)
        self.port = self.proxy.port()
        return self.port

    def test_a_head_must_come_in_time(self):
        with RawClient(self.serve(request_headers_timeout=_SHORT)) as client:
            self.assertEqual(client.get("/").status, 200)
            answer = client.send(b"GET / HTTP/1.1\r\nHost:").read_response()
            self.assertEqual((answer.status, answer.header("connection")), (408, "close"))
            self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.proxy.stat("http.test.downstream_rq_header_timeout"), 1)

    def test_an_idle_connection_is_closed(self):
        with RawClient(self.serve(common_http_protocol_options={"idle_timeout": _SHORT})) as client:
            self.assertEqual(client.get("/").status, 200)
            self.assertEqual(client.read_rest(), b"", "a clean close")
            self.assertFalse(client.was_reset)
        self.proxy.wait_for_stat("http.test.downstream_cx_idle_timeout", 1)

    def test_an_idle_timeout_does_not_cut_a_request(self):
        def slow(connection):
            connection.read_request()
            waiting.until(released, "the test's leave")
            connection.send(response(b"slow"))

        answers = []
        released = lambda: answers
        with RawClient(self.serve(slow, common_http_protocol_options={"idle_timeout": _SHORT})) as client:
            client.request("GET", "/")
            self.assertTrue(client.has_nothing_to_read(_PATIENCE_S))
            answers.append("now")
            self.assertEqual(client.read_response().body, b"slow")

    def test_an_upstream_that_stays_silent(self):
        answer = get(self.serve(stalling, stream_idle_timeout=_SHORT), "/silent")
        self.assertEqual(answer.status, 504)
        line = self.log.last("/silent")
        self.assertEqual((line["flags"], line["details"]), ("SI", "stream_idle_timeout"))
        self.assertEqual(self.proxy.stat("http.test.downstream_rq_idle_timeout"), 1)

    def test_a_sender_that_stops_in_its_body(self):
        with RawClient(self.serve(stalling, stream_idle_timeout=_SHORT)) as client:
            client.send(b"POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello")
            answer = client.read_response()
            self.assertEqual((answer.status, answer.header("connection")), (408, "close"))
            self.assertEqual(client.read_rest(), b"")
        self.backend.wait_for(lambda: all(c.has_ended for c in self.backend.connections), "the end upstream")

    def test_a_response_that_stops_is_broken_off(self):
        stops = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        rest = exchange(self.serve(stops, stream_idle_timeout=_SHORT), b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertTrue(rest.endswith(b"\r\n\r\nhello"), rest)

    def test_the_route_s_idle_timeout_comes_first(self):
        route = b.route("/", "backend", idle_timeout=_SHORT)
        self.assertEqual(get(self.serve(stalling, route, stream_idle_timeout="60s")).status, 504)

    def test_a_request_must_be_whole_in_time(self):
        with RawClient(self.serve(request_timeout=_SHORT)) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n")
            self.assertEqual(client.read_response().status, 408)
            self.assertEqual(client.read_rest(), b"")

    def test_a_stream_may_not_last_for_ever(self):
        port = self.serve(stalling, common_http_protocol_options={"max_stream_duration": _SHORT})
        self.assertEqual(get(port, "/long").status, 504)
        self.assertEqual(self.log.last("/long")["flags"], "DT")

    def test_a_connection_may_not_last_for_ever(self):
        port = self.serve(common_http_protocol_options={"max_connection_duration": _SHORT}, drain_timeout="0.1s")
        with RawClient(port) as client:
            self.assertEqual(client.get("/").status, 200)
            self.assertEqual(client.read_rest(), b"")
        self.proxy.wait_for_stat("http.test.downstream_cx_max_duration_reached", 1)

    def test_f25_the_last_request_of_a_connection_says_so(self):
        with RawClient(self.serve(common_http_protocol_options={"max_requests_per_connection": 3})) as client:
            said = [client.get(f"/{i}").header("connection") for i in range(3)]
            self.assertEqual(said, [None, None, "close"])
            self.assertEqual(client.read_rest(), b"")

    def test_f25_many_requests_on_one_connection(self):
        with RawClient(self.serve()) as client:
            for i in range(2000):
                self.assertEqual(client.get("/").status, 200)
        self.assertEqual(len(self.backend.connections), 1)


class HeadLimitsTest(ProxyTestCase):
    def setUp(self):
        backend = self.start_backend()
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")])),
             b.listener(b.connection_manager(
                 [b.route("/", "backend")], max_request_headers_kb=4,
                 common_http_protocol_options={"max_headers_count": 10}), "small")],
            [b.cluster([backend.port])]), workers=1)

    def status(self, lines, target="/", listener="http"):
        return get(self.proxy.port(listener), target, lines).status

    def test_size_of_the_head(self):
        self.assertEqual(self.status(["X-Big: " + "x" * 50_000]), 200)
        self.assertEqual(self.status(["X-Big: " + "x" * 64_000]), 431)
        self.assertEqual(self.status([f"X-{'n' * 64_000}: x"]), 431)
        self.assertEqual(self.status(["X-Big: " + "x" * 3_000], listener="small"), 200)
        self.assertEqual(self.status(["X-Big: " + "x" * 5_000], listener="small"), 431)

    def test_number_of_fields(self):
        self.assertEqual(self.status([f"X-{i}: {i}" for i in range(99)]), 200)
        self.assertEqual(self.status([f"X-{i}: {i}" for i in range(100)]), 431)
        self.assertEqual(self.status(["Cookie: a"] * 1000), 431)
        self.assertEqual(self.status([f"X-{i}: {i}" for i in range(9)], listener="small"), 200)
        self.assertEqual(self.status([f"X-{i}: {i}" for i in range(10)], listener="small"), 431)

    def test_length_of_the_target(self):
        self.assertEqual(self.status([], "/" + "x" * 15_000), 200)
        self.assertEqual(self.status([], "/" + "x" * 17_000), 414)

    def test_refusals_are_counted(self):
        self.status(["X-Big: " + "x" * 64_000])
        self.assertEqual(self.proxy.stat("http.test.downstream_rq_too_large"), 1)


class Http10Test(ProxyTestCase):
    def serve(self, **options):
        backend = self.start_backend(answering(
            lambda request: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            if request.target == "/chunked" else response()))
        return self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")], http_protocol_options=options))],
            [b.cluster([backend.port])])).port()

    def test_refused_unless_allowed(self):
        with RawClient(self.serve()) as client:
            answer = client.send(b"GET / HTTP/1.0\r\nHost: test\r\n\r\n").read_response()
            self.assertEqual((answer.status, answer.header("connection")), (426, "close"))
            self.assertEqual(client.read_rest(), b"")

    def test_allowed_it_ends_with_the_response(self):
        with RawClient(self.serve(accept_http_10=True)) as client:
            answer = client.send(b"GET / HTTP/1.0\r\nHost: test\r\n\r\n").read_response()
            self.assertEqual((answer.status, answer.body), (200, b"ok"))
            self.assertEqual(client.read_rest(), b"")

    def test_kept_alive_on_request(self):
        port = self.serve(accept_http_10=True)
        with RawClient(port) as client:
            for _ in range(2):
                client.send(b"GET / HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n")
                answer = client.read_response()
                self.assertEqual((answer.body, answer.header("connection")), (b"ok", "keep-alive"))

    def test_never_chunked(self):
        raw = exchange(self.serve(accept_http_10=True), b"GET /chunked HTTP/1.0\r\nHost: test\r\n\r\n")
        head, _, body = raw.partition(b"\r\n\r\n")
        self.assertEqual(body, b"hello")
        self.assertNotIn(b"chunked", head)

    def test_without_a_host(self):
        bare = b"GET / HTTP/1.0\r\n\r\n"
        self.assertIn(b" 400 ", exchange(self.serve(accept_http_10=True), bare).split(b"\r\n")[0])
        self.assertIn(b" 200 ", exchange(self.serve(accept_http_10=True, default_host_for_http_10="old"), bare))

    def test_f05_expect_means_nothing(self):
        with RawClient(self.serve(accept_http_10=True)) as client:
            client.send(b"POST / HTTP/1.0\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
            self.assertEqual(client.read_response().status, 200)

    def test_e12_to_e16_other_versions(self):
        port = self.serve()
        for version, statuses in (("HTTP/1.2", (505,)), ("HTTP/2.0", (505,)), ("HTTP/1.10", (400,)),
                                  ("http/1.1", (400,)), ("HTTP/1.", (400,))):
            with self.subTest(version), RawClient(port) as client:
                client.send(f"GET / {version}\r\nHost: test\r\n\r\n".encode())
                self.assertIn(client.read_response().status, statuses)
        self.assertNotIn(b" 200 ", exchange(port, b"GET /\r\n\r\n"))


if __name__ == "__main__":
    unittest.main()
