"""Clusters whose hosts are where requests say they go: by a header, or by where the client was redirected from."""
import json
import socket
import unittest

from test.integration import bootstrap as b
from test.integration import network, redirection, waiting
from test.integration.backend import answering, response, saying, stalling, unused_port
from test.integration.case import ProxyTestCase, weir_control
from test.integration.control import Control
from test.integration.raw_client import RawClient
from test.integration.verdict import ConfigTestCase

_FILTER = {"name": "envoy.filters.listener.original_dst", "typed_config": {
    "@type": "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst"}}
_HEADER = "x-envoy-original-dst-host"
_INVALID = "cluster.original.original_dst_host_invalid"
_TOTAL = "cluster.original.membership_total"


def original(by_header=False, **more):
    if by_header:
        more.setdefault("original_dst_lb_config", {"use_http_header": True})
    return {"name": "original", "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "connect_timeout": "2s", **more}


def spoken(protocol, **common):
    """HTTP options: the protocol, and common ones."""
    return {b.HTTP_OPTIONS: {"@type": "type.googleapis.com/" + b.HTTP_OPTIONS,
                             "explicit_http_config": {protocol: {}}, "common_http_protocol_options": common}}


def trusting_manager(*rows, **fields):
    """Clients on this machine may say what they like: x-envoy-… of others is not heard."""
    return b.connection_manager(list(rows) or None, use_remote_address=True, internal_address_config={
        "cidr_ranges": [{"address_prefix": "127.0.0.0", "prefix_len": 8}]}, **fields)


def hosts_of(proxy):
    """ip:port of the hosts that /clusters shows."""
    statuses = proxy.admin_json("/clusters?format=json").get("cluster_statuses", [])
    addresses = [host["address"]["socket_address"] for status in statuses if status["name"] == "original"
                 for host in status.get("host_statuses", [])]
    return sorted(f"{address['address']}:{address['port_value']}" for address in addresses)


def wait_for_hosts(proxy, *expected):
    """The first request does not wait until /clusters shows its host."""
    waiting.until(lambda: hosts_of(proxy) == sorted(expected), lambda: f"hosts {expected}; there are {hosts_of(proxy)}")


class HeaderTest(ProxyTestCase):
    def serve(self, **cluster):
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(trusting_manager(b.route("/", "original"))),
             b.listener(b.connection_manager([b.direct("/", 200, "over h2")]), "inner")],
            [original(True, **cluster)]))
        return self.connect(self.proxy.port())

    @staticmethod
    def ask(client, destination):
        return client.get(headers=[f"{_HEADER}: {destination}"])

    def test_each_request_goes_where_it_says(self):
        client = self.serve()
        backends = [self.start_backend(answering(lambda _, name=name: response(name))) for name in (b"one", b"two")]
        for _ in range(3):
            for backend, name in zip(backends, (b"one", b"two")):
                self.assertEqual(self.ask(client, f"127.0.0.1:{backend.port}").body, name)
        self.assertEqual([len(backend.connections) for backend in backends], [1, 1])
        wait_for_hosts(self.proxy, *(f"127.0.0.1:{backend.port}" for backend in backends))
        self.proxy.wait_for_stat(_TOTAL, 2)
        self.proxy.wait_for_stat("cluster.original.membership_healthy", 2)

    def test_whoever_does_not_say_goes_nowhere(self):
        client = self.serve()
        answer = client.get()
        self.assertEqual(answer.status, 503)
        self.assertEqual(self.proxy.stat(_INVALID), 0)
        for bad in ("127.0.0.1", "localhost:80", "127.0.0.1:0", "[fe80::1%lo]:80"):
            self.assertEqual(self.ask(client, bad).status, 503, bad)
        self.assertEqual(self.proxy.stat(_INVALID), 4)
        self.assertEqual(self.proxy.stat("cluster.original.upstream_cx_none_healthy"), 5)
        self.assertEqual(hosts_of(self.proxy), [])

    def test_over_http2(self):
        client = self.serve(typed_extension_protocol_options=spoken("http2_protocol_options"))
        for _ in range(3):
            self.assertEqual(self.ask(client, f"127.0.0.1:{self.proxy.port('inner')}").body, b"over h2")
        self.assertEqual(self.proxy.stat("cluster.original.upstream_cx_http2_total"), 1)

    def test_another_header_and_another_port(self):
        backend = self.start_backend()
        client = self.serve(original_dst_lb_config={"use_http_header": True, "http_header_name": "X-To",
                                                    "upstream_port_override": backend.port})
        self.assertEqual(client.get(headers=["x-to: 127.0.0.1:1"]).status, 200)
        self.assertEqual(self.ask(client, "127.0.0.1:1").status, 503)
        wait_for_hosts(self.proxy, f"127.0.0.1:{backend.port}")

    def test_hosts_go_when_nothing_uses_them(self):
        client = self.serve(cleanup_interval="0.05s",
                            typed_extension_protocol_options=spoken("http_protocol_options", idle_timeout="0.05s"))
        busy, quick = self.start_backend(stalling), self.start_backend()
        with RawClient(self.proxy.port()) as waits:
            waits.request(headers=[f"{_HEADER}: 127.0.0.1:{busy.port}"])
            busy.wait_for(lambda: busy.received().endswith(b"\r\n\r\n"), "the request")
            self.assertEqual(self.ask(client, f"127.0.0.1:{quick.port}").status, 200)
            self.assertEqual(self.ask(client, f"127.0.0.1:{unused_port()}").status, 503)
            wait_for_hosts(self.proxy, f"127.0.0.1:{busy.port}")
            self.proxy.wait_for_stat(_TOTAL, 1)
            busy.connections[0].send(response(b"at last"))
            self.assertEqual(waits.read_response().body, b"at last")
        self.proxy.wait_for_stat(_TOTAL, 0)
        self.assertEqual(self.ask(client, f"127.0.0.1:{quick.port}").status, 200)

    def test_many_come_and_go_under_load(self):
        """Hosts are used, rest and are retired while requests want them: none fails for that."""
        backends = [self.start_backend() for _ in range(4)]
        client = self.serve(cleanup_interval="0.001s",
                            typed_extension_protocol_options=spoken("http_protocol_options",
                                                                    max_requests_per_connection=1))
        for i in range(400):
            self.assertEqual(self.ask(client, f"127.0.0.1:{backends[i % 4].port}").status, 200)
        self.proxy.wait_for_stat(_TOTAL, 0)

    def test_limits_are_the_cluster_s(self):
        busy, other = self.start_backend(stalling), self.start_backend()
        client = self.serve(circuit_breakers={"thresholds": [{"max_requests": 1}]})
        with RawClient(self.proxy.port()) as waits:
            waits.request(headers=[f"{_HEADER}: 127.0.0.1:{busy.port}"])
            busy.wait_for(lambda: busy.received().endswith(b"\r\n\r\n"), "the request")
            self.assertEqual(self.ask(client, f"127.0.0.1:{other.port}").status, 503)
        self.assertEqual(self.proxy.stat("cluster.original.upstream_rq_pending_overflow"), 1)


class RemovedClusterTest(ProxyTestCase):
    def test_a_request_outlives_its_cluster(self):
        busy = self.start_backend(stalling)
        control = self.enter(Control(weir_control()))
        manager = trusting_manager(rds={"config_source": {"ads": {}, "resource_api_version": "V3"},
                                        "route_config_name": "routes"})
        control.serve(clusters=[original(True)], listeners=[b.listener(manager)],
                      routes=[b.route_config([b.route("/", "original")])])
        proxy = self.start_proxy(b.ads(control.port))
        client = self.connect(proxy.port())
        client.request(headers=[f"{_HEADER}: 127.0.0.1:{busy.port}"])
        busy.wait_for(lambda: busy.received().endswith(b"\r\n\r\n"), "the request")
        control.serve(clusters=[], routes=[b.route_config([b.direct("/", 204)])])
        waiting.until(lambda: not any(status["name"] == "original"
                                      for status in proxy.admin_json("/clusters?format=json")["cluster_statuses"]),
                      "the cluster is gone")
        busy.connections[0].send(response(b"at last"))
        self.assertEqual(client.read_response().body, b"at last")
        self.assertEqual(client.get().status, 204)


class RefusalTest(ConfigTestCase):
    def assert_cluster_refused(self, cluster, expected):
        self.assert_refused(json.dumps(b.bootstrap(clusters=[cluster])), "static_resources.clusters[0]." + expected)

    def test_bad_values(self):
        self.assert_cluster_refused(original(lb_policy="ROUND_ROBIN"),
                                    "lb_policy: must be CLUSTER_PROVIDED for type ORIGINAL_DST")
        self.assert_cluster_refused(b.cluster([1], lb_policy="CLUSTER_PROVIDED"),
                                    "lb_policy: CLUSTER_PROVIDED is for type ORIGINAL_DST only")
        self.assert_cluster_refused(original(load_assignment=b.load_assignment([1], "original")),
                                    "load_assignment: must not be set")
        self.assert_cluster_refused(original(cleanup_interval="0s"), "cleanup_interval: ")
        self.assert_cluster_refused(original(original_dst_lb_config={"http_header_name": "x-to"}),
                            "original_dst_lb_config.http_header_name: needs use_http_header")
        self.assert_cluster_refused(original(original_dst_lb_config={"upstream_port_override": 65536}),
                            "original_dst_lb_config.upstream_port_override: ")
        self.assert_cluster_refused(original(original_dst_lb_config={"metadata_key": {"key": "k"}}),
                            "original_dst_lb_config.metadata_key: known to Envoy, not implemented by Weir")


class RedirectionTest(ProxyTestCase):
    """In a network of its own, a new one for each case."""

    there, elsewhere, own = "10.9.1.1", "10.9.2.2", "10.9.255.1"  # own: the proxy's
    there_v6, own_v6 = "2001:db8::5", "2001:db8::6"

    def setUp(self):
        network.own_network()
        for address in (self.there, self.elsewhere, self.own, self.there_v6, self.own_v6):
            redirection.own_address(address)

    def serve(self, network_filter, own=own, host="127.0.0.1", more=(), **cluster):
        """What the proxy connects itself comes from its own address, and is not redirected."""
        cluster.setdefault("upstream_bind_config", {"source_address": {"address": own, "port_value": 0}})
        listener = b.listener(network_filter, listener_filters=[_FILTER])
        listener["address"] = b.address(0, host)
        self.proxy = self.start_proxy(b.bootstrap([listener, *more], [original(**cluster)]))
        return self.proxy.port()

    def manager(self, **fields):
        self.log = self.access_log()
        log = b.file_log(self.log.path, {**b.LOG_FIELDS, "local": "%DOWNSTREAM_LOCAL_ADDRESS%"})
        return b.connection_manager([b.route("/", "original")], [log], **fields)

    def ask(self, address, port):
        """All that comes of a request, whose path is the address."""
        connection = self.enter(socket.create_connection((address, port), waiting.DEADLINE_S))
        connection.sendall(f"GET /{address} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
        return connection.makefile("rb").read()

    def body(self, address, port):
        return self.ask(address, port).partition(b"\r\n\r\n")[2]

    def test_http_goes_where_it_was_going(self):
        port = self.serve(self.manager())
        backends = [self.start_backend(answering(lambda _, name=name: response(name.encode())), address=name)
                    for name in (self.there, self.elsewhere)]
        for address, backend in zip((self.there, self.elsewhere), backends):
            redirection.redirect(address, port, self.own)
            self.assertEqual(self.body(address, backend.port), address.encode())
            line = self.log.last("/" + address)
            self.assertEqual(line["upstream"], f"{address}:{backend.port}")
            self.assertEqual(line["local"], f"{address}:{backend.port}")
        self.proxy.wait_for_stat(_TOTAL, 2)

    def test_tcp_goes_where_it_was_going(self):
        port = self.serve(b.tcp_proxy("original"))
        backend = self.start_backend(saying(b"here", then="finish"), address=self.there)
        redirection.redirect(self.there, port, self.own)
        self.assertEqual(self.ask(self.there, backend.port), b"here")
        wait_for_hosts(self.proxy, f"{self.there}:{backend.port}")

    def test_ipv6(self):
        port = self.serve(b.tcp_proxy("original"), own=self.own_v6, host="::")
        backend = self.start_backend(saying(b"here", then="finish"), address=self.there_v6)
        redirection.redirect(self.there_v6, port, self.own_v6)
        self.assertEqual(self.ask(self.there_v6, backend.port), b"here")
        wait_for_hosts(self.proxy, f"{self.there_v6}:{backend.port}")

    def test_whoever_comes_by_himself_goes_nowhere(self):
        """And not in circles: this proxy is where he was going."""
        port = self.serve(self.manager())
        redirection.redirect(self.elsewhere, port, self.own)  # connections are tracked
        self.assertIn(b"503", self.ask("127.0.0.1", port))
        self.assertEqual(self.log.last("/127.0.0.1")["flags"], "UH")
        tcp_port = self.serve(b.tcp_proxy("original"))
        with RawClient(tcp_port) as client:
            self.assertEqual(client.read_rest(), b"")
        self.assertEqual(hosts_of(self.proxy), [])

    def test_chains_are_chosen_by_where_it_was_going(self):
        other = {"filters": [b.connection_manager([b.direct("/", 200, "port 81")])],
                 "filter_chain_match": {"destination_port": 81,
                                        "prefix_ranges": [{"address_prefix": self.there, "prefix_len": 32}]}}
        listener = b.listener(b.connection_manager([b.direct("/", 200, "any port")]), listener_filters=[_FILTER])
        listener["filter_chains"].append(other)
        port = self.start_proxy(b.bootstrap([listener])).port()
        redirection.redirect(self.there, port, self.own)
        self.assertEqual(self.body(self.there, 81), b"port 81")
        self.assertEqual(self.body(self.there, 82), b"any port")

    def test_a_listener_takes_what_is_for_its_address(self):
        inner = b.listener(b.connection_manager([b.direct("/", 200, "inner")]), "inner", bind_to_port=False)
        inner["address"] = b.address(81, self.there)
        entrance = b.listener(b.connection_manager([b.direct("/", 200, "entrance")]), use_original_dst=True)
        proxy = self.start_proxy(b.bootstrap([entrance, inner]))
        redirection.redirect(self.there, proxy.port(), self.own)
        self.assertEqual(self.body(self.there, 81), b"inner")
        self.assertEqual(self.body(self.there, 82), b"entrance")

    def test_a_transparent_listener_needs_no_rule(self):
        backend = self.start_backend(saying(b"here", then="finish"), address=self.there)
        listener = b.listener(b.tcp_proxy("original"), transparent=True, listener_filters=[_FILTER])
        listener["address"] = b.address(0, "0.0.0.0")
        proxy = self.start_proxy(b.bootstrap(
            [listener], [original(original_dst_lb_config={"upstream_port_override": backend.port})]))
        self.assertEqual(self.ask(self.there, proxy.port()), b"here")
        wait_for_hosts(proxy, f"{self.there}:{backend.port}")


if __name__ == "__main__":
    unittest.main()
