"""Client status discovery (CSDS), asked for by `weir-control status`."""
import json
import subprocess
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.case import ProxyTestCase, weir, weir_control
from test.integration.control import manager_over_ads, over_ads
from test.integration.proxy import Proxy
from test.integration.raw_client import get
from test.integration.steered import SteeredTestCase, routes
from test.integration.verdict import Verdict

_ADDRESS = ["--admin-grpc-address", "127.0.0.1:0"]
_FINE, _FAILED, _NACKED = 0, 1, 3


def ask(proxy, *arguments):
    """(exit code, output, errors) of weir-control status."""
    done = subprocess.run([weir_control(), "status", f"127.0.0.1:{proxy.ports()['admin_grpc']}", *arguments],
                          capture_output=True, text=True, timeout=waiting.DEADLINE_S, check=False)
    return done.returncode, done.stdout, done.stderr


def resources(proxy):
    """{(short type, name): what is known of it}"""
    code, text, errors = ask(proxy, "--json")
    assert code in (_FINE, _NACKED), errors
    config, = json.loads(text)["config"]
    return {(row["type_url"].rsplit(".", 1)[1], row.get("name", "")): row for row in config["generic_xds_configs"]}


class SteeredStatusTest(SteeredTestCase):
    arguments = _ADDRESS
    # There is no way to say that something does not exist: who asks for it waits.
    unanswered, waits = "REQUESTED", True

    def wait_for_status(self, kind, name, status):
        """What is known of it then."""
        def find():
            row = resources(self.proxy).get((kind, name), {})
            return row if row.get("client_status") == status else None

        return waiting.until(find, lambda: f"{kind} {name} to be {status}; all is\n{ask(self.proxy)[1]}")

    # case 22
    def test_states(self):
        waiting.until(lambda: {row["client_status"] for row in resources(self.proxy).values()} == {"ACKED"}, "all to be there")
        rows = resources(self.proxy)
        self.assertEqual(sorted(rows), [
            ("Cluster", "control"), ("Cluster", "one"), ("Cluster", "two"), ("ClusterLoadAssignment", "one"),
            ("ClusterLoadAssignment", "two"), ("Listener", "http"), ("RouteConfiguration", "routes")])
        self.assertTrue(rows["Cluster", "control"]["is_static_resource"])
        self.assertEqual(rows["Cluster", "one"]["xds_config"]["name"], "one")
        code, text, _ = ask(self.proxy)
        self.assertEqual(code, _FINE, text)
        self.assertRegex(text, r"(?m)^listener +http +[0-9a-f]{16} +ACKED +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

        since = self.control.lines_so_far()
        self.control.serve(listeners=[b.listener(manager_over_ads()), b.listener(manager_over_ads("others"), "others")])
        self.wait_for_status("RouteConfiguration", "others", self.unanswered)
        if self.waits:
            self.assertIn("warming_state", self.proxy.admin("/config_dump?resource=dynamic_listeners")[2])

        bad = {"match": {"safe_regex": {"regex": "/(unclosed"}}, "route": {"cluster": "two"}}
        self.control.serve(routes=[routes(bad)])
        self.control.refusal(since)
        row = self.wait_for_status("RouteConfiguration", "routes", "NACKED")
        self.assertRegex(row["error_state"]["details"], r"safe_regex\.regex.*missing \)")
        self.assertNotEqual(row["error_state"]["version_info"], row["version_info"])
        self.assertEqual(get(self.port).body, b"a")
        code, text, _ = ask(self.proxy)
        self.assertEqual(code, _NACKED)
        self.assertRegex(text, r"(?m)^route +routes +[0-9a-f]{16} +NACKED .*missing \)")

    def test_clusters_that_wait_for_their_endpoints(self):
        self.control.serve(clusters=[over_ads("one"), over_ads("two"), over_ads("three")])
        self.wait_for_status("ClusterLoadAssignment", "three", self.unanswered)
        if self.waits:
            self.assertIn('"three"', self.proxy.admin("/config_dump?resource=dynamic_warming_clusters")[2])
        self.control.serve(endpoints=[self.endpoints(name, "a") for name in ("one", "two", "three")])
        self.wait_for_status("ClusterLoadAssignment", "three", "ACKED")
        waiting.until(lambda: '"three"' not in self.proxy.admin("/config_dump?resource=dynamic_warming_clusters")[2],
                      "the cluster to serve")


class DeltaStatusTest(SteeredStatusTest):
    api_type = "DELTA_GRPC"
    unanswered, waits = "DOES_NOT_EXIST", False


class AdminGrpcAddressTest(ProxyTestCase):
    def test_where_it_listens(self):
        proxy = self.start_proxy(b.bootstrap(), arguments=_ADDRESS)
        port = int(proxy.wait_for_line(r"admin gRPC address: 127\.0\.0\.1:(\d+)")[1])
        self.assertEqual(proxy.ports(), {"admin_grpc": port})
        with self.assertRaisesRegex(AssertionError, rf"--admin-grpc-address: cannot listen on 127\.0\.0\.1:{port}"):
            Proxy(weir(), b.bootstrap(), arguments=["--admin-grpc-address", f"127.0.0.1:{port}"])

    def test_nonsense(self):
        for address in ("localhost:1", "9902", "127.0.0.1:70000"):
            verdict = Verdict("-c", "x", "--admin-grpc-address", address)
            self.assertEqual((verdict.code, len(verdict.err.splitlines())), (2, 1), verdict.err)
            self.assertIn(f'--admin-grpc-address: "{address}" is no IP address with a port', verdict.err)

    def test_nobody_answers(self):
        proxy = self.start_proxy(b.bootstrap(), arguments=_ADDRESS)
        done = subprocess.run([weir_control(), "status", f"127.0.0.1:{proxy.admin_port}"], capture_output=True, text=True,
                              timeout=waiting.DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stdout), (_FAILED, ""))
        self.assertRegex(done.stderr, rf"^weir-control: 127\.0\.0\.1:{proxy.admin_port}: ")


if __name__ == "__main__":
    unittest.main()
