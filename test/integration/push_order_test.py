"""Whatever order a control plane pushes in, no request meets half of a change (promise 4 of the design; O08, O10, O37)."""
import itertools
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase
from test.integration.control import manager_over_ads, over_ads
from test.integration.raw_client import get
from test.integration.scripted_control import ScriptedControl


class PushOrderTestCase(ProxyTestCase):
    """Backends a and b, which say their names."""

    def setUp(self):
        self.backends = {name: self.start_backend(answering(lambda _, name=name: response(name.encode())))
                         for name in "ab"}
        self.control = self.enter(ScriptedControl())
        self.proxy = self.start_proxy(b.ads(self.control.port), waits=False)
        self.stream = self.control.stream("/StreamAggregatedResources")

    def static(self, name, backend):
        return b.cluster([self.backends[backend].port], name)

    def routes(self, cluster):
        return b.route_config([b.route("/", cluster)])


class FirstPushTest(PushOrderTestCase):
    def test_o37_listeners_and_routes_before_clusters(self):
        """Nothing accepts a request that it could not answer."""
        self.stream.push("Listener", [b.listener(manager_over_ads())])
        self.stream.push("RouteConfiguration", [self.routes("one")])
        self.assertEqual(self.proxy.ports(), {})
        self.proxy.wait_for_stat("http.rds.tables_waiting", 1)
        self.stream.push("Cluster", [self.static("one", "a")])
        self.assertEqual(get(self.proxy.port()).body, b"a")

    def test_inline_routes_and_tcp_proxies_wait_as_well(self):
        self.stream.push("Listener", [b.listener(b.connection_manager([b.route("/", "one")])),
                                      b.listener(b.tcp_proxy("one"), "tcp")])
        self.assertEqual(self.proxy.ports(), {})
        self.stream.push("Cluster", [self.static("one", "a")])
        self.assertEqual(get(self.proxy.port()).body, b"a")
        self.assertEqual(get(self.proxy.port("tcp")).body, b"a")

    def test_o08_a_cluster_that_never_comes(self):
        """O08: it is accepted, waited for a while, and then answered for."""
        self.stream.push("Listener", [b.listener(manager_over_ads())])
        self.stream.push("RouteConfiguration", [self.routes("never")])
        self.stream.push("Cluster", [])
        answer = get(self.proxy.port())
        self.assertEqual(answer.status, 503)
        self.assertEqual(self.proxy.stat("http.rds.cluster_wait_timeout"), 1)


class LaterPushTest(PushOrderTestCase):
    def setUp(self):
        super().setUp()
        self.stream.push("Cluster", [self.static("one", "a")])
        self.stream.push("Listener", [b.listener(manager_over_ads())])
        self.stream.push("RouteConfiguration", [self.routes("one")])
        self.port = self.proxy.port()

    def wait_for(self, body):
        waiting.until(lambda: get(self.port).body == body, f"answers of {body}")

    def test_o37_a_swap_of_clusters_in_every_order(self):
        """From `one` to `two` and on: the new cluster, the new routes, the old one's removal, in all orders."""
        names = itertools.cycle([("two", "b"), ("one", "a")])
        old = "one"
        with Canary(self.port):
            for version, order in enumerate(itertools.permutations(("add", "routes", "remove")), 2):
                new, backend = next(names)
                there = {old}
                for step in order:
                    if step == "routes":
                        self.stream.push("RouteConfiguration", [self.routes(new)], version=str(version))
                        continue
                    there = there | {new} if step == "add" else there - {old}
                    clusters = [self.static(name, {"one": "a", "two": "b"}[name]) for name in sorted(there)]
                    self.stream.push("Cluster", clusters, version=f"{version}{step}")
                self.wait_for(backend.encode())
                waiting.until(lambda: self.cluster_names() == {"control", new}, "the old one to go")
                old = new

    def cluster_names(self):
        return {row["name"] for row in self.proxy.admin_json("/clusters?format=json")["cluster_statuses"]}

    def test_an_eds_cluster_whose_endpoints_come_last(self):
        with Canary(self.port):
            self.stream.push("RouteConfiguration", [self.routes("two")], version="2")
            self.stream.push("Cluster", [self.static("one", "a"), over_ads("two")], version="2")
            self.stream.push("Cluster", [over_ads("two")], version="3")
            self.assertEqual(get(self.port).body, b"a", "the old route serves, and keeps its cluster")
            self.stream.push("ClusterLoadAssignment", [b.load_assignment([self.backends["b"].port], "two")])
            self.wait_for(b"b")

    def test_the_newest_of_several_waiting_tables_wins(self):
        with Canary(self.port):
            for cluster in ("two", "three", "one", "two"):
                self.stream.push("RouteConfiguration", [self.routes(cluster)], version=cluster)
            self.stream.push("Cluster", [self.static("one", "a"), self.static("two", "b")], version="2")
            self.wait_for(b"b")
        self.assertEqual(self.proxy.stat("http.rds.tables_waiting"), 0)

    def test_an_edit_of_a_big_table(self):
        """Of 2,000 virtual hosts one changes: one is read, and the others are what they were."""
        hosts = [b.virtual_host([b.route("/", "one")], name=f"v{i}", domains=[f"h{i}"]) for i in range(2000)]
        hosts[7]["domains"].append("test")
        self.stream.push("RouteConfiguration", [b.route_config(virtual_hosts=hosts)])
        read = self.proxy.stat("http.rds.virtual_hosts_read")
        self.assertEqual(get(self.port, host="h1999").body, b"a")
        self.stream.push("Cluster", [self.static("one", "a"), self.static("two", "b")])
        hosts[1000] = b.virtual_host([b.route("/", "two")], name="v1000", domains=["h1000"])
        with Canary(self.port):
            self.stream.push("RouteConfiguration", [b.route_config(virtual_hosts=hosts)])
            waiting.until(lambda: get(self.port, host="h1000").body == b"b", "answers of b")
        self.assertEqual(get(self.port, host="h999").body, b"a")
        self.assertEqual(self.proxy.stat("http.rds.virtual_hosts_read"), read + 1)
        self.assertEqual(self.proxy.stat("http.rds.virtual_hosts_kept"), 1999)
        hosts[3] = b.virtual_host([b.route("/", "two")], name="", domains=["h4"])
        refusal = self.stream.refusal("RouteConfiguration", [b.route_config(virtual_hosts=hosts)])
        self.assertIn("routes: virtual_hosts[3].name", refusal)
        self.assertEqual(get(self.port, host="h3").body, b"a")


if __name__ == "__main__":
    unittest.main()
