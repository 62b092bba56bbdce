"""Listeners that change live: what an edit does not concern stays open, what it replaces or removes ends gently."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, weir_control
from test.integration.control import Control, manager_over_ads, over_ads
from test.integration.raw_client import get, is_refused
from test.integration.slow_backend import SlowBackend, half_answered

_TUNNELS = 30


def manager(**fields):
    return manager_over_ads(drain_timeout="2s", **fields)


class ListenerDrainTestCase(ProxyTestCase):
    DRAIN_TIME_S = 15  # enough for all that ends by itself

    def setUp(self):
        self.backend = self.enter(SlowBackend())
        self.control = self.enter(Control(weir_control()))
        self.control.serve(clusters=[over_ads("one"), over_ads("other")], endpoints=self.endpoints(), listeners=self.listeners(),
                           routes=[b.route_config([b.route("/", "one")])])
        self.proxy = self.start_proxy(b.ads(self.control.port), arguments=["--drain-time-s", str(self.DRAIN_TIME_S)])
        self.port, self.other_port = self.proxy.port(), self.proxy.port("other")

    def endpoints(self, *names):
        return [b.load_assignment([self.backend.port], name) for name in names or ("one", "other")]

    def listeners(self, main=None):
        return [b.listener(main or manager()), b.listener(manager(), "other"), b.listener(b.tcp_proxy("one"), "tcp")]

    def assert_finishes(self, client):
        self.backend.go_on.set()
        self.assertEqual(client.read_rest(), SlowBackend.SECOND_HALF)
        self.assertFalse(client.was_reset)

    def assert_answered_for_the_last_time(self, client):
        """Soon, that is: each worker hears of a change in its own time."""
        def is_last():
            response = client.get()
            self.assertEqual(response.status, 200)
            return response.header("connection") == "close"

        waiting.until(is_last, "the last response")
        self.assertEqual(client.read_rest(), b"")

    def replace(self):
        self.control.serve(listeners=self.listeners(manager(server_name="replaced")))
        waiting.until(lambda: get(self.port).header("server") == "replaced", "the new filter chain")


class ListenerDrainTest(ListenerDrainTestCase):
    def test_o30_a_replaced_filter_chain(self):
        slow, used, idle = half_answered(self.connect()), self.connect(), self.connect()
        for client in (used, idle):
            self.assertEqual(client.get().header("server"), "weir")
        with Canary(self.other_port):
            self.replace()
            self.assert_answered_for_the_last_time(used)
            self.assertEqual(idle.read_rest(), b"", "one that says nothing ends as well")
            self.assertFalse(idle.was_reset)
            self.assert_finishes(slow)

    def test_o29_a_removed_listener(self):
        slow, used = half_answered(self.connect()), self.connect()
        self.assertEqual(used.get().status, 200)
        with Canary(self.other_port):
            self.control.serve(listeners=self.listeners()[1:])
            waiting.until(lambda: is_refused(self.port), "connections to be refused")
            self.assert_answered_for_the_last_time(used)
            self.assert_finishes(slow)
            self.proxy.wait_for_stat("listener_manager.total_listeners_draining", 0)

    def test_o29_a_listener_that_moves(self):
        """Another address: the new sockets serve, what is open on the old ones finishes."""
        slow = half_answered(self.connect())
        moved = {**b.listener(manager()), "address": b.address(0, "127.0.0.2")}
        with Canary(self.other_port):
            self.control.serve(listeners=[moved, *self.listeners()[1:]])
            waiting.until(lambda: is_refused(self.port), "the old address to be left")
            self.assert_finishes(slow)

    def test_edits_elsewhere_close_nothing(self):
        tunnels = [self.connect(self.proxy.port("tcp")) for _ in range(_TUNNELS)]
        for tunnel in tunnels:
            tunnel.request("GET", "/socket").read_head()
        with Canary(self.other_port):
            self.replace()
            self.control.serve(clusters=[over_ads("one"), over_ads("third")], endpoints=self.endpoints("one", "third"),
                               routes=[b.route_config([b.direct("/edited", 200, "yes"), b.route("/", "one")])])
            waiting.until(lambda: get(self.other_port, "/edited").body == b"yes", "the edit")
            waiting.until(lambda: '"third"' in self.proxy.admin("/config_dump")[2], "the new cluster")
        for tunnel in tunnels:
            self.assertEqual(tunnel.send(b"ping").read_bytes(4), b"ping")

    def test_its_own_cluster_s_edits_close_no_tunnel(self):
        tunnel = self.connect(self.proxy.port("tcp"))
        tunnel.request("GET", "/socket").read_head()
        self.control.serve(clusters=[over_ads("one", connect_timeout="3s"), over_ads("other")])
        waiting.until(lambda: '"3s"' in self.proxy.admin("/config_dump")[2], "the edit")
        self.assertEqual(tunnel.send(b"ping").read_bytes(4), b"ping")


class CutTest(ListenerDrainTestCase):
    DRAIN_TIME_S = 1

    def test_what_does_not_end_is_cut_at_the_drain_time(self):
        tunnel = self.connect(self.proxy.port("tcp"))
        tunnel.request("GET", "/socket").read_head()
        self.control.serve(listeners=[*self.listeners()[:2], b.listener(b.tcp_proxy("other"), "tcp")])
        waiting.until(lambda: "'other'" in str(self.listener_in_use("tcp")["filter_chains"]), "the change")
        self.assertEqual(tunnel.send(b"still open").read_bytes(10), b"still open")
        self.assertEqual(tunnel.read_rest(), b"")

    def listener_in_use(self, name):
        rows = self.proxy.admin_json("/config_dump?resource=dynamic_listeners")["configs"]
        entries = [entry for row in rows for entry in row.get("dynamic_listeners", [])]
        return next(entry["active_state"]["listener"] for entry in entries if entry["name"] == name)


if __name__ == "__main__":
    unittest.main()
