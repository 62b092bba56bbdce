"""A steady request allocates nothing: the calls of malloc in the worker's thread are counted."""
import contextlib
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.case import ProxyTestCase, is_instrumented, malloc_counter
from test.integration.malloc_board import MallocBoard
from test.integration.process import threads
from test.integration.raw_client import RawClient

_CONNECTIONS = 4
_REQUESTS = 2000
# What grows with time rather than with requests: a histogram's next bucket, a timer wheel's next slot.
_ALLOWED = 8

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-App: 1\r\n\r\n5\r\nhello\r\n6\r\n again\r\n0\r\n\r\n"
_BROWSER = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
            "Accept-Encoding: gzip, deflate, br", "Cookie: session=" + "a1b2c3d4" * 8, "X-Custom: some-value"]


def get(client):
    return client.get("/get?a=1")


def get_with_headers(client):
    return client.get("/get?a=1", _BROWSER)


def post(client):
    return client.request("POST", "/post", b"x" * 10_000).read_response()


@unittest.skipIf(is_instrumented(), "a sanitizer has an allocator of its own")
class AllocationTest(ProxyTestCase):
    def serve(self, answer=None, logs=(), routes=None):
        backend = self.start_backend(answering(answer or (lambda _: response(b"x" * 1024))))
        self.board = MallocBoard()
        self.proxy = self.start_proxy(
            b.bootstrap([b.listener(b.connection_manager(routes or [b.route("/", "backend")], logs))],
                        [b.cluster([backend.port])]),
            workers=1, environment=self.board.environment(malloc_counter()))
        # It gives itself its name a little after it was started.
        self.worker = waiting.until(lambda: next((t for t, name in threads(self.proxy.pid).items() if name == "worker_0"), 0),
                                    "the worker's thread")

    def run_requests(self, request, count):
        """Over the same few connections, so that none of them is made or ends."""
        for i in range(count):
            answer = request(self.clients[i % _CONNECTIONS])
            self.assertEqual(answer.status, 200)

    def assert_allocates_nothing(self, request, allowed=_ALLOWED):
        with contextlib.ExitStack() as stack:
            self.clients = [stack.enter_context(RawClient(self.proxy.port())) for _ in range(_CONNECTIONS)]
            self.run_requests(request, 200)
            before = self.board.calls(self.worker)
            self.assertGreater(before[0], 0, "the worker is counted")
            self.board.trace(self.worker, 2 * allowed)
            self.run_requests(request, _REQUESTS)
            allocations, releases = (after - b4 for after, b4 in zip(self.board.calls(self.worker), before))
        self.assertLessEqual(max(allocations, releases), allowed, f"{allocations} allocations, {releases} releases in "
                             f"{_REQUESTS} requests; the first came from\n{self.proxy.log()}")

    def test_the_counter_counts(self):
        """New connections do allocate: the counter sees it."""
        self.serve()
        before, _ = self.board.calls(self.worker)
        for _ in range(10):
            with RawClient(self.proxy.port()) as client:
                self.assertEqual(get(client).status, 200)
        self.assertGreaterEqual(self.board.calls(self.worker)[0] - before, 10)

    def test_get(self):
        self.serve()
        self.assert_allocates_nothing(get)

    def test_get_with_a_browser_s_headers(self):
        self.serve()
        self.assert_allocates_nothing(get_with_headers)

    def test_post(self):
        self.serve()
        self.assert_allocates_nothing(post)

    def test_a_chunked_response(self):
        self.serve(lambda _: _CHUNKED)
        self.assert_allocates_nothing(get)

    def test_a_direct_response(self):
        self.serve(routes=[b.direct("/", 200, "hello")])
        self.assert_allocates_nothing(get)

    def test_changed_headers_and_weighted_clusters(self):
        clusters = {"clusters": [{"name": "backend", "weight": 90}, {"name": "backend", "weight": 10}]}
        route = b.route("/", weighted_clusters=clusters, prefix_rewrite="/new/")
        route["request_headers_to_add"] = [{"header": {"key": "x-added", "value": "%PROTOCOL%"}}]
        route["response_headers_to_remove"] = ["x-app"]
        self.serve(lambda _: _CHUNKED, routes=[route])
        self.assert_allocates_nothing(get_with_headers)

    def test_an_access_log(self):
        log = self.access_log()
        self.serve(logs=[b.file_log(log.path)])
        # Lines are collected in a block, which the writer's thread takes: every block grows anew.
        self.assert_allocates_nothing(get, allowed=_REQUESTS // 50)


if __name__ == "__main__":
    unittest.main()
