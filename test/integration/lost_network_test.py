"""A network that goes away under a process and comes back (N34, P22), in a network namespace of the test's own."""
import socket
import unittest

from test.integration import bootstrap as b
from test.integration.case import ProxyTestCase
from test.integration.network import add_address, bring, own_network
from test.integration.raw_client import RawClient

_SECOND = "10.1.1.1"


class LostNetworkTest(ProxyTestCase):
    def setUp(self):
        own_network()

    def test_n34_a_connection_whose_peer_is_gone(self):
        """Nothing is sent and nothing arrives: only TCP's own question tells that nobody is there any more."""
        add_address("lo:1", _SECOND)
        backend = self.start_backend(address=_SECOND)
        every_second = {"tcp_keepalive": {"keepalive_probes": 1, "keepalive_time": 1, "keepalive_interval": 1}}
        cluster = b.cluster([b.endpoint(backend.port, _SECOND)], upstream_connection_options=every_second)
        proxy = self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")]))], [cluster]))
        with RawClient(proxy.port()) as client:
            self.assertEqual(client.get().status, 200)
            self.assertEqual(proxy.stat("cluster.backend.upstream_cx_active"), 1)
            bring("lo:1", False)
            proxy.wait_for_stat("cluster.backend.upstream_cx_active", 0)

    def test_p22_an_address_goes_and_comes_back(self):
        add_address("lo:1", _SECOND)
        backend = self.start_backend(address=_SECOND)
        away = {"name": "away", "address": b.address(0, _SECOND),
                "filter_chains": b.listener(b.connection_manager([b.direct("/", 200, "away")]))["filter_chains"]}
        # Not over a connection that is open already, which would hang rather than fail.
        each_anew = {"@type": "type.googleapis.com/" + b.HTTP_OPTIONS, "explicit_http_config": {"http_protocol_options": {}},
                     "common_http_protocol_options": {"max_requests_per_connection": 1}}
        cluster = b.cluster([b.endpoint(backend.port, _SECOND)], typed_extension_protocol_options={b.HTTP_OPTIONS: each_anew})
        proxy = self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")])), away], [cluster]))
        port, away_port = proxy.port(), proxy.port("away")
        with RawClient(port) as client:
            self.assertEqual(client.get().status, 200)
            bring("lo:1", False)
            self.assertEqual(client.get().status, 503)
            self.assertEqual(proxy.admin("/ready")[0], 200)
            add_address("lo:1", _SECOND)
            self.assertEqual(client.get().status, 200)
        with socket.create_connection((_SECOND, away_port)) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            self.assertIn(b"away", peer.makefile("rb").read())


if __name__ == "__main__":
    unittest.main()
