"""Upstreams that lie, break off and stall: the client gets an error or an aborted response, never a wrong one."""
import unittest

from test.integration import bad_responses as bad
from test.integration import bootstrap as b
from test.integration import strict_parser, waiting
from test.integration.backend import Backend, closing, resetting, response, stalling
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.proxy import AccessLog, Proxy
from test.integration.raw_client import RawClient


def _misbehave(connection):
    """Sends what the path names; good requests are answered well."""
    while True:
        request = connection.read_request()
        name = request.target[1:]
        if name in bad.BAD_GATEWAY:
            connection.send(bad.BAD_GATEWAY[name])
            connection.read_to_end()
        elif name in bad.RELAYED:
            connection.send(bad.RELAYED[name][0])
        elif name in bad.BROKEN_OFF:
            connection.send(bad.BROKEN_OFF[name])
            # What went before must have arrived: an RST overtakes what waits to be read.
            connection.backend.wait_for(lambda: name in connection.backend.seen, "the client to see the beginning")
            connection.reset() if name.endswith(".rst") else connection.finish()
            connection.read_to_end()
        else:
            connection.send(response(b"good"))


class BadResponsesTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.expected_flags = {}
        cls.backend = enter(Backend(_misbehave))
        cls.backend.seen = set()
        cls.log = AccessLog()
        manager = b.connection_manager([b.route("/", "backend")], [cls.log.config()])
        cls.proxy = enter(Proxy(weir(), b.bootstrap([b.listener(manager)], [b.cluster([cls.backend.port])]), workers=1))
        cls.port = cls.proxy.port()
        enter(Canary(cls.port))

    @classmethod
    def tearDownClass(cls):
        def is_right(lines):
            return all(any(line["path"] == "/" + name and line["flags"] == flags for line in lines)
                       for name, flags in cls.expected_flags.items())

        cls.log.wait_for(is_right, f"{cls.expected_flags}")
        cls.proxy.wait_for_silence(allowed=1)
        super().tearDownClass()

    def upstream(self, name):
        return next(c for c in self.backend.connections if f"/{name} ".encode() in c.received)

    def check_dropped(self, name):
        """The connection that brought it is gone, and the client's is good."""
        upstream = self.upstream(name)
        self.backend.wait_for(lambda: upstream.has_ended, "the end of the upstream connection")

    def judge_bad_gateway(self, name):
        with RawClient(self.port) as client:
            client.request("GET", "/" + name)
            answers = [client.read_response()]
            while answers[-1].status < 200:
                answers.append(client.read_response())
            answer = answers[-1]
            self.assertEqual(answer.status, 502)
            self.assertLessEqual(len(answers), 11, "ten interim responses, at most")
            self.assertNotRegex(answer.body, rb"127\.0\.0\.1|http1\.", "nothing about the inside (I10)")
            self.assertEqual(client.get("/good").body, b"good")
        self.check_dropped(name)
        self.expected_flags[name] = "UPE"

    def judge_relayed(self, name):
        with RawClient(self.port) as client:
            self.assertEqual(client.get("/" + name).body, bad.RELAYED[name][1])
            self.assertEqual(client.get("/good").body, b"good")

    def judge_broken_off(self, name):
        with RawClient(self.port) as client:
            client.request("GET", "/" + name)
            head = client.read_head()
            while b"hello" not in client.received:
                client.read_bytes(len(client.received) + 1)
            with self.backend.changed:
                self.backend.seen.add(name)
                self.backend.changed.notify_all()
            whole = head + client.read_rest()
            if b"chunked" in head:
                self.assertIsNone(strict_parser.take_response(whole))
            else:
                self.assertTrue(client.was_reset or b"content-length: 10" in head.lower(), whole)
        self.check_dropped(name)

    def test_g05_a_response_that_ends_with_the_connection(self):
        def until_close(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
            connection.finish()
            connection.read_to_end()

        backend = self.start_backend(until_close)
        proxy = self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")]))],
                                             [b.cluster([backend.port])]))
        with RawClient(proxy.port()) as client:
            for _ in range(2):
                answer = client.get("/")
                self.assertEqual((answer.is_chunked, answer.body), (True, b"hello"))
        self.assertEqual(len(backend.connections), 2)

    def test_g07_surplus_is_dropped_with_its_connection(self):
        self.judge_relayed("G07")
        self.check_dropped("G07")
        self.assertNotIn(b"/good", self.upstream("G07").received.partition(b"/G07 ")[2])


class PooledConnectionsTest(ProxyTestCase):
    """What may go back to the pool, and what may be tried again."""

    def serve(self, behave, *behaviours, route=None, **cluster):
        self.backends = [self.start_backend(behaviour) for behaviour in (behave, *behaviours)]
        self.backend = self.backends[0]
        self.log = self.access_log()
        manager = b.connection_manager([route or b.route("/", "backend")], [self.log.config()])
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(manager)], [b.cluster([backend.port for backend in self.backends], **cluster)]), workers=1)
        self.port = self.proxy.port()
        return self.enter(RawClient(self.port))

    def scripted(self, *answers):
        """A behaviour: the n-th connection sends answers[n] to its first request, then good ones."""
        def behave(connection):
            number = connection.backend.connections.index(connection)
            if number < len(answers):
                connection.read_request()
                connection.send(answers[number])
            while True:
                connection.read_request()
                connection.send(response(b"good"))
        return behave

    def test_g08_bytes_on_an_idle_connection(self):
        client = self.serve(self.scripted(response(b"first")))
        self.assertEqual(client.get("/").body, b"first")
        self.backend.connections[0].socket.sendall(response(b"poison"))
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end of the poisoned connection")
        self.assertEqual(client.get("/").body, b"good")

    def test_g09_bodies_where_there_are_none(self):
        for status in (b"204 No Content", b"304 Not Modified"):
            with self.subTest(status):
                client = self.serve(self.scripted(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\nhello"))
                answer = client.get("/")
                self.assertEqual(answer.body, b"")
                self.assertEqual(answer.header("content-length"), "5" if status.startswith(b"304") else None)
                self.assertEqual(client.get("/").body, b"good")
                self.assertEqual(len(self.backend.connections), 2)

    def test_g10_a_head_with_a_body(self):
        client = self.serve(self.scripted(response(b"hello")))
        self.assertEqual(client.request("HEAD", "/").read_response("HEAD").header("content-length"), "5")
        self.assertEqual(client.get("/").body, b"good")
        self.assertEqual(len(self.backend.connections), 2)

    def test_g19_early_hints_come_before_the_response(self):
        client = self.serve(self.scripted(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response(b"final")))
        client.request("GET", "/")
        answers = [client.read_response()]
        while answers[-1].status < 200:
            answers.append(client.read_response())
        self.assertIn([a.status for a in answers], ([200], [103, 200]))
        self.assertEqual(answers[-1].body, b"final")

    def test_g20_early_hints_and_no_response(self):
        def hints_only(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            connection.finish()
            connection.read_to_end()

        client = self.serve(hints_only).request("GET", "/g20")
        answer = client.read_response()
        while answer.status < 200:
            answer = client.read_response()
        self.assertIn(answer.status, (502, 503))

    def test_g21_an_early_response_stops_the_upload(self):
        def early(connection):
            connection.read_head()
            connection.send(response(b"early", "413 Content Too Large"))
            connection.read_to_end()

        client = self.serve(early)
        client.send(b"POST /g21 HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        answer = client.read_response()
        self.assertEqual((answer.status, answer.body), (413, b"early"))
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")

    def test_g22_the_reason_reaches_a_client_that_is_still_sending(self):
        def early_and_gone(connection):
            connection.read_head()
            connection.send(response(b"too much", "413 Content Too Large"))
            connection.finish()

        client = self.serve(early_and_gone)
        client.send(b"POST /g22 HTTP/1.1\r\nHost: test\r\nContent-Length: 10000000\r\n\r\n", *[b"x" * 16_384] * 64)
        self.assertEqual(client.read_response().status, 413)

    def test_g23_an_upstream_that_only_accepts(self):
        client = self.serve(closing)
        answer = client.get("/g23")
        self.assertEqual(answer.status, 503)
        self.assertLessEqual(len(self.backend.connections), 2, "one more try, at most")
        self.assertIn("UC", self.log.last("/g23")["flags"].split(","))

    def test_g24_n40_a_stale_connection_is_not_the_client_s_problem(self):
        def once(connection):
            connection.read_request()
            connection.send(response())
            connection.receive()
            connection.reset()

        client = self.serve(once)
        for i in range(5):
            self.assertEqual(client.get(f"/{i}").status, 200)
        self.assertEqual(len(self.backend.connections), 5)

    def test_g25_a_post_is_not_sent_twice(self):
        client = self.serve(resetting)
        self.assertEqual(client.request("POST", "/g25", b"pay").read_response().status, 503)
        self.assertEqual(len(self.backend.connections), 1)

    def test_g27_the_route_s_timeout(self):
        client = self.serve(lambda connection: connection.read_to_end(), route=b.route("/", "backend", timeout="0.2s"))
        self.assertEqual(client.get("/g27").status, 504)
        line = self.log.last("/g27")
        self.assertEqual((line["flags"], line["details"]), ("UT", "response_timeout"))
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")
        self.assertEqual(self.proxy.stat("cluster.backend.upstream_rq_timeout"), 1)

    def test_g29_a_response_byte_by_byte(self):
        def slowly(connection):
            connection.read_request()
            for byte in response(b"slow but sure"):
                connection.send(bytes([byte]))

        self.assertEqual(self.serve(slowly).get("/").body, b"slow but sure")

    def test_g30_a_slow_reader_holds_up_the_upstream(self):
        sent = [0]

        def endless(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
            while True:
                connection.send(bytes(65_536))
                sent[0] += 65_536

        client = self.serve(endless)
        before = self.resident_bytes()
        client.request("GET", "/")
        client.read_head()

        waiting.until_steady(lambda: sent[0], "the upstream to be held up")
        self.assertLess(self.resident_bytes() - before, 4 << 20)
        client.reset()
        self.proxy.wait_for_stat("cluster.backend.upstream_cx_active", 0)

    def resident_bytes(self):
        with open(f"/proc/{self.proxy.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    def test_g32_security_fields_cannot_be_nominated(self):
        client = self.serve(self.scripted(response(b"x", headers=[
            "Connection: Set-Cookie, Strict-Transport-Security", "Set-Cookie: a=1",
            "Strict-Transport-Security: max-age=1"])))
        answer = client.get("/")
        if answer.status == 200:
            self.assertEqual((answer.header("set-cookie"), answer.header("strict-transport-security")),
                             ("a=1", "max-age=1"))
        else:
            self.assertEqual(answer.status, 502)

    def leave(self, client, path):
        """While the backend has the request and is silent."""
        client.request("GET", path)
        self.backend.wait_for(lambda: self.backend.connections and self.backend.connections[0].received, "the request")
        client.reset()
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")
        self.assertTrue(self.backend.connections[0].was_reset, "a request that was sent whole may end with a FIN")
        self.assertEqual(self.log.last(path)["flags"], "DC")

    def test_a_client_that_leaves_cancels_upstream(self):
        self.leave(self.serve(stalling), "/f13")

    def test_a_client_that_leaves_cancels_through_every_hop(self):
        self.serve(stalling)
        outer = self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")]))],
                                             [b.cluster([self.port])]))
        self.leave(self.connect(outer.port()), "/far")


def _add_tables():
    for table, judge in ((bad.BAD_GATEWAY, "judge_bad_gateway"), (bad.RELAYED, "judge_relayed"),
                         (bad.BROKEN_OFF, "judge_broken_off")):
        for name in table:
            if name != "G07":
                setattr(BadResponsesTest, f"test_{name.lower().replace('.', '_')}",
                        lambda self, judge=judge, name=name: getattr(self, judge)(name))


_add_tables()

if __name__ == "__main__":
    unittest.main()
