"""A control plane behind TLS: gRPC goes out through the transport_socket of the cluster that is named for it."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.case import ProxyTestCase, weir_control
from test.integration.certificates import Authority
from test.integration.control import Control, manager_over_ads
from test.integration.process import VISIBLE, libraries
from test.integration.raw_client import get
from test.integration.tls_sockets import chain, downstream_tls, tls_listener, upstream_tls


class SecureControlTest(ProxyTestCase):
    """weir-control speaks plaintext; another Weir stands in front of it and ends TLS."""

    def setUp(self):
        self.root, self.clients = self.enter(Authority()), self.enter(Authority("Clients"))
        self.control = self.enter(Control(weir_control()))
        self.control.serve(listeners=[b.listener(manager_over_ads())], routes=[b.route_config([b.direct("/", 200, "steered")])])

    def start_front(self, pair, **fields):
        """Where TLS is spoken; h2 is all that is spoken in it, as gRPC wants."""
        self.front = self.start_proxy(b.bootstrap([tls_listener(chain(b.tcp_proxy("control"), downstream_tls([pair], ["h2"], **fields)))],
                                                  [b.cluster([self.control.port], "control")]), workers=1)

    def start_behind(self, transport_socket, **cluster_fields):
        config = b.ads(self.front.port())
        config["static_resources"]["clusters"][0].update(transport_socket=transport_socket, **cluster_fields)
        self.proxy = self.start_proxy(config, workers=1, waits=False, arguments=VISIBLE)

    def assert_steered(self):
        port = self.proxy.port()
        self.assertEqual(get(port).body, b"steered")
        self.control.serve(routes=[b.route_config([b.direct("/", 200, "steered anew")])])
        waiting.until(lambda: get(port).body == b"steered anew", "a change")
        self.proxy.wait_for_stat("control_plane.connected_state", 1)
        self.assertEqual(sum(self.front.stats("[.]ssl[.]handshake$").values()), 1)

    def test_tls(self):
        self.start_front(self.root.issue("control.test"))
        self.start_behind(upstream_tls(self.root, sni="control.test"))
        self.assert_steered()
        self.assertEqual(self.proxy.stat("cluster.control.ssl.handshake"), 1)
        # gRPC brought none of its own: which one it is, hygiene_test says.
        self.assertEqual(len([path for path in libraries(self.proxy.pid) if "libssl" in path]), 1)

    def test_both_must_show_who_they_are(self):
        pair = self.clients.issue("proxy", "URI:spiffe://test/proxy")
        self.start_front(self.root.issue("control.test"), require_client_certificate=True, common={
            "validation_context": {"trusted_ca": {"filename": self.clients.path}, "match_typed_subject_alt_names": [
                {"san_type": "URI", "matcher": {"exact": "spiffe://test/proxy"}}]}})
        socket_config = upstream_tls(self.root, sni="control.test")
        socket_config["typed_config"]["common_tls_context"]["tls_certificates"] = [pair.config()]
        self.start_behind(socket_config)
        self.assert_steered()

    def test_one_that_shows_no_certificate(self):
        self.start_front(self.root.issue("control.test"), require_client_certificate=True,
                         common={"validation_context": {"trusted_ca": {"filename": self.clients.path}}})
        self.start_behind(upstream_tls(self.root, sni="control.test"))
        waiting.until(lambda: sum(self.front.stats("fail_verify_no_cert$").values()) > 0, "a refusal")
        self.assertEqual(self.proxy.stat("control_plane.connected_state"), 0)

    def test_an_impostor_is_told_nothing(self):
        """M26: neither the node nor a word of gRPC reaches it."""
        self.start_front(self.root.issue("other.test"))
        self.start_behind(upstream_tls(self.root, sni="control.test"))
        self.proxy.wait_for_line(r"certificate is not for control\.test")
        self.assertEqual(self.proxy.stat("control_plane.connected_state"), 0)
        self.assertEqual(self.front.stat("cluster.control.upstream_cx_tx_bytes_total"), 0)
        self.assertEqual(self.proxy.ports(), {})


if __name__ == "__main__":
    unittest.main()
