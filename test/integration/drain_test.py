"""The end of the process: SIGTERM loses no request, nothing outlasts the drain time, and the exit code is 0."""
import signal
import threading
import time
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient, is_refused
from test.integration.slow_backend import SlowBackend, half_answered

_HANDSHAKE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version: 13"]


class KeepAliveClient(threading.Thread):
    """Request after request without a pause, until a response says that it is the last."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.answered, self.trouble = 0, None
        self._port = port
        self.start()

    def run(self):
        try:
            with RawClient(self._port) as client:
                is_last = False
                while not is_last:
                    response = client.get("/quick")
                    assert response.status == 200, response
                    is_last = response.header("connection") == "close"
                    self.answered += 1
                assert client.read_rest() == b""
        except Exception as trouble:  # whatever it is belongs to the report
            self.trouble = trouble


class DrainTest(ProxyTestCase):
    def serve(self, drain_time_s=15, drain_timeout="0.3s"):
        self.backend = self.enter(SlowBackend())
        manager = b.connection_manager([b.route("/", "backend")], drain_timeout=drain_timeout,
                                       upgrade_configs=[{"upgrade_type": "websocket"}])
        self.proxy = self.start_proxy(
            b.bootstrap([b.listener(manager), b.listener(b.tcp_proxy("backend"), "tcp")],
                        [b.cluster([self.backend.port])]), arguments=["--drain-time-s", str(drain_time_s)])
        self.port, self.tcp_port = self.proxy.port(), self.proxy.port("tcp")

    def terminate(self):
        self.proxy.terminate()
        waiting.until(lambda: is_refused(self.port) and is_refused(self.tcp_port), "connections to be refused")

    def assert_ends(self, within_s=waiting.DEADLINE_S):
        self.assertEqual(self.proxy.wait(within_s), 0, self.proxy.log())
        self.proxy.check_log()

    def test_p01_no_request_is_lost(self):
        self.serve(drain_timeout="10s")
        clients = [KeepAliveClient(self.port) for _ in range(6)]
        fresh = [self.connect() for _ in range(4)]  # have not said a word
        used = [self.connect() for _ in range(4)]
        for client in used:
            self.assertEqual(client.get().status, 200)
        slow = half_answered(self.connect())
        waiting.until(lambda: all(client.answered > 20 for client in clients), "traffic")
        self.terminate()
        for client in fresh + used:
            response = client.get()
            self.assertEqual((response.status, response.header("connection")), (200, "close"))
            self.assertEqual(client.read_rest(), b"")
        for client in clients:
            client.join(waiting.DEADLINE_S)
            self.assertIsNone(client.trouble)
            self.assertFalse(client.is_alive())
        self.assertEqual(self.proxy.admin("/ready")[::2], (503, "DRAINING\n"))
        self.assertTrue(is_refused(self.port))
        self.backend.go_on.set()
        self.assertEqual(slow.read_rest(), SlowBackend.SECOND_HALF)
        self.assert_ends()

    def test_a_body_that_is_still_being_sent(self):
        self.serve()
        client = self.connect().send(b"POST /quick HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello")
        self.proxy.wait_for_stat("http.test.downstream_rq_active", 1)
        self.terminate()
        response = client.send(b"world").read_response()
        self.assertEqual((response.status, response.header("connection")), (200, "close"))
        self.assert_ends()

    def test_who_says_nothing_holds_up_nothing(self):
        self.serve(drain_time_s=600)
        idle = [self.connect() for _ in range(3)]
        self.assertEqual(idle[0].get().status, 200)
        self.proxy.wait_for_stat("http.test.downstream_cx_active", 3)
        self.proxy.terminate()
        for client in idle:
            self.assertEqual(client.read_rest(), b"")
            self.assertFalse(client.was_reset)
        self.assert_ends()

    # J13: tunnels among them.
    def test_p04_nothing_outlasts_the_drain_time(self):
        self.serve(drain_time_s=1)
        slow, tunnel, tcp = half_answered(self.connect()), self.connect(), self.connect(self.tcp_port)
        tunnel.request("GET", "/socket", headers=_HANDSHAKE)
        self.assertIn(b" 101 ", tunnel.read_head())
        tcp.request("GET", "/slow").read_head()
        started = time.monotonic()
        self.terminate()
        for word in (b"still", b"open"):
            self.assertEqual(tunnel.send(word).read_bytes(len(word)), word)
        self.assert_ends()
        self.assertGreaterEqual(time.monotonic() - started, 0.9)
        for client in (slow, tunnel, tcp):
            client.read_rest()

    def test_a_tunnel_that_ends_by_itself_ends_the_drain(self):
        self.serve(drain_time_s=600)
        tunnel = self.connect().request("GET", "/socket", headers=_HANDSHAKE)
        self.assertIn(b" 101 ", tunnel.read_head())
        self.terminate()
        tunnel.half_close()
        self.assertEqual(tunnel.read_rest(), b"")
        self.assert_ends()

    def test_p02_a_second_sigterm_and_sigint_end_it_at_once(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT), (signal.SIGINT, None)):
            with self.subTest((first, second)):
                self.serve(drain_time_s=600)
                slow = half_answered(self.connect())
                self.proxy.send_signal(first)
                if second is not None:
                    waiting.until(lambda: is_refused(self.port), "the drain to begin")
                    self.proxy.send_signal(second)
                self.assert_ends()
                self.assertEqual(slow.read_rest(), b"")

    def test_the_admin_endpoint_drains_too(self):
        self.serve()
        slow = half_answered(self.connect())
        self.assertEqual(self.proxy.admin("/drain_listeners", "POST")[0], 200)
        waiting.until(lambda: is_refused(self.port), "connections to be refused")
        self.backend.go_on.set()
        self.assertEqual(slow.read_rest(), SlowBackend.SECOND_HALF)
        self.assert_ends()


if __name__ == "__main__":
    unittest.main()
