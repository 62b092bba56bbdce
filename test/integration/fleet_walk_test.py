"""A walk through what fleets do to a load balancer: silent failures, flapping, returning cold, slowness, crowds behind one
address, backends that bear few connections. Each with what is to be done about it off and on."""
import contextlib
import os
import socket
import threading
import time
import unittest
from collections import Counter

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import Backend, answering, response
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient

_POLICIES = "type.googleapis.com/envoy.extensions.load_balancing_policies."
_PEAK_EWMA = "type.googleapis.com/weir.load_balancing_policies.peak_ewma.v1.PeakEwma"
_FAILED = response(b"no", "500 Internal Server Error")


def typed(type_url, **fields):
    return {"policies": [{"typed_extension_config": {"name": "policy", "typed_config": {"@type": type_url, **fields}}}]}


class MoodyBackend(Backend):
    """Says its name. What it does is set from outside: whether requests fail, whether it is ready, how long it takes."""

    def __init__(self, name):
        self.fails = self.is_unready = False
        self.delay_s = 0
        self.answered = 0
        super().__init__(answering(lambda request: self._answer(request, name)))

    def _answer(self, request, name):
        if request.target == "/readyz":
            return response(b"", "503 Service Unavailable" if self.is_unready else "200 OK")
        self.answered += 1
        if self.delay_s:
            time.sleep(self.delay_s)
        return _FAILED if self.fails else response(name.encode())


class FleetWalkTest(ProxyTestCase):
    def serve(self, count=3, **cluster):
        self.backends = [self.enter(MoodyBackend(str(i))) for i in range(count)]
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))],
            [b.cluster([backend.port for backend in self.backends], **cluster)]))
        self.port = self.proxy.port()

    def ask(self, requests, clients=4):
        """Who answered, and how often nobody did, over connections that requests take in turn."""
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(RawClient(self.port)) for _ in range(clients)]
            answers = [connections[i % clients].get() for i in range(requests)]
        return Counter(answer.body.decode() if answer.status == 200 else "failed" for answer in answers)

    def ask_at_once(self, requests, clients=8):
        """Likewise, at the same time."""
        counts = [None] * clients

        def run(i):
            counts[i] = self.ask(requests // clients, 1)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts, Counter())

    def wait_for_healthy(self, count):
        self.proxy.wait_for_stat("cluster.backend.membership_healthy", count)

    @staticmethod
    def readiness(**more):
        return {"timeout": "1s", "interval": "0.05s", "no_traffic_interval": "0.05s", "unhealthy_threshold": 2,
                "healthy_threshold": 2, "http_health_check": {"path": "/readyz"}, **more}

    def test_silent_failures(self):
        """Off: a third of all requests fails for as long as it lasts. By traffic: five fail. By /readyz: none, once it says so."""
        self.serve()
        self.backends[0].fails = True
        self.assertEqual(self.ask(60)["failed"], 20)

        self.serve(outlier_detection={"always_eject_one_host": True})
        self.backends[0].fails = True
        self.assertEqual(self.ask(15)["failed"], 5)
        self.wait_for_healthy(2)
        self.assertEqual(self.ask(60)["failed"], 0)

        self.serve(health_checks=[self.readiness()])
        self.backends[0].fails = self.backends[0].is_unready = True
        self.wait_for_healthy(2)
        self.assertEqual(self.ask(60)["failed"], 0)

    def test_a_flapping_backend_stays_out(self):
        """Two checks of three fail. With thresholds of one it is in and out; with two to go and three to come back it is out."""
        def changes(unhealthy, healthy):
            calls = []

            def answer(request):
                if request.target != "/readyz":
                    return response(b"flapping")
                calls.append(request)
                return response(b"", "200 OK" if len(calls) % 3 == 0 else "503 Service Unavailable")

            flapping, steady = self.start_backend(answering(answer)), self.enter(MoodyBackend("steady"))
            log = os.path.join(os.environ.get("TEST_TMPDIR", "/tmp"), f"events-{flapping.port}.log")
            check = self.readiness(
                unhealthy_threshold=unhealthy, healthy_threshold=healthy, event_log_path=log,
                http_health_check={"path": "/readyz", "retriable_statuses": [{"start": 503, "end": 504}]})
            self.proxy = self.start_proxy(b.bootstrap(
                [b.listener(b.connection_manager([b.route("/", "backend")]))],
                [b.cluster([flapping.port, steady.port], health_checks=[check])]))
            self.port = self.proxy.port()
            waiting.until(lambda: len(calls) > 20, "twenty checks")
            with open(log) as lines:
                return sum("eject_unhealthy_event" in line or "add_healthy_event" in line
                           for line in lines if f'"port_value":{flapping.port}' in line.replace(" ", ""))

        self.assertGreater(changes(1, 1), 8)
        self.assertLessEqual(changes(2, 3), 2)
        self.assertEqual(set(self.ask(20)), {"steady"})

    def returning(self, **cluster):
        """What a backend that is well again gets of the requests in the following second, and later."""
        self.serve(health_checks=[self.readiness()], **cluster)
        self.backends[0].is_unready = True
        self.wait_for_healthy(2)
        self.assertEqual(self.ask(20)["0"], 0)
        self.backends[0].is_unready = False
        self.wait_for_healthy(3)
        share = self.ask(150)["0"] / 150
        lines = self.proxy.admin("/clusters")[2]
        is_ramping = f":{self.backends[0].port}::slow_start_percent::10\n" in lines
        self.assertEqual(is_ramping, bool(cluster), lines)
        return share

    def test_n22_one_that_returns_ramps_up(self):
        self.assertAlmostEqual(self.returning(), 1 / 3, delta=0.02)
        share = self.returning(round_robin_lb_config={"slow_start_config": {"slow_start_window": "120s"}})
        self.assertAlmostEqual(share, 0.1 / 2.1, delta=0.03)

    def test_retries_go_to_the_next_priority(self):
        """All of the first priority fails, unnoticed so far. One retry within it helps nobody."""
        failing = [self.start_backend(answering(lambda _: _FAILED)) for _ in range(3)]
        well = self.start_backend()
        cluster = b.cluster([])
        cluster["load_assignment"]["endpoints"] = [
            {"priority": priority, "lb_endpoints": [b.endpoint(backend.port) for backend in backends]}
            for priority, backends in enumerate((failing, [well]))]
        policy = {"retry_on": "5xx", "num_retries": 1}
        avoiding = {"name": "avoiding", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
            "update_frequency": 1}}
        for retry_policy, failures in ((policy, 20), ({**policy, "retry_priority": avoiding}, 0)):
            self.proxy = self.start_proxy(b.bootstrap(
                [b.listener(b.connection_manager([b.route("/", "backend", retry_policy=retry_policy)]))], [cluster]))
            self.port = self.proxy.port()
            self.assertEqual(self.ask(20)["failed"], failures)

    def test_weights_by_load_reports(self):
        """Two backends say that they are as busy with half of the requests."""
        reports = threading.Event()

        def reporting(rps):
            field = f"endpoint-load-metrics: TEXT rps_fractional={rps},cpu_utilization=0.5"
            return self.start_backend(answering(
                lambda _: response(str(rps).encode(), headers=[field] if reports.is_set() else [])))

        backends = [reporting(rps) for rps in (100, 100, 200)]
        policy = typed(_POLICIES + "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
                       blackout_period="0s", weight_update_period="0.1s")
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))],
            [b.cluster([backend.port for backend in backends], load_balancing_policy=policy)]))
        self.port = self.proxy.port()
        self.assertEqual(self.ask(30), {"100": 20, "200": 10})
        reports.set()
        waiting.until(lambda: self.ask(40) == {"100": 20, "200": 20}, "the reported weights")
        self.assertIn(f":{backends[2].port}::reported_weight::400\n", self.proxy.admin("/clusters")[2])

    def test_a_slow_one_gets_less(self):
        """Requests of the slow one of three, with eight clients at a time."""
        shares = {}
        for policy, fields in (("ROUND_ROBIN", {"lb_policy": "ROUND_ROBIN"}), ("LEAST_REQUEST", {"lb_policy": "LEAST_REQUEST"}),
                               ("peak EWMA", {"load_balancing_policy": typed(_PEAK_EWMA)})):
            self.serve(**fields)
            self.backends[0].delay_s = 0.02
            begin = time.monotonic()
            shares[policy] = self.ask_at_once(400)["0"] / 400
            print(f"{policy:14} slow one's share {shares[policy]:.3f}, {400 / (time.monotonic() - begin):6.0f} requests/s")
        self.assertAlmostEqual(shares["ROUND_ROBIN"], 1 / 3, delta=0.02)
        self.assertLess(shares["LEAST_REQUEST"], 0.25)
        self.assertLess(shares["peak EWMA"], 0.15)

    def test_a_crowd_behind_one_address(self):
        """By address one backend works for all; by a cookie of its own each client has its backend, and they are shared."""
        def spread(hash_policy):
            self.backends = [self.enter(MoodyBackend(str(i))) for i in range(3)]
            self.proxy = self.start_proxy(b.bootstrap(
                [b.listener(b.connection_manager([b.route("/", "backend", hash_policy=hash_policy)]))],
                [b.cluster([backend.port for backend in self.backends], lb_policy="MAGLEV")]))
            self.port = self.proxy.port()
            counts = Counter()
            for _ in range(60):
                with RawClient(self.port) as client:
                    first = client.get()
                    cookie = first.header("set-cookie")
                    headers = () if cookie is None else ("Cookie: " + cookie.split(";")[0],)
                    for _ in range(3):
                        self.assertEqual(client.get("/", headers).body, first.body, "sticky")
                counts[first.body.decode()] += 1
            return counts

        self.assertEqual(len(spread([{"connection_properties": {"source_ip": True}}])), 1)
        by_cookie = spread([{"cookie": {"name": "who", "ttl": "60s", "path": "/"}}])
        self.assertEqual(len(by_cookie), 3)
        self.assertLess(max(by_cookie.values()), 40)


class FewConnectionsTest(ProxyTestCase):
    """A backend that bears four connections at a time and refuses others, as many servers do whose workers are few."""

    _BEARS = 4

    lock = threading.Lock()

    @staticmethod
    def is_open(connection):
        """Whose peer has not closed, though nobody has noticed yet."""
        try:
            return connection.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def behave(self, connection):
        with self.lock:
            self.open = [known for known in self.open if self.is_open(known)] + [connection]
            self.most = max(self.most, len(self.open))
            if len(self.open) > self._BEARS:
                self.refused += 1
                self.open.remove(connection)
                return connection.reset()
        while True:
            connection.read_request()
            time.sleep(0.002)
            connection.send(response())

    def failures(self, **cluster):
        self.open = []
        self.most = self.refused = 0
        backend = self.start_backend(self.behave)
        other = self.start_backend()
        proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))],
            [b.cluster([backend.port, other.port], **cluster)]), workers=2)
        failed = []
        port = proxy.port()

        def run():
            with RawClient(port) as client:
                for _ in range(30):
                    answer = client.get()
                    if answer.status != 200:
                        failed.append((answer.status, answer.body))

        threads = [threading.Thread(target=run) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.proxy = proxy
        return Counter(failed)

    def test_a_cap_for_each_host_keeps_below_what_it_bears(self):
        self.assertGreater(self.failures().total(), 0)
        self.assertGreater(self.refused, 0)
        limits = {"per_host_thresholds": [{"max_connections": self._BEARS}]}
        self.assertEqual(self.failures(circuit_breakers=limits), {})
        self.assertEqual(self.refused, 0)
        self.assertLessEqual(self.most, self._BEARS)
        self.assertGreater(self.proxy.stat("cluster.backend.upstream_cx_overflow"), 0)
        self.assertEqual(self.proxy.stat("cluster.backend.upstream_rq_pending_overflow"), 0)


if __name__ == "__main__":
    unittest.main()
