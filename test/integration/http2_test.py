"""HTTP/2 from end to end, with curl: every combination of versions down and up, bodies, ends and drains.

The outer proxy speaks either version to its client and both to its upstreams: HTTP/1 to the backend
itself, and HTTP/2 to an inner proxy, which speaks HTTP/1 to the same backend.
"""
import os
import tempfile
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import curl, h2load
from test.integration.backend import Backend, response
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.proxy import AccessLog, Proxy
from test.integration.slow_backend import SlowBackend

_MEGABYTE = bytes(range(256)) * 4096
_VERSIONS = [(down, up) for down in (False, True) for up in ("one", "two")]


def _answer(request):
    path = request.target
    if path.endswith("/echo"):
        return response(request.body)
    if path.endswith("/big"):
        return response(_MEGABYTE)
    if path.endswith("/204"):
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    if path.endswith("/304"):
        return b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"
    if path.endswith("/close"):
        return response(b"last", headers=["Connection: close", "Keep-Alive: timeout=5"])
    if request.method == "HEAD":
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
    return response(path.encode(), headers=["Set-Cookie: a=1", "Set-Cookie: b=2"])


def _behave(connection):
    while True:
        request = connection.read_request()
        if request.target.endswith("/torn"):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            return connection.reset()
        connection.send(_answer(request))


class Http2Test(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.backend = enter(Backend(_behave))
        to_backend = b.connection_manager([b.route("/", "backend")])
        cls.inner = enter(Proxy(weir(), b.bootstrap([b.listener(to_backend)], [b.cluster([cls.backend.port])]), workers=1))
        cls.log = AccessLog()
        manager = b.connection_manager(
            [b.route("/one/", "one"), b.route("/two/", "two")],
            [cls.log.config()], http2_protocol_options={"max_concurrent_streams": 50})
        cls.proxy = enter(Proxy(
            weir(), b.bootstrap([b.listener(manager)], [b.cluster([cls.backend.port], "one"), b.over_http2([cls.inner.port()], "two")]),
            workers=1))
        cls.port = cls.proxy.port()

    def fetch(self, path, *options, http2=True):
        return curl.fetch(f"http://127.0.0.1:{self.port}{path}", *options, http2=http2)

    def for_each(self, test):
        for http2, up in _VERSIONS:
            with self.subTest(down="HTTP/2" if http2 else "HTTP/1", up=up):
                test(http2, up)

    def test_a_request(self):
        def test(http2, up):
            answer = self.fetch(f"/{up}/x", http2=http2)
            self.assertEqual((answer.exit_code, answer.status), (0, 200))
            self.assertEqual(answer.version, "2" if http2 else "1.1")
            self.assertEqual(answer.body, f"/{up}/x".encode())
            self.assertIn("set-cookie: a=1\r\nset-cookie: b=2", answer.heads)
            self.assertEqual(answer.heads.lower().count("content-length: "), 1)

        self.for_each(test)

    def test_large_bodies(self):
        with tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")) as file:
            file.write(_MEGABYTE)
            file.flush()

            def test(http2, up):
                self.assertEqual(self.fetch(f"/{up}/big", http2=http2).body, _MEGABYTE)
                sent = self.fetch(f"/{up}/echo", "--data-binary", "@" + file.name, http2=http2)
                self.assertEqual((sent.exit_code, sent.status), (0, 200))
                self.assertEqual(sent.body, _MEGABYTE)

            self.for_each(test)

    def test_a_body_of_unknown_length(self):
        def test(http2, up):
            answer = self.fetch(f"/{up}/echo", "-H", "Transfer-Encoding: chunked" if not http2 else "content-length:",
                                "--data-binary", "some text", http2=http2)
            self.assertEqual(answer.body, b"some text")

        self.for_each(test)

    def test_messages_without_a_body(self):
        def test(http2, up):
            head = self.fetch(f"/{up}/head", "--head", http2=http2)
            self.assertEqual((head.exit_code, head.status), (0, 200))
            self.assertIn("content-length: 1234", head.heads)
            for status in (204, 304):
                answer = self.fetch(f"/{up}/{status}", http2=http2)
                self.assertEqual((answer.exit_code, answer.status, answer.body), (0, status, b""))

        self.for_each(test)

    def test_what_belongs_to_a_connection_stays_there(self):
        def test(http2, up):
            answer = self.fetch(f"/{up}/close", http2=http2)
            self.assertEqual((answer.exit_code, answer.body), (0, b"last"))
            self.assertNotIn("keep-alive", answer.heads)

        self.for_each(test)

    def test_a_torn_response_is_no_whole_one(self):
        def test(http2, up):
            answer = self.fetch(f"/{up}/torn", http2=http2)
            self.assertNotEqual(answer.exit_code, 0)
            self.assertNotEqual(answer.body, b"helloworld")

        self.for_each(test)

    def test_many_at_once_share_a_connection(self):
        before = self.proxy.stat("cluster.two.upstream_cx_total")
        load = h2load.run(f"http://127.0.0.1:{self.port}/two/x", requests=300, connections=1, streams=50)
        self.assertEqual((load.done, load.succeeded, load.statuses), (300, 300, {"2xx": 300}))
        self.assertLessEqual(self.proxy.stat("cluster.two.upstream_cx_total") - before, 1)
        self.assertGreaterEqual(self.inner.stat("http.test.downstream_cx_http2_total"), 1)

    def test_counters(self):
        before = self.proxy.stat("http.test.downstream_rq_http2_total")
        self.fetch("/one/counted")
        self.assertEqual(self.proxy.stat("http.test.downstream_rq_http2_total"), before + 1)
        self.proxy.wait_for_stat("http.test.downstream_cx_http2_active", 0)
        self.proxy.wait_for_stat("http.test.http2.streams_active", 0)

    def test_refused_heads_are_logged_and_the_connection_goes_on(self):
        before = self.proxy.stat("http.test.downstream_cx_http2_total")
        answer = self.fetch("/one/x", "-H", "a_b: c")
        self.assertNotEqual(answer.exit_code, 0)
        load = h2load.run(f"http://127.0.0.1:{self.port}/one/x", "-H", "a_b: c", requests=5, connections=1, streams=1)
        self.assertEqual((load.done, load.succeeded), (5, 0))
        self.assertEqual(self.proxy.stat("http.test.downstream_cx_http2_total") - before, 2)
        self.log.wait_for(lambda lines: any(line["details"] == "http2.unexpected_underscore" for line in lines), "the refusal's line")


class Http2DrainTest(ProxyTestCase):
    def test_a_stream_that_runs_is_finished(self):
        backend = self.enter(SlowBackend())
        manager = b.connection_manager([b.route("/", "backend")])
        proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.cluster([backend.port])]), workers=1)
        answers = []
        url = f"http://127.0.0.1:{proxy.port()}/slow"
        client = threading.Thread(target=lambda: answers.append(curl.fetch(url)))
        client.start()
        proxy.wait_for_stat("http.test.downstream_rq_active", 1)
        proxy.terminate()
        proxy.wait_for_line("drain")
        backend.go_on.set()
        client.join()
        self.assertEqual((answers[0].exit_code, answers[0].status), (0, 200))
        self.assertEqual(answers[0].body, SlowBackend.FIRST_HALF + SlowBackend.SECOND_HALF)
        self.assertEqual(proxy.wait(), 0)


if __name__ == "__main__":
    unittest.main()
