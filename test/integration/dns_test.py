"""Clusters that are found by name: STRICT_DNS and LOGICAL_DNS against a scripted name server."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import Backend, answering, response
from test.integration.case import ProxyTestCase
from test.integration.dns_server import DnsServer
from test.integration.raw_client import RawClient



class DnsTest(ProxyTestCase):
    def named_backends(self, *addresses):
        """Backends on one port of several loopback addresses; each says where it is."""
        for _ in range(20):
            first = self.backend_at(addresses[0], 0)
            try:
                rest = [self.backend_at(address, first.port) for address in addresses[1:]]
            except OSError:  # somebody has that port at another address
                continue
            return [first, *rest]
        raise AssertionError("no port is free at all of them")

    def backend_at(self, address, port):
        return self.enter(Backend(answering(lambda request: response(address.encode())), address, port))

    def serve(self, records, port, ttl_s=60, **cluster):
        self.dns = self.enter(DnsServer(records, ttl_s))
        resolver = {"name": "envoy.network.dns_resolver.cares",
                    "typed_config": {"@type": b.CARES, "resolvers": [b.address(self.dns.port)]}}
        named = b.cluster([b.endpoint(port, "service.test")],
                          **{"type": "STRICT_DNS", "typed_dns_resolver_config": resolver, **cluster})
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))], [named]), workers=1)
        self.port = self.proxy.port()

    def answers(self, count=12):
        with RawClient(self.port) as client:
            return [client.get().body.decode() for _ in range(count)]

    def hosts(self):
        for cluster in self.proxy.admin_json("/clusters?format=json")["cluster_statuses"]:
            if cluster["name"] == "backend":
                return sorted(host["address"]["socket_address"]["address"] for host in cluster.get("host_statuses", []))
        return None

    def wait_for_hosts(self, *addresses):
        waiting.until(lambda: self.hosts() == sorted(addresses), lambda: f"{addresses}; there are {self.hosts()}")

    def test_strict_dns_balances_over_all_addresses(self):
        backends = self.named_backends("127.0.0.1", "127.0.0.2", "127.0.0.3")
        self.serve({"service.test": ["127.0.0.1", "127.0.0.2", "127.0.0.3"]}, backends[0].port)
        self.answers(30)
        self.assertEqual([len(backend.requests) for backend in backends], [10, 10, 10])

    def test_n32_strict_dns_follows_changes(self):
        backends = self.named_backends("127.0.0.1", "127.0.0.2")
        records = {"service.test": ["127.0.0.1"]}
        self.serve(records, backends[0].port, dns_refresh_rate="0.05s")
        self.assertEqual(set(self.answers()), {"127.0.0.1"})
        records["service.test"] = ["127.0.0.2", "127.0.0.1"]
        self.wait_for_hosts("127.0.0.1", "127.0.0.2")
        self.assertEqual(set(self.answers()), {"127.0.0.1", "127.0.0.2"})
        records["service.test"] = ["127.0.0.2"]
        self.wait_for_hosts("127.0.0.2")
        self.assertEqual(set(self.answers()), {"127.0.0.2"})

    def test_n31_the_records_ttl_may_decide(self):
        backends = self.named_backends("127.0.0.1", "127.0.0.2")
        records = {"service.test": ["127.0.0.1"]}
        self.serve(records, backends[0].port, ttl_s=1, respect_dns_ttl=True, dns_refresh_rate="1000s")
        records["service.test"] = ["127.0.0.2"]
        self.wait_for_hosts("127.0.0.2")

    def test_n31_a_failure_keeps_what_there_was(self):
        backends = self.named_backends("127.0.0.1")
        records = {"service.test": ["127.0.0.1"]}
        self.serve(records, backends[0].port, dns_refresh_rate="0.05s",
                   dns_failure_refresh_rate={"base_interval": "0.05s", "max_interval": "0.05s"})
        records["service.test"] = None
        asked = len(self.dns.questions)
        waiting.until(lambda: len(self.dns.questions) > asked + 6, "questions that fail")
        self.assertEqual(self.hosts(), ["127.0.0.1"])
        self.assertEqual(set(self.answers()), {"127.0.0.1"})

    def test_a_name_that_comes_late(self):
        backends = self.named_backends("127.0.0.1")
        records = {"service.test": None}
        self.serve(records, backends[0].port,
                   dns_failure_refresh_rate={"base_interval": "0.05s", "max_interval": "0.05s"})
        with RawClient(self.port) as client:
            self.assertEqual(client.get().status, 503)
        records["service.test"] = ["127.0.0.1"]
        self.wait_for_hosts("127.0.0.1")
        self.assertEqual(set(self.answers()), {"127.0.0.1"})

    def test_the_family_that_was_asked_for(self):
        backends = self.named_backends("127.0.0.1")
        addresses = {"service.test": ["127.0.0.1", "::1"]}
        for family, hosts, questions in (("V4_ONLY", ["127.0.0.1"], {"A"}), ("V6_ONLY", ["::1"], {"AAAA"}),
                                         ("V4_PREFERRED", ["127.0.0.1"], {"A"}), ("AUTO", ["::1"], {"AAAA"}),
                                         ("ALL", ["127.0.0.1", "::1"], {"A", "AAAA"})):
            with self.subTest(family):
                self.serve(addresses, backends[0].port, dns_lookup_family=family)
                self.assertEqual(self.hosts(), hosts)
                self.assertEqual({kind for _, kind in self.dns.questions}, questions)

    def test_auto_falls_back_to_ipv4(self):
        backends = self.named_backends("127.0.0.1")
        self.serve({"service.test": ["127.0.0.1"]}, backends[0].port, dns_lookup_family="AUTO")
        self.assertEqual(set(self.answers()), {"127.0.0.1"})

    def test_logical_dns_takes_one_address_and_keeps_its_connections(self):
        backends = self.named_backends("127.0.0.1", "127.0.0.2")
        records = {"service.test": ["127.0.0.1", "127.0.0.2"]}
        self.serve(records, backends[0].port, type="LOGICAL_DNS", dns_refresh_rate="0.05s")
        self.assertEqual(set(self.answers()), {"127.0.0.1"})
        records["service.test"] = ["127.0.0.2"]
        asked = len(self.dns.questions)
        waiting.until(lambda: len(self.dns.questions) > asked + 4, "new answers")
        self.assertEqual(set(self.answers()), {"127.0.0.1"}, "a pooled connection stays good")
        backends[0].connections[0].socket.shutdown(2)
        waiting.until(lambda: set(self.answers(2)) == {"127.0.0.2"}, "new connections to the new address")


if __name__ == "__main__":
    unittest.main()
