"""What a control plane may send that is wrong, and what serving makes of it: group O of the catalogue, against the whole
proxy. After every case steady clients have had every answer and the control plane a reason."""
import contextlib
import socket
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase
from test.integration.control import manager_over_ads, over_ads
from test.integration.raw_client import get, is_refused
from test.integration.scripted_control import ScriptedControl
from test.integration.slow_backend import SlowBackend, half_answered


class HostileTestCase(ProxyTestCase):
    """Cluster `one` (EDS) leads to a; listener `http` takes its routes over RDS."""

    def setUp(self):
        self.backends = {name: self.start_backend(answering(lambda _, name=name: response(name.encode())))
                         for name in "ab"}
        self.control = self.enter(ScriptedControl())
        self.proxy = self.start_proxy(b.ads(self.control.port), waits=False)
        self.stream = self.control.stream()
        self.stream.push("Cluster", [over_ads("one")])
        self.stream.push("ClusterLoadAssignment", [self.endpoints("a")])
        self.stream.push("Listener", [self.listener()])
        self.stream.push("RouteConfiguration", [self.routes()])
        self.port = self.proxy.port()

    def endpoints(self, *names):
        return b.load_assignment([self.backends[name].port for name in names], "one")

    @staticmethod
    def listener(name="http"):
        return b.listener(manager_over_ads(), name)

    @staticmethod
    def routes(*rows):
        return b.route_config([*rows, b.route("/", "one")])

    @contextlib.contextmanager
    def unnoticed(self):
        with Canary(self.port) as canary:
            waiting.until(lambda: canary.answered, "an answer")
            yield
            self.assertEqual(get(self.port).body, b"a")

    def wait_for(self, path, body):
        waiting.until(lambda: get(self.port, path).body == body, f"{body} at {path}")


class BadResourcesTest(HostileTestCase):
    def test_o01_o02_o03_one_bad_among_good(self):
        """Each is named by itself with its field; the good ones go live."""
        with self.unnoticed():
            refusal = self.stream.refusal("Cluster", [
                over_ads("one"), b.cluster([self.backends["b"].port], "good"),
                {"name": "worse", "connect_timeout": "-1s", "type": "STATIC"},
                {**b.cluster([1], "unknown"), "transport_socket": {
                    "name": "quic", "typed_config": {"@type": b.ROUTER}}},
                {"@type": b.LISTENER_TYPE, "name": "another"}], version="2")
            for part in ("worse: connect_timeout", "unknown: transport_socket", "resources[4]: is of type"):
                self.assertIn(part, refusal)
            self.assertNotIn("good:", refusal)
            self.stream.push("RouteConfiguration", [self.routes(b.route("/good", "good"))], version="2")
            self.wait_for("/good", b"b")

    def test_o04_the_same_name_twice(self):
        with self.unnoticed():
            self.assertIn("two: is in the response more than once",
                          self.stream.refusal("Cluster", [over_ads("one"), b.cluster([1], "two"), b.cluster([2], "two")]))
            self.assertIn("lb_endpoints[1]", self.stream.refusal("ClusterLoadAssignment", [self.endpoints("b", "b")]))

    def test_o05_o06_o07_o21_addresses_that_cannot_be_had(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        free = {**self.listener("free"), "address": b.address()}
        bad = {"ours": {**self.listener("ours"), "address": b.address(self.port)},
               "theirs": {**self.listener("theirs"), "address": b.address(taken.getsockname()[1])},
               "nobody": {**self.listener("nobody"), "address": b.address(80, "192.0.2.1")}}
        with self.unnoticed():
            refusal = self.stream.refusal("Listener", [self.listener(), free, *bad.values()], version="2")
            for name in bad:
                self.assertIn(f"{name}: address", refusal)
            self.assertEqual(get(self.proxy.port("free")).body, b"a")

    def test_o26_o27_o41_routes_that_are_wrong(self):
        with self.unnoticed():
            for wrong, why in (
                    ({"match": {"safe_regex": {"regex": "a" * 1_000_000}}, "route": {"cluster": "one"}}, "regex"),
                    ({"match": {"safe_regex": {"regex": "/(unclosed"}}, "route": {"cluster": "one"}}, "missing )"),
                    ({**b.route("/x", "one"), "request_headers_to_add": [{"header": {"key": "x", "value": "a\r\nevil: b"}}]},
                     "request_headers_to_add[0].header.value"),
                    ({**b.route("/x", "one"), "request_headers_to_add": [{"header": {"key": "x", "value": "%REQ("}}]},
                     "request_headers_to_add[0].header.value")):
                self.assertIn(why, self.stream.refusal("RouteConfiguration", [self.routes(wrong)]))
            twice = b.route_config(virtual_hosts=[b.virtual_host([b.route("/", "one")], ["a.test"]),
                                                  {**b.virtual_host([b.route("/", "one")], ["A.test"]), "name": "other"}])
            self.assertIn("a.test", self.stream.refusal("RouteConfiguration", [twice]).lower())

    def test_o25_garbage(self):
        """A message that is none ends the stream, and another is tried; what serves goes on."""
        with self.unnoticed():
            self.stream.send_bytes(b"\xff\xff\xff")
            self.stream.wait_for_end()
            again = self.control.stream()
            self.assertEqual(again.request("Cluster")["version_info"], "1")
            again.push("ClusterLoadAssignment", [self.endpoints("a")], version="2")

    def test_o24_the_control_plane_refuses_us(self):
        with self.unnoticed():
            for code in (16, 12):
                self.stream.finish(code, "go away")
                self.stream = self.control.stream()
            self.proxy.wait_for_line(r"UNAUTHENTICATED: go away")


class EmptyAndGoneTest(HostileTestCase):
    def test_o11_an_empty_set_removes_all(self):
        self.stream.push("Listener", [], version="2")
        waiting.until(lambda: is_refused(self.port), "connections to be refused")
        self.stream.push("Listener", [self.listener()], version="3")
        self.stream.push("RouteConfiguration", [self.routes()], version="3")
        self.assertEqual(get(self.proxy.port()).body, b"a")

    def test_o11_an_empty_set_is_refused_where_that_is_asked_for(self):
        control = self.enter(ScriptedControl())
        proxy = self.start_proxy(b.ads(control.port), waits=False, arguments=["--refuse-empty-sets"])
        stream = control.stream()
        stream.push("Cluster", [])
        stream.push("Listener", [b.listener(b.connection_manager([b.direct("/", 200, "hi")]))])
        refusal = stream.refusal("Listener", [], version="2")
        self.assertEqual(refusal, "resources: is empty, which would remove all 1 that serve")
        self.assertEqual(get(proxy.port()).body, b"hi")

    def test_o12_no_endpoint_at_all(self):
        self.stream.push("ClusterLoadAssignment", [self.endpoints()], version="2")
        waiting.until(lambda: get(self.port).status == 503, "that nobody is there")
        self.stream.push("ClusterLoadAssignment", [self.endpoints("b")], version="3")
        self.wait_for("/", b"b")

    def test_o09_endpoints_nobody_asked_for(self):
        with self.unnoticed():
            self.stream.push("ClusterLoadAssignment", [b.load_assignment([1], "stranger"), self.endpoints("a")], version="2")

    def test_o10_o28_o31_streams_outlive_their_cluster_and_routes(self):
        slow = self.enter(SlowBackend())
        self.stream.push("Cluster", [over_ads("one"), b.cluster([slow.port], "slow")], version="2")
        self.stream.push("RouteConfiguration", [self.routes(b.route("/slow", "slow"))], version="2")
        waiting.until(lambda: self.proxy.stat("cluster.slow.membership_total") == 1, "the cluster")
        client = half_answered(self.connect())
        self.stream.push("RouteConfiguration", [self.routes()], version="3")
        self.stream.push("Cluster", [over_ads("one")], version="3")
        waiting.until(lambda: '"slow"' not in self.proxy.admin("/clusters?format=json")[2], "the cluster to go")
        slow.go_on.set()
        self.assertEqual(client.read_bytes(len(SlowBackend.SECOND_HALF)), SlowBackend.SECOND_HALF)


class RepetitionTest(HostileTestCase):
    def test_o19_the_same_again_and_again(self):
        with self.unnoticed():
            rebuilt = self.proxy.stat("cluster.one.update_success")
            for _ in range(300):
                self.stream.send("ClusterLoadAssignment", [self.endpoints("a")], version="1")
            self.stream.push("ClusterLoadAssignment", [self.endpoints("a")], version="1")
            self.assertEqual(self.proxy.stat("cluster.one.update_success"), rebuilt)

    def test_o38_the_newest_of_those_that_warm_wins(self):
        with self.unnoticed():
            for timeout in ("1s", "2s", "3s"):
                self.stream.push("Cluster", [over_ads("one"), over_ads("new", connect_timeout=timeout)], version=timeout)
            self.stream.push("ClusterLoadAssignment", [b.load_assignment([self.backends["b"].port], "new")], version="2")
            waiting.until(lambda: '"3s"' in self.proxy.admin("/config_dump")[2], "the newest")

    # case 17
    def test_an_edited_cluster_warms_with_the_endpoints_that_are_known(self):
        """Many servers say nothing of endpoints that did not change."""
        with self.unnoticed():
            self.stream.push("Cluster", [over_ads("one", connect_timeout="7s")], version="2")

            def active():
                return [cluster["cluster"]["connect_timeout"] for dump in self.proxy.admin_json("/config_dump")["configs"]
                        for cluster in dump.get("dynamic_active_clusters", [])]

            waiting.until(lambda: active() == ["7s"], "the edit")

    def test_a_server_that_repeats_a_refused_resource_at_once(self):
        """As go-control-plane and java-control-plane do: answered at a bounded pace, serving goes on."""
        bad = {"name": "bad", "type": "STATIC", "connect_timeout": "-1s"}
        with self.unnoticed():
            nonces = [self.stream.send("Cluster", [over_ads("one"), bad], version="2") for _ in range(500)]
            self.stream.answer("Cluster", nonces[0])
            answers = [message for message in self.stream.messages("Cluster") if message.get("response_nonce") in nonces]
            self.assertLess(len(answers), 20)
            self.stream.push("Cluster", [over_ads("one")], version="3")


if __name__ == "__main__":
    unittest.main()
