"""What the process leaves lying about: nothing. Descriptors, memory, libraries."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, resetting, response
from test.integration.case import ProxyTestCase, is_instrumented, weir_control
from test.integration.control import Control, manager_over_ads, over_ads
from test.integration.process import VISIBLE, descriptors, libraries, memory_bytes, own_memory_bytes
from test.integration.raw_client import RawClient, get, is_refused

_MIB = 1 << 20


class FreshProcessTest(ProxyTestCase):
    def setUp(self):
        backend = self.start_backend()
        self.proxy = self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")]))],
                                                  [b.cluster([backend.port])]), arguments=VISIBLE)
        self.assertEqual(get(self.proxy.port()).status, 200)

    @unittest.skipIf(is_instrumented(), "a sanitizer needs memory of its own")
    def test_memory(self):
        """Its own, and with the code, which an optimised build has a third less of."""
        self.assertLessEqual(own_memory_bytes(self.proxy.pid), 4 * _MIB)
        self.assertLessEqual(memory_bytes(self.proxy.pid), 24 * _MIB)

    def test_there_is_no_openssl(self):
        """TLS is one library's business, BoringSSL's; gRPC must not bring another."""
        loaded = libraries(self.proxy.pid)
        self.assertTrue(any("libgrpc" in path for path in loaded), loaded)
        of_tls = [path for path in loaded if "libssl" in path or "libcrypto" in path]
        self.assertEqual(len(of_tls), 2, of_tls)
        self.assertEqual([path for path in of_tls if "/android/" not in path], [])


class DescriptorTest(ProxyTestCase):
    """However connections end, their descriptors go."""

    ROUNDS = 30

    def serve(self, behave=None):
        self.backend = self.start_backend(behave)
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")])), b.listener(b.tcp_proxy("backend"), "tcp")],
            [b.cluster([self.backend.port])]), arguments=VISIBLE)
        self.port, self.tcp_port = self.proxy.port(), self.proxy.port("tcp")
        self.before = descriptors(self.proxy.pid)

    def assert_none_is_left(self):
        self.backend.stop()
        waiting.until(lambda: descriptors(self.proxy.pid) <= self.before,
                      lambda: f"{self.before} descriptors; there are {descriptors(self.proxy.pid)}")
        self.proxy.wait_for_silence()

    def test_every_way_to_end(self):
        self.serve()
        request = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n"
        for _ in range(self.ROUNDS):
            for port in (self.port, self.tcp_port):
                self.assertEqual(get(port).status, 200)
                RawClient(port).reset()
                RawClient(port).send(request + b"half").reset()
                RawClient(port).request().reset()
                RawClient(port).send(b"GET / HTT").half_close().socket.close()
            with RawClient(self.port) as client:
                client.send(b"nonsense\r\n\r\n").read_rest()
        self.assert_none_is_left()

    def test_an_upstream_that_resets(self):
        self.serve(resetting)
        for _ in range(self.ROUNDS):
            self.assertEqual(get(self.port).status, 503)
            with RawClient(self.tcp_port) as client:
                client.send(b"hello").read_rest()
        self.assert_none_is_left()

    def test_nobody_listens_upstream(self):
        self.serve()
        self.backend.stop()
        waiting.until(lambda: is_refused(self.backend.port), "the backend to be gone")
        for _ in range(self.ROUNDS):
            self.assertEqual(get(self.port).status, 503)
            with RawClient(self.tcp_port) as client:
                client.read_rest()
        self.assert_none_is_left()


class UpdateTest(ProxyTestCase):
    """A configuration that changes for ever does not grow the process."""

    WARM_UP = 10
    UPDATES = 25

    def setUp(self):
        self.backends = [self.start_backend(answering(lambda _: response(b"x"))) for _ in range(2)]
        self.control = self.enter(Control(weir_control()))
        self.serve(0)
        self.proxy = self.start_proxy(b.ads(self.control.port), arguments=["--drain-time-s", "1", *VISIBLE])
        self.port = self.proxy.port()

    def serve(self, number):
        """Other endpoints, another cluster beside the one, another route, another filter chain."""
        other = f"other{number}"
        self.control.serve(
            clusters=[over_ads("one"), over_ads(other)],
            endpoints=[b.load_assignment([backend.port for backend in self.backends[:1 + number % 2]], name)
                       for name in ("one", other)],
            listeners=[b.listener(manager_over_ads(server_name=f"n{number}", drain_timeout="0.1s"))],
            routes=[b.route_config([b.direct("/number", 200, str(number)), b.route("/other", other), b.route("/", "one")])])

    def update(self, numbers):
        for number in numbers:
            self.serve(number)
            waiting.until(lambda: self.is_live(number), f"update {number}")

    def is_live(self, number):
        with RawClient(self.port) as client:
            answer = client.get("/number")
            is_new = (answer.body, answer.header("server")) == (b"%d" % number, f"n{number}")
            return is_new and client.get("/other").status == 200

    def levels(self):
        self.proxy.wait_for_stat("listener_manager.total_listeners_draining", 0)
        self.proxy.wait_for_silence()
        waiting.until_steady(lambda: descriptors(self.proxy.pid), "connections to end")
        return descriptors(self.proxy.pid), int(self.proxy.admin_json("/memory")["allocated"])

    def test_many_updates(self):
        self.update(range(1, self.WARM_UP))
        files, memory = self.levels()
        self.update(range(self.WARM_UP, self.WARM_UP + self.UPDATES))
        files_after, memory_after = self.levels()
        self.assertLessEqual(files_after, files + 2, "the idle connections to the hosts may be fewer or more")
        if not is_instrumented():
            self.assertLess(memory_after - memory, 4_000 * self.UPDATES, "bytes that stay allocated")


if __name__ == "__main__":
    unittest.main()
