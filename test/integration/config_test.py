"""Bad bootstraps are refused whole, with every fault told at once; good ones are read as Envoy reads them."""
import json
import re
import socket
import tempfile
import unittest

from test.integration import bootstrap as b
from test.integration import case
from test.integration.proxy import LoggedProcess
from test.integration.raw_client import RawClient
from test.integration.verdict import ConfigTestCase, Verdict

# What can be seen in the text alone.
_UNREADABLE = """\
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 70000}}
static_resources:
  clusters:
  - name: backend
    type: STATIC
    lb_polcy: ROUND_ROBIN
    connect_timeout: 5
    track_cluster_stats: {}
  - name: other
    type: STATIK
  listeners:
  - name: broken
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": %s
          stat_prefix: ""
""" % b.CONNECTION_MANAGER
_LISTENER = "static_resources.listeners[0].filter_chains[0].filters[0].typed_config"
_UNREADABLE_FAULTS = [
    "2:50: admin.address.socket_address.port_value: value 70000 is out of range (0 to 65535)",
    "7:5: static_resources.clusters[0].lb_polcy: unknown field (did you mean `lb_policy`?)",
    '8:5: static_resources.clusters[0].connect_timeout: "5" is not a duration such as "1.5s" (did you mean `5s`?)',
    "9:5: static_resources.clusters[0].track_cluster_stats: known to Envoy, not implemented by Weir",
    '11:5: static_resources.clusters[1].type: "STATIK" is not one of',
    f"18:9: {_LISTENER}: one of `rds`, `route_config` must be set",
    f"20:11: {_LISTENER}.stat_prefix: must not be empty",
]

# Every field reads well, and yet this cannot be served.
_IMPOSSIBLE = """\
static_resources:
  clusters:
  - name: backend
    type: STATIC
  - name: backend
    type: STATIC
  - name: eds
    type: EDS
  listeners:
  - name: wrong
    address: {socket_address: {address: nowhere.test, port_value: 0}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": %s
          stat_prefix: web
          route_config:
            virtual_hosts:
            - {name: a, domains: ["*"], routes: [{match: {safe_regex: {regex: "("}}, route: {cluster: x}}]}
            - {name: b, domains: ["*"], routes: []}
""" % b.CONNECTION_MANAGER
_IMPOSSIBLE_FAULTS = [
    ("5:5: static_resources.clusters[1].name: ", "two clusters"),
    ("7:5: static_resources.clusters[2]", "eds"),
    ("11:32: static_resources.listeners[0].address.socket_address.address: ", "nowhere.test"),
    (f"20:72: {_LISTENER}.route_config.virtual_hosts[0].routes[0].match.safe_regex.regex: ", "missing )"),
    (f"21:35: {_LISTENER}.route_config.virtual_hosts[1].domains[0]: ", "*"),
    (f"15:9: {_LISTENER}.http_filters: ", "router"),
]


class BadConfigTest(ConfigTestCase):
    def test_every_fault_at_once(self):
        verdict = self.assert_refused(_UNREADABLE)
        for line in _UNREADABLE_FAULTS:
            self.assertIn("FILE:" + line, verdict.err)
        self.assertEqual(len(verdict.err.splitlines()), len(_UNREADABLE_FAULTS), verdict.err)

    def test_every_fault_past_the_fields(self):
        self.assert_faults(_IMPOSSIBLE, _IMPOSSIBLE_FAULTS)

    def test_what_reads_badly_does_not_hide_the_rest(self):
        lines = _IMPOSSIBLE.count("\n") + 1
        more = "admin: {address: {socket_address: {port: 1}}}\n"
        self.assert_faults(_IMPOSSIBLE + more, [*_IMPOSSIBLE_FAULTS, (
            f"{lines}:36: admin.address.socket_address.port: ", "unknown field")])

    def assert_faults(self, text, faults):
        lines = self.assert_refused(text).err.splitlines()
        for start, reason in faults:
            found = [line for line in lines if line.startswith("FILE:" + start) and reason in line]
            self.assertEqual(len(found), 1, f"{start} … {reason}\namong\n" + "\n".join(lines))

    def test_syntax(self):
        self.assert_refused("admin: {address: [\n", "FILE:2:1:")
        self.assert_refused("admin:\n\taddress: x\n", "FILE:2:")
        self.assert_refused("", "FILE:1:1: is empty")
        self.assert_refused("[1, 2]", "FILE:1:1:")
        self.assert_refused("static_resources:\n  clusters: []\n  clusters: []\n",
                            "FILE:3:3: static_resources.clusters: is there twice, first at 2:3")

    def test_json_has_lines_too(self):
        self.assert_refused('{\n  "static_resources": {\n    "clustres": []\n  }\n}\n',
                            "FILE:3:5: static_resources.clustres: unknown field (did you mean `clusters`?)")

    def test_types_that_are_not_there(self):
        listener = ("static_resources: {listeners: [{name: l, address: {socket_address: {address: 127.0.0.1, "
                    "port_value: 0}}, filter_chains: [{filters: [{name: f, typed_config: {\"@type\": %s}}]}]}]}")
        self.assert_refused(listener % "type.googleapis.com/envoy.extensions.filters.network.redis_proxy.v3.RedisProxy",
                            "known to Envoy, not implemented by Weir")
        self.assert_refused(listener % "type.googleapis.com/no.such.Thing", 'unknown type "no.such.Thing"')
        self.assert_refused(listener % b.ROUTER, "static_resources.listeners[0].filter_chains[0].filters[0]")

    def test_fields_that_weir_lacks(self):
        text = json.dumps(b.bootstrap(clusters=[b.cluster([1], track_cluster_stats={"request_response_sizes": True})]))
        self.assert_refused(text, "track_cluster_stats: known to Envoy, not implemented by Weir")
        verdict = Verdict("-c", self.file(text), "--mode", "validate", "--allow-unsupported")
        self.assertEqual((verdict.code, verdict.out.count("OK")), (0, 1), verdict.err)
        self.assertIn("track_cluster_stats", verdict.err)

    def test_a_control_plane_needs_an_identity(self):
        config = b.ads(1)
        del config["node"]
        self.assert_refused(json.dumps(config), "set node.id, or --service-node")
        self.assertEqual(Verdict("-c", self.file(json.dumps(config)), "--mode", "validate", "--service-node", "n",
                                 "--service-cluster", "c").code, 0)

    def test_a_port_that_is_taken(self):
        taken = b.address(self.start_backend().port)
        listener = {**b.listener(b.connection_manager([b.direct("/")])), "address": taken}
        free = b.listener(b.connection_manager([b.direct("/")]), "free")
        for config, path in ((b.bootstrap([free, listener]), "static_resources.listeners[1].address"),
                             ({**b.bootstrap([free]), "admin": {"address": taken}}, "admin.address")):
            with self.subTest(path):
                file = self.file(json.dumps(config))
                verdict = Verdict("-c", file)
                self.assertEqual(verdict.code, 1)
                self.assertRegex(verdict.err, rf"{re.escape(path)}: .*127\.0\.0\.1:{self.port_of(taken)}.*in use")
                self.assertNotIn("is live", verdict.err, "nothing is half-started")
                self.assertEqual(Verdict("-c", file, "--mode", "validate").code, 0, "validating opens nothing")

    @staticmethod
    def port_of(address):
        return address["socket_address"]["port_value"]


class SpellingTest(ConfigTestCase):
    """Values are read as Envoy reads them."""

    def test_yaml_with_its_spellings(self):
        text = f"""\
admin: {{address: {{socketAddress: {{address: 127.0.0.1, portValue: "0"}}}}}}
staticResources:
  clusters:
  - name: one
    type: static
    connectTimeout: &timeout 0.250s
    lb_policy: least_request
    per_connection_buffer_limit_bytes: 32768
  - {{name: two, type: 0, connect_timeout: *timeout}}
  listeners:
  - name: http
    address: {{socket_address: {{address: 127.0.0.1, port_value: 0}}}}
    filterChains:
    - filters:
      - name: hcm
        typedConfig:
          "@type": type.googleapis.com/xds.type.v3.TypedStruct
          type_url: {b.CONNECTION_MANAGER}
          value:
            statPrefix: test
            routeConfig: {{virtualHosts: [{{name: a, domains: ["*"], routes: [{{match: {{prefix: /}}, directResponse: {{status: 200, body: {{inlineString: "read"}}}}}}]}}]}}
            httpFilters: [{{name: router, typedConfig: {{"@type": {b.ROUTER}}}}}]
"""
        path = self.file(text)
        verdict = Verdict("-c", path, "--mode", "validate")
        self.assertEqual(verdict.code, 0, verdict.err)
        process = LoggedProcess([case.weir(), "-c", path, "--concurrency", "1"])
        try:
            process.wait_for_line("all listeners are live")
            port = int(process.wait_for_line(r'listener "http" is live on 127\.0\.0\.1:(\d+)')[1])
            with RawClient(port) as client:
                self.assertEqual(client.get().body, b"read")
        finally:
            process.kill()

    def test_a_unix_socket_and_ipv6(self):
        folder = self.enter(tempfile.TemporaryDirectory())
        manager = b.connection_manager([b.direct("/", 200, "hello")])
        listeners = [b.listener(manager, "unix"), b.listener(manager, "six")]
        listeners[0]["address"] = {"pipe": {"path": f"{folder}/socket"}}
        listeners[1]["address"] = b.address(0, "::1")
        proxy = self.start_proxy(b.bootstrap(listeners))
        unix = self.enter(socket.socket(socket.AF_UNIX))
        unix.connect(f"{folder}/socket")
        for client in (unix, self.enter(socket.create_connection(("::1", proxy.port("six"))))):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertIn(b"hello", client.makefile("rb").read())


if __name__ == "__main__":
    unittest.main()
