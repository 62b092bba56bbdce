"""HTTP/1.1 from end to end: messages, connections, hop-by-hop fields, Expect."""
import threading
import unittest

from test.integration import backend as upstream
from test.integration import bootstrap as b
from test.integration.backend import Backend, response
from test.integration.case import SharedProxyTestCase, weir
from test.integration.proxy import AccessLog, Proxy
from test.integration.raw_client import RawClient, get

_MEGABYTE = bytes(range(256)) * 4096


def _answer(request):
    """What the path asks for."""
    path = request.target
    if path == "/echo":
        return response(request.body)
    if path == "/big":
        return response(_MEGABYTE)
    if path == "/chunked":
        return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                b"5;name=value\r\nhello\r\n0006\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n")
    if path == "/close":
        return response(headers=["Connection: close"])
    if path == "/204":
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    if path == "/304":
        return b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"
    if path == "/hop":
        return response(headers=["Connection: X-Private", "X-Private: 1", "Keep-Alive: timeout=5",
                                 "Proxy-Connection: keep-alive", "Set-Cookie: a=1", "Set-Cookie: b=2"])
    if request.method == "HEAD":
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
    return response(path.encode())


class ProxyingTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.backend = enter(Backend(upstream.answering(_answer)))
        cls.log = AccessLog()
        manager = b.connection_manager([b.direct("/direct", 200, "direct"), b.route("/", "backend")], [cls.log.config()])
        cls.proxy = enter(Proxy(weir(), b.bootstrap([b.listener(manager)], [b.cluster([cls.backend.port])]), workers=1))
        cls.port = cls.proxy.port()

    def client(self):
        return self.enter(RawClient(self.port))

    def seen(self, target):
        return [r for r in self.backend.requests if r.target == target]

    # Connections

    def test_connections_are_kept_on_both_sides(self):
        client = self.client()
        for i in range(50):
            self.assertEqual(client.get(f"/keep/{i}").body, f"/keep/{i}".encode())
        used = [c for c in self.backend.connections if b"/keep/" in c.received]
        self.assertEqual(len(used), 1)

    def test_clients_share_upstream_connections(self):
        for i in range(10):
            self.assertEqual(get(self.port, f"/share/{i}").status, 200)
        self.assertEqual(len([c for c in self.backend.connections if b"/share/" in c.received]), 1)

    def test_f09_pipelined_requests_are_answered_in_order(self):
        client = self.client()
        client.send(b"".join(f"GET /pipe/{i} HTTP/1.1\r\nHost: test\r\n\r\n".encode() for i in range(100)))
        for i in range(100):
            self.assertEqual(client.read_response().body, f"/pipe/{i}".encode())
        self.assertEqual(client.get("/after").status, 200)

    def test_f10_pipelining_waits_for_a_slow_reader(self):
        client = self.client()
        client.send(b"GET /big HTTP/1.1\r\nHost: test\r\n\r\n" * 20)
        for _ in range(20):
            self.assertEqual(client.read_response().body, _MEGABYTE)

    def test_f11_nothing_is_executed_after_connection_close(self):
        client = self.client()
        client.send(b"GET /last HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
                    b"GET /too-late HTTP/1.1\r\nHost: test\r\n\r\n")
        answer = client.read_response()
        self.assertEqual((answer.body, answer.header("connection")), (b"/last", "close"))
        self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.seen("/too-late"), [])

    def test_f12_a_half_closed_client_gets_its_response(self):
        client = self.client()
        client.request("GET", "/half").half_close()
        self.assertEqual(client.read_response().body, b"/half")
        self.assertEqual(client.read_rest(), b"")

    def test_an_upstream_that_closes_is_not_used_again(self):
        client = self.client()
        self.assertIsNone(client.get("/close").header("connection"), "it concerns that hop only")
        closed = next(c for c in self.backend.connections if b"GET /close " in c.received)
        self.assertEqual(client.get("/close/next").status, 200)
        self.assertNotIn(b"/close/next", closed.received)

    # Messages

    def test_bodies_with_a_length(self):
        client = self.client()
        self.assertEqual(client.request("POST", "/echo", b"hello").read_response().body, b"hello")
        self.assertEqual(client.request("PUT", "/echo", b"").read_response().body, b"")
        self.assertEqual(client.request("POST", "/echo", _MEGABYTE).read_response().body, _MEGABYTE)
        self.assertEqual([len(r.body) for r in self.seen("/echo")][-3:], [5, 0, len(_MEGABYTE)])

    def test_chunked_requests(self):
        client = self.client()
        client.send(b"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n",
                    b"5;ext=1\r\nhel", b"lo\r\n", b"00000006\r\n world\r\n0", b"\r\nX-Sum: 1\r\n\r\n")
        self.assertEqual(client.read_response().body, b"hello world")
        self.assertEqual(self.seen("/echo")[-1].all("transfer-encoding"), ["chunked"])

    def test_chunked_responses(self):
        answer = self.client().get("/chunked")
        self.assertTrue(answer.is_chunked)
        self.assertEqual(answer.body, b"hello world")

    def test_head_and_bodiless_statuses(self):
        client = self.client()
        answer = client.request("HEAD", "/head").read_response("HEAD")
        self.assertEqual((answer.status, answer.header("content-length")), (200, "1234"))
        self.assertEqual(client.get("/204").all("content-length"), [])
        self.assertEqual(client.get("/304").header("content-length"), "7")
        self.assertEqual(client.request("HEAD", "/direct").read_response("HEAD").header("content-length"), "6")
        self.assertEqual(client.get("/after").body, b"/after")

    def test_interleaved_clients_keep_their_own_answers(self):
        def run(name):
            with RawClient(self.port) as client:
                for i in range(50):
                    body = f"{name}-{i}".encode() * 100
                    answers.append(client.request("POST", "/echo", body).read_response().body == body)

        answers = []
        threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [True] * 400)

    # Fields

    def test_d30_hop_by_hop_fields_stay_on_their_hop(self):
        client = self.client()
        client.get("/fields", ["Connection: keep-alive, X-Secret", "X-Secret: 1", "Keep-Alive: timeout=5",
                               "Proxy-Connection: keep-alive", "TE: gzip", "X-Kept: 1"])
        request = self.seen("/fields")[-1]
        for name in ("connection", "x-secret", "keep-alive", "proxy-connection", "te"):
            self.assertEqual(request.all(name), [], name)
        self.assertEqual(request.header("x-kept"), "1")
        answer = client.get("/hop")
        for name in ("connection", "x-private", "keep-alive", "proxy-connection"):
            self.assertEqual(answer.all(name), [], name)
        self.assertEqual(answer.all("set-cookie"), ["a=1", "b=2"])

    def test_d31_protected_fields_cannot_be_nominated(self):
        for name in ("Host", "X-Forwarded-For", "Authorization", "X-Request-Id"):
            with self.subTest(name):
                self.assertEqual(get(self.port, "/nominated", [f"Connection: {name}"]).status, 400)
        self.assertEqual(self.seen("/nominated"), [])

    def test_what_the_proxy_says_of_itself(self):
        answer = self.client().get("/self", ["X-Envoy-Internal: true", "X-Envoy-Upstream-Rq-Timeout-Ms: 1",
                                             "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"])
        self.assertEqual(answer.header("server"), "weir")
        self.assertRegex(answer.header("date"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertRegex(answer.header("x-envoy-upstream-service-time"), r"^\d+$")
        request = self.seen("/self")[-1]
        self.assertEqual(request.all("x-envoy-internal"), [], "a stranger cannot claim to be internal")
        self.assertEqual(request.header("x-envoy-expected-rq-timeout-ms"), "15000")
        self.assertEqual(",".join(request.all("x-forwarded-for")).split(",")[-1].strip(), "127.0.0.1")
        self.assertEqual(request.header("x-forwarded-proto"), "http")
        self.assertRegex(request.header("x-request-id"), r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

    def test_the_path_is_normalised_before_it_is_forwarded(self):
        client = self.client()
        for path, forwarded in (("/a/./b/../c", "/a/c"), ("//twice///x", "/twice/x"), ("/%7euser", "/~user")):
            with self.subTest(path):
                self.assertEqual(client.get(path).body.decode(), forwarded)

    # Expect

    def test_f01_100_continue(self):
        client = self.client()
        client.send(b"POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(client.read_response().status, 100)
        answer = client.send(b"hello").read_response()
        self.assertEqual((answer.status, answer.body), (200, b"hello"))
        self.assertEqual(self.seen("/echo")[-1].all("expect"), [])

    def test_f03_a_body_that_does_not_wait(self):
        client = self.client()
        client.send(b"POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"
                    b"GET /f03 HTTP/1.1\r\nHost: test\r\n\r\n")
        answers = [client.read_response()]
        while answers[-1].body != b"/f03":
            answers.append(client.read_response())
        self.assertIn([a.status for a in answers], ([200, 200], [100, 200, 200]))

    def test_f04_other_expectations(self):
        for value in ("foo", "y 100-continue", "100-continue, x"):
            with self.subTest(value):
                answer = get(self.port, "/f04", [f"Expect: {value}"])
                self.assertEqual((answer.status, answer.header("connection")), (417, "close"))
        self.assertEqual(self.seen("/f04"), [])

    def test_f06_an_expectation_without_a_body(self):
        client = self.client()
        client.send(b"POST /f06 HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual(client.read_response().status, 200)
        self.assertEqual(client.get("/f06", ["Expect: 100-continue"]).status, 200)

    def test_f02_an_answer_before_the_body_ends_the_connection(self):
        client = self.client()
        client.send(b"POST /direct HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        answer = client.read_response()
        self.assertEqual((answer.status, answer.header("connection")), (200, "close"))
        client.send(b"GET /f02 HTTP/1.1\r\nHost: test\r\n\r\n")
        self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.seen("/f02"), [])

    # Upgrades that nobody configured; CONNECT

    def test_f14_h2c_is_never_passed_on(self):
        answer = self.client().get("/f14", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                                            "HTTP2-Settings: AAMAAABkAAQAAP__"])
        self.assertEqual(answer.status, 200)
        request = self.seen("/f14")[-1]
        self.assertEqual(request.all("upgrade") + request.all("http2-settings") + request.all("connection"), [])

    def test_f15_an_upgrade_that_is_not_allowed(self):
        answer = get(self.port, "/f15", ["Connection: Upgrade", "Upgrade: foo"])
        self.assertIn(answer.status, (200, 403))
        for request in self.seen("/f15"):
            self.assertEqual(request.all("upgrade"), [])

    def test_connect_is_no_way_through(self):
        client = self.client()
        client.send(b"CONNECT internal:22 HTTP/1.1\r\nHost: internal:22\r\n\r\nSSH-2.0-x\r\n")
        self.assertGreaterEqual(client.read_response().status, 400)
        self.assertEqual(client.read_rest(), b"")
        self.assertNotIn(b"SSH-2.0-x", self.backend.received())


if __name__ == "__main__":
    unittest.main()
