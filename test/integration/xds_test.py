"""Steered live by weir-control: whatever changes, no request of steady clients fails and none loses its connection."""
import signal
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.control import manager_over_ads, over_ads
from test.integration.raw_client import RawClient, get, is_refused
from test.integration.steered import SteeredTestCase, routes, weighted

class LiveChangeTest(SteeredTestCase):
    def test_n15_n17_endpoints_come_and_go(self):
        with self.steady_clients():
            for names in ("ab", "b", "ba", "a"):
                self.control.serve(endpoints=[self.endpoints("one", *names), self.endpoints("two", "b")])
                self.wait_for_answers(*names)
                share = self.answers(40)
                self.assertEqual(len(share), len(names))

    def test_n27_a_retry_does_not_go_to_who_has_left(self):
        """A try hangs on a host that leaves meanwhile, and breaks: the next goes to who is there, or finds nobody."""
        retry = {"retry_policy": {"retry_on": "reset", "num_retries": 2}}
        for number, names, status in ((1, "a", 200), (2, "", 503)):
            breaks = threading.Event()

            def hang(connection):
                connection.read_request()
                breaks.wait(waiting.DEADLINE_S)
                connection.reset()

            leaving = self.start_backend(hang)
            there, held = b.load_assignment([leaving.port], "one"), f"/held{number}"
            self.control.serve(endpoints=[there, self.endpoints("two", "b")], routes=[routes(b.route(held, "one", **retry))])
            waiting.until(lambda: f":{leaving.port}" in self.proxy.admin("/clusters")[2], "the host to come")
            waiting.until(lambda: held in self.proxy.admin("/config_dump")[2], "the route")
            with RawClient(self.port) as client:
                client.send(f"GET {held} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
                leaving.wait_for(lambda: leaving.requests, "the request")
                changes = self.proxy.stat("cluster.one.membership_change")
                self.control.serve(endpoints=[self.endpoints("one", *names), self.endpoints("two", "b")])
                self.proxy.wait_for_stat("cluster.one.membership_change", changes + 1)
                breaks.set()
                self.assertEqual(client.read_response().status, status)
            self.assertEqual(len(leaving.requests), 1)

    def test_weights_shift(self):
        with self.steady_clients():
            for one, two, names in ((1, 1, "ab"), (0, 1, "b"), (1, 0, "a")):
                self.control.serve(routes=[routes(b.route("/", **weighted(one=one, two=two)))])
                self.wait_for_answers(*names)

    def test_routes_change(self):
        with self.steady_clients():
            self.control.serve(routes=[routes(b.direct("/new", 200, "fresh"), b.route("/", "two"))])
            self.wait_for_answers("b")
            self.assertEqual(get(self.port, "/new").body, b"fresh")
            self.control.serve(routes=[routes(b.route("/", "one"))])
            self.wait_for_answers("a")
            self.assertEqual(get(self.port, "/new").body, b"a")

    def test_clusters_change(self):
        with self.steady_clients():
            self.control.serve(clusters=[over_ads("one", connect_timeout="3s", lb_policy="LEAST_REQUEST"),
                                         over_ads("two"), over_ads("three")],
                               endpoints=[self.endpoints("one", "a"), self.endpoints("three", "b")],
                               routes=[routes(b.route("/three", "three"), b.route("/", "one"))])
            waiting.until(lambda: get(self.port, "/three").body == b"b", "the new cluster")
            self.assertEqual([row["name"] for row in self.clusters()], ["control", "one", "three", "two"])
            self.control.serve(clusters=[over_ads("one")], endpoints=[self.endpoints("one", "a")],
                               routes=[routes(b.route("/", "one"))])
            waiting.until(lambda: [row["name"] for row in self.clusters()] == ["control", "one"], "clusters to go")

    def clusters(self):
        rows = self.proxy.admin_json("/clusters?format=json")["cluster_statuses"]
        return sorted(rows, key=lambda row: row["name"])

    def test_listeners_come_and_go(self):
        first = b.listener(manager_over_ads())
        with self.steady_clients():
            self.control.serve(listeners=[first, b.listener(b.connection_manager([b.direct("/", 200, "second")]), "second")])
            port = self.proxy.port("second")
            self.assertEqual(get(port).body, b"second")
            self.control.serve(listeners=[first])
            waiting.until(lambda: "second" not in self.proxy.ports(), "the listener to go")
            waiting.until(lambda: is_refused(port), "connections to be refused")


class BadResourceTest(SteeredTestCase):
    def test_a_bad_route_table(self):
        """The good ones of the same push go live; of the bad one the last good version serves."""
        self.control.serve(listeners=[b.listener(manager_over_ads()), b.listener(manager_over_ads("others"), "others")],
                           routes=[routes(b.route("/", "one")), routes(b.direct("/", 200, "old"), name="others")])
        waiting.until(lambda: "others" in self.proxy.ports(), "the second listener")
        with self.steady_clients():
            since = self.control.lines_so_far()
            bad = {"match": {"safe_regex": {"regex": "/(unclosed"}}, "route": {"cluster": "two"}}
            self.control.serve(routes=[routes(bad), routes(b.direct("/", 200, "new"), name="others")])
            reason = self.control.refusal(since)
            self.assertRegex(reason, r"routes.*virtual_hosts\[0\]\.routes\[0\]\.match\.safe_regex\.regex.*missing \)")
            self.assertNotIn("others", reason)
            waiting.until(lambda: get(self.proxy.port("others")).body == b"new", "the good table")
            self.wait_for_answers("a")
            dump = self.proxy.admin("/config_dump?resource=dynamic_route_configs")[2]
            self.assertIn("unclosed", dump)
            self.control.serve(routes=[routes(b.route("/", "two")), routes(b.direct("/", 200, "new"), name="others")])
            self.wait_for_answers("b")
        self.assertNotIn("unclosed", self.proxy.admin("/config_dump?resource=dynamic_route_configs")[2])

    def test_bad_clusters_and_listeners(self):
        """Each is refused by itself, and named."""
        with self.steady_clients():
            since = self.control.lines_so_far()
            self.control.serve(clusters=[over_ads("one", type="STATIC"), over_ads("two"),
                                         b.cluster([b.endpoint(1, "no.address")], "bad"),
                                         b.cluster([self.backends["b"].port], "good")])
            reason = self.control.refusal(since)
            self.assertRegex(reason, r"bad.*no\.address")
            waiting.until(lambda: '"good"' in self.proxy.admin("/config_dump")[2], "the good cluster")
            self.control.serve(clusters=[over_ads("one"), over_ads("two"), b.cluster([self.backends["b"].port], "good")],
                               routes=[routes(b.route("/good", "good"), b.route("/", "one"))])
            waiting.until(lambda: get(self.port, "/good").body == b"b", "a route to it")

            since = self.control.lines_so_far()
            taken = b.listener(b.connection_manager([b.direct("/")]), "taken")
            taken["address"] = b.address(self.backends["a"].port)
            self.control.serve(listeners=[b.listener(manager_over_ads()), taken,
                                          b.listener(b.connection_manager([b.direct("/", 200, "hi")]), "fine")])
            self.assertRegex(self.control.refusal(since), rf"taken.*{self.backends['a'].port}.*in use")
            self.assertEqual(get(self.proxy.port("fine")).body, b"hi")


class ControlPlaneDiesTest(SteeredTestCase):
    # case 25
    def test_traffic_goes_on_and_changes_arrive_later(self):
        with self.steady_clients() as clients:
            self.control.kill()
            self.proxy.wait_for_stat("control_plane.connected_state", 0)
            self.wait_for_progress(clients)
            self.assertEqual(self.proxy.admin("/ready")[0], 200)
            self.control.serve(routes=[routes(b.route("/", "two"))])
            self.control.start()
            self.wait_for_answers("b")
            self.proxy.wait_for_stat("control_plane.connected_state", 1)

    def test_it_stops_answering(self):
        """Alive, but not a word: what serves goes on."""
        with self.steady_clients() as clients:
            self.control.process.send_signal(signal.SIGSTOP)
            self.wait_for_progress(clients)
            self.control.serve(routes=[routes(b.route("/", "two"))])
            self.control.process.send_signal(signal.SIGCONT)
            self.wait_for_answers("b")

    def test_nobody_is_there_at_the_start(self):
        """The static part serves, and what the control plane has comes once it is there."""
        self.control.kill()
        config = b.ads(self.control.port, [b.cluster([self.backends["a"].port], "static")], api_type=self.api_type)
        config["static_resources"]["listeners"] = [b.listener(b.connection_manager([b.route("/", "static")]), "static")]
        proxy = self.start_proxy(config, waits=False)
        self.assertEqual(get(proxy.port("static")).body, b"a")
        self.control.start()
        self.assertEqual(get(proxy.port("http")).body, b"a")
        waiting.until(lambda: proxy.admin("/ready")[0] == 200, "readiness")


class DeltaLiveChangeTest(LiveChangeTest):
    api_type = "DELTA_GRPC"


class DeltaBadResourceTest(BadResourceTest):
    api_type = "DELTA_GRPC"


class DeltaControlPlaneDiesTest(ControlPlaneDiesTest):
    api_type = "DELTA_GRPC"


if __name__ == "__main__":
    unittest.main()
