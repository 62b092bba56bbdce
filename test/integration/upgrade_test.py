"""WebSocket upgrades as a byte tunnel, and everything that is none (F16 to F20, F24)."""
import unittest

from test.integration import bootstrap as b
from test.integration.case import ProxyTestCase
from test.integration.backend import response, saying
from test.integration.raw_client import RawClient

_HANDSHAKE = (b"GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
_SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


def _echoing(connection):
    """Switches, then returns what comes."""
    connection.read_head()
    connection.send(_SWITCH + b"welcome")
    while True:
        connection.send(connection.receive())


class UpgradeTest(ProxyTestCase):
    def serve(self, behave=_echoing, manager=None, **route):
        self.backend = self.start_backend(behave)
        self.log = self.access_log()
        fields = {"upgrade_configs": [{"upgrade_type": "websocket"}]} if manager is None else manager
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend", **route)], [self.log.config()], **fields))],
            [b.cluster([self.backend.port])]), workers=1)
        client = self.enter(RawClient(self.proxy.port()))
        return client

    def test_a_tunnel_carries_bytes_both_ways(self):
        client = self.serve().send(_HANDSHAKE)
        answer = client.read_response()
        self.assertEqual((answer.status, answer.header("upgrade")), (101, "websocket"))
        self.assertEqual(answer.header("connection").lower(), "upgrade")
        self.assertEqual(client.read_bytes(7), b"welcome")
        for size in (1, 125, 65_536, 300_000):
            frame = bytes(i % 251 for i in range(size))
            self.assertEqual(client.send(frame).read_bytes(size), frame)
        head = self.backend.connections[0].received.split(b"\r\n\r\n")[0].lower()
        self.assertIn(b"upgrade: websocket", head)
        self.assertIn(b"sec-websocket-key: dghlihnhbxbszsbub25jzq==", head)
        self.assertEqual(self.proxy.stat("http.test.downstream_cx_upgrades_active"), 1)

    def test_the_end_of_either_side_ends_the_tunnel(self):
        client = self.serve().send(_HANDSHAKE)
        self.assertEqual(client.read_response().status, 101)
        self.assertEqual(client.read_bytes(7), b"welcome")
        client.half_close()
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the FIN upstream")
        self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.log.last("/ws")["code"], 101)
        self.proxy.wait_for_stat("http.test.downstream_cx_upgrades_active", 0)

    def test_a_tunnel_outlives_the_route_s_timeout(self):
        client = self.serve(timeout="0.1s").send(_HANDSHAKE)
        self.assertEqual(client.read_response().status, 101)
        self.assertEqual(client.read_bytes(7), b"welcome")
        self.assertTrue(client.has_nothing_to_read(0.3))
        self.assertEqual(client.send(b"still here").read_bytes(10), b"still here")

    def test_a_route_may_allow_it_alone(self):
        client = self.serve(manager={}, upgrade_configs=[{"upgrade_type": "WebSocket"}]).send(_HANDSHAKE)
        self.assertEqual(client.read_response().status, 101)

    def test_a_route_may_forbid_it(self):
        client = self.serve(upgrade_configs=[{"upgrade_type": "websocket", "enabled": False}]).send(_HANDSHAKE)
        self.assertEqual(client.read_response().status, 403)
        self.assertEqual(self.backend.received(), b"")

    def test_nobody_allowed_it(self):
        client = self.serve(manager={}).send(_HANDSHAKE)
        self.assertEqual(client.read_response().status, 403)
        self.assertEqual(self.proxy.stat("http.test.downstream_rq_ws_on_non_ws_route"), 1)

    def test_f16_payload_waits_for_the_101(self):
        held = []

        def slow(connection):
            connection.read_head()
            held.append(connection.received.split(b"\r\n\r\n", 1)[1])
            connection.send(_SWITCH)
            connection.send(connection.read_bytes(5))
            connection.read_to_end()

        client = self.serve(slow).send(_HANDSHAKE + b"early")
        self.assertEqual(client.read_response().status, 101)
        self.assertEqual(client.read_bytes(5), b"early")
        self.assertEqual(held, [b""])

    def test_f16_payload_is_dropped_when_it_is_refused(self):
        def refusing(connection):
            connection.read_head()
            connection.send(response(b"no", "403 Forbidden"))
            connection.read_to_end()

        client = self.serve(refusing).send(_HANDSHAKE + b"GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n")
        answer = client.read_response()
        self.assertEqual((answer.status, answer.header("connection")), (403, "close"))
        self.assertEqual(client.read_rest(), b"")
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")
        self.assertNotIn(b"smuggled", self.backend.received())

    def test_f17_a_200_is_no_tunnel(self):
        def ordinary(connection):
            connection.read_head()
            connection.send(response(b"plain"))
            connection.read_to_end()

        client = self.serve(ordinary).send(_HANDSHAKE)
        answer = client.read_response()
        self.assertEqual((answer.status, answer.body), (200, b"plain"))
        client.send(b"tunnelled?")
        self.assertEqual(client.read_rest(), b"")
        self.backend.wait_for(lambda: self.backend.connections[0].has_ended, "the end upstream")
        self.assertNotIn(b"tunnelled?", self.backend.received())

    def test_f18_an_unsolicited_101(self):
        client = self.serve(saying(_SWITCH + b"bytes"))
        self.assertEqual(client.request("GET", "/plain").read_response().status, 502)
        self.assertEqual(self.log.last("/plain")["flags"], "UPE")

    def test_f19_a_101_to_something_else(self):
        for fields in (b"Connection: Upgrade\r\nUpgrade: other\r\n", b"Connection: Upgrade\r\n",
                       b"Upgrade: websocket\r\n"):
            with self.subTest(fields):
                client = self.serve(saying(b"HTTP/1.1 101 Switching Protocols\r\n" + fields + b"\r\n"))
                # saying() reads a whole request, and an upgrade's has no body.
                self.assertEqual(client.send(_HANDSHAKE).read_response().status, 502)

    def test_f20_handshakes_that_are_none(self):
        for old, new in ((b"GET", b"POST"), (b"Version: 13", b"Version: 8"),
                         (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"")):
            with self.subTest(new):
                client = self.serve().send(_HANDSHAKE.replace(old, new, 1))
                self.assertIn(client.read_response().status, (400, 426))
                self.assertEqual(self.backend.received(), b"")


if __name__ == "__main__":
    unittest.main()
