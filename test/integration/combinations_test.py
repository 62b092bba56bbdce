"""What every combination of versions and transports, down and up, must do alike; with curl, nghttp and h2load."""
import os
from concurrent import futures
import subprocess
import tempfile
import unittest

from test.integration import h2_frames as h2
from test.integration import h2load
from test.integration.backend import response
from test.integration.case import SharedProxyTestCase
from test.integration.http_paths import PATHS, HttpPaths, is_http2, is_secure
from test.integration.raw_client import RawClient

_LARGE = bytes(range(256)) * 1024  # more than any window or buffer on the way
_AT_ONCE = 4
_UNDER_THE_LIMIT, _OVER_THE_LIMIT = 59_000, 62_000  # of 60 KiB


def _answer(request):
    path = request.target
    if path.endswith("/echo"):
        return response(request.body)
    if path.endswith("/big"):
        return response(_LARGE)
    if path.endswith("/trailers"):
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-sum: 42\r\n\r\n"
    if path.endswith("/hints"):
        return b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + response(b"hinted")
    if path.endswith("/large-head"):
        return response(b"", headers=["X-Large: " + "x" * _UNDER_THE_LIMIT])
    if path.endswith("/too-large-head"):
        return response(b"", headers=["X-Large: " + "x" * _OVER_THE_LIMIT])
    return response(b"ok")


def _behave(connection):
    while True:
        head = connection.read_head()
        if head.target.endswith("/early"):
            connection.send(response(b"enough", status="413 Content Too Large", headers=["Connection: close"]))
            connection.finish()
            return connection.read_to_end()  # closing over unread bytes would take the answer back
        if head.target.endswith("/reset"):
            return connection.reset()
        if head.target.endswith("/torn"):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            return connection.reset()
        connection.send(_answer(connection.read_body(head)))


class CombinationsTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.paths = HttpPaths(enter, _behave)
        cls.proxy = cls.paths.proxy
        cls.file = enter(tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")))
        cls.file.write(_LARGE)
        cls.file.flush()

    def for_each(self, test, paths=PATHS):
        """A few at once: a client's process is mostly its start."""
        with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
            results = [(path, pool.submit(test, *path)) for path in paths]
        for (down, up), result in results:
            with self.subTest(down=down, up=up):
                result.result()

    def fetch(self, down, up, path, *options):
        return self.paths.fetch(down, up, path, *options)

    def nghttp(self, down, up, path, *options):
        """Its table of requests."""
        command = ["nghttp", "--null-out", "--no-verify-peer", "--stat", *options, self.paths.load_url(down, up, path)]
        return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout.decode()

    def assert_answer(self, answer, body, status=200):
        self.assertEqual((answer.exit_code, answer.status), (0, status), answer.heads)
        self.assertEqual(answer.body, body)

    def test_bodies_both_ways(self):
        def test(down, up):
            answer = self.fetch(down, up, "/echo", "--data-binary", "@" + self.file.name)
            self.assert_answer(answer, _LARGE)
            self.assertEqual(answer.version, "2" if is_http2(down) else "1.1")

        self.for_each(test)

    def test_trailers(self):
        def test(down, up):
            answer = self.fetch(down, up, "/trailers", "-H", "TE: trailers")
            self.assert_answer(answer, b"body")
            self.assertIn("x-sum: 42", answer.heads.partition("\r\n\r\n")[2])

        self.for_each(test)

    def test_trailers_of_requests(self):
        def test(down, up):
            mark = f"{down}-to-{up}"
            if down == "h1":
                client = self.enterContext(RawClient(self.paths.port(down)))
                client.send(f"POST /{up}/x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
                            f"4\r\nbody\r\n0\r\nx-mark: {mark}\r\n\r\n".encode())
                self.assertEqual(client.read_response().status, 200)
            else:
                client = self.enterContext(h2.H2Client(self.paths.port(down)).settle())
                stream = client.ask(h2.request("POST", f"/{up}/x"), ends=False)
                client.send(h2.data(stream, b"body") + h2.head(stream, h2.fields(("x-mark", mark))))
                self.assertEqual(client.read_stream(stream).status, 200)
            self.assertIn(f"\r\n4\r\nbody\r\n0\r\nx-mark: {mark}\r\n\r\n".encode(), self.paths.backend.received())

        self.for_each(test, [(down, up) for down, up in PATHS if not is_secure(down)])

    def test_early_hints(self):
        def test(down, up):
            answer = self.fetch(down, up, "/hints")
            self.assert_answer(answer, b"hinted")
            self.assertIn(" 103", answer.heads)
            self.assertIn("link: </a.css>; rel=preload", answer.heads.lower())

        self.for_each(test)

    def test_an_expectation(self):
        def test(down, up):
            answer = self.fetch(down, up, "/echo", "-H", "Expect: 100-continue", "--data-binary", "awaited")
            self.assert_answer(answer, b"awaited")
            self.assertIn(" 100", answer.heads)

        self.for_each(test)

    def test_large_heads(self):
        def test(down, up):
            self.assert_answer(self.fetch(down, up, "/x", "-H", "x-large: " + "x" * _UNDER_THE_LIMIT), b"ok")
            self.assertEqual(self.fetch(down, up, "/x", "-H", "x-large: " + "x" * _OVER_THE_LIMIT).status, 431)
            answer = self.fetch(down, up, "/large-head")
            self.assert_answer(answer, b"")
            self.assertIn("x" * _UNDER_THE_LIMIT, answer.heads)
            self.assertIn(self.fetch(down, up, "/too-large-head").status, (502, 503))

        self.for_each(test)

    def test_an_early_answer(self):
        def test(down, up):
            if is_http2(down):  # curl 7.88 takes the RST_STREAM behind it for a failure
                out = self.nghttp(down, up, "/early", "--data=" + self.file.name)
                self.assertRegex(out, r" 413 +6 /")
            else:
                answer = self.fetch(down, up, "/early", "--data-binary", "@" + self.file.name)
                self.assertEqual((answer.status, answer.body), (413, b"enough"))

        self.for_each(test)

    def test_resets_of_the_upstream(self):
        def test(down, up):
            self.assertEqual(self.fetch(down, up, "/reset").status, 503)
            self.assertNotEqual(self.fetch(down, up, f"/{down}/torn").exit_code, 0)

        def torn_lines(lines):
            return {line["path"]: line for line in lines if (line["path"] or "").endswith("/torn")}

        def test_log(down, up):
            line = torn[f"/{up}/{down}/torn"]
            self.assertEqual((line["code"], line["flags"]), (200, "UR" if is_http2(up) else "UC"))
            if up == "h1":
                self.assertEqual(line["details"], "upstream_reset_after_response_started{connection_termination}")
            elif is_http2(up):
                self.assertEqual(line["details"], "upstream_reset_after_response_started{remote_reset}")

        self.for_each(test)
        torn = torn_lines(self.paths.log.wait_for(lambda lines: len(torn_lines(lines)) == len(PATHS), "a line for each"))
        self.for_each(test_log)

    def test_load(self):
        def test(down, up):
            options = () if is_http2(down) else ("--h1",)
            # The backend is a slow one, the inner proxy answers itself; and HTTP/1 asks for one at a time.
            count = 200 if up == "h1" else 2000 if is_http2(down) else 500
            load = h2load.run(self.paths.load_url(down, up, "/load"), *options, requests=count, connections=2,
                              streams=100 if is_http2(down) else 1)
            self.assertEqual((load.done, load.statuses), (count, {"2xx": count}))

        self.for_each(test)

    def test_nghttp(self):
        def test(down, up):
            out = self.nghttp(down, up, "/big", "--multiply=20")
            self.assertEqual(out.count(" 200 256K "), 20, out[-2000:])

        self.for_each(test, [(down, up) for down, up in PATHS if is_http2(down)])


if __name__ == "__main__":
    unittest.main()
