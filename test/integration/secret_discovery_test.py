"""SDS: certificates and validation contexts over the control plane's stream; what waits for them, and their rotation."""
import unittest

from test.integration import bootstrap as b
from test.integration import tls_client, waiting
from test.integration.case import ProxyTestCase
from test.integration.certificates import Authority, inline
from test.integration.scripted_control import ScriptedControl

_CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
_ADS = {"ads": {}, "resource_api_version": "V3"}


def certificate(name, pair):
    return {"name": name, "tls_certificate": {"certificate_chain": inline(pair.chain), "private_key": inline(pair.key)}}


class SecretDiscoveryTest(ProxyTestCase):
    def setUp(self):
        self.authority = self.enter(Authority())
        self.control = self.enter(ScriptedControl())
        self.proxy = self.start_proxy(b.ads(self.control.port), waits=False)
        self.stream = self.control.stream()

    def listener(self):
        context = {"@type": _CONTEXT + "DownstreamTlsContext", "common_tls_context": {
            "tls_certificate_sds_secret_configs": [{"name": "server", "sds_config": _ADS}]}}
        chain = {"filters": [b.connection_manager([b.direct("/", 200, "hi")])],
                 "transport_socket": {"name": "tls", "typed_config": context}}
        return {"name": "http", "address": b.address(), "filter_chains": [chain]}

    def test_a_listener_waits_and_rotates(self):
        self.stream.push("Cluster", [])
        self.stream.push("Listener", [self.listener()])
        self.assertEqual(self.stream.request("Secret")["resource_names"], ["server"])
        self.assertEqual(self.proxy.ports(), {}, "it warms until its certificate has come")
        self.stream.push("Secret", [certificate("server", self.authority.issue("a.test"))])
        port = self.proxy.port()
        with tls_client.Client(port, "a.test", self.authority) as old:
            self.assertEqual(old.get(), 200)
            refusal = self.stream.refusal("Secret", [{"name": "server", "tls_certificate": {
                "certificate_chain": {"inline_string": "nonsense"}, "private_key": {"inline_string": "nonsense"}}}], version="2")
            self.assertIn("server: tls_certificate", refusal)
            before = old.serial()
            self.stream.push("Secret", [certificate("server", self.authority.issue("a.test"))], version="3")

            def is_new():
                with tls_client.Client(port, "a.test", self.authority) as client:
                    return client.get() == 200 and client.serial() != before

            waiting.until(is_new, "the new certificate")
            self.assertEqual(old.get(), 200, "what is open goes on with what it began with")
        dump = self.proxy.admin("/config_dump")[2]
        self.assertIn('"server"', dump)
        self.assertNotIn("PRIVATE KEY", dump)

    def test_a_cluster_waits_for_whom_to_trust(self):
        context = {"@type": _CONTEXT + "UpstreamTlsContext", "sni": "a.test", "common_tls_context": {
            "validation_context_sds_secret_config": {"name": "ca", "sds_config": _ADS}}}
        cluster = b.cluster([1], "one", transport_socket={"name": "tls", "typed_config": context})
        self.stream.push("Cluster", [cluster])
        self.assertEqual(self.stream.request("Secret")["resource_names"], ["ca"])
        self.proxy.wait_for_stat("cluster.one.membership_total", 0)
        self.stream.push("Secret", [{"name": "ca", "validation_context": {"trusted_ca": inline(self.authority.path)}}])
        self.proxy.wait_for_stat("cluster.one.membership_total", 1)


if __name__ == "__main__":
    unittest.main()
