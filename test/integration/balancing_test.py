"""Who gets the next request: exact where it is promised to be, and whatever the number of workers."""
import threading
import unittest
from collections import Counter

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient


class BalancingTest(ProxyTestCase):
    def serve(self, count, workers=2, weights=None, behave=None, **cluster):
        self.backends = [self.start_backend(behave) for _ in range(count)]
        endpoints = [b.endpoint(backend.port, weight=weight)
                     for backend, weight in zip(self.backends, weights or [None] * count)]
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))], [b.cluster(endpoints, **cluster)]),
            workers=workers)
        self.port = self.proxy.port()

    def counts(self):
        return [len(backend.requests) for backend in self.backends]

    def ask(self, requests, clients=8):
        """So many requests in all, over clients whose connections the kernel spreads over the workers."""
        connections = [self.enter(RawClient(self.port)) for _ in range(clients)]
        for i in range(requests):
            self.assertEqual(connections[i % clients].get().status, 200)

    def test_round_robin_is_exact_across_workers(self):
        self.serve(3)
        self.ask(301)
        counts = self.counts()
        self.assertEqual(sum(counts), 301)
        self.assertLessEqual(max(counts) - min(counts), 1, counts)

    def test_round_robin_under_concurrency(self):
        self.serve(3)

        def run():
            with RawClient(self.port) as client:
                for _ in range(100):
                    client.get()

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts = self.counts()
        self.assertEqual(sum(counts), 800)
        self.assertLessEqual(max(counts) - min(counts), 1, counts)

    def test_weighted_round_robin_is_exact(self):
        self.serve(3, weights=[1, 2, 5])
        self.ask(800)
        for count, wanted in zip(self.counts(), (100, 200, 500)):
            self.assertLessEqual(abs(count - wanted), 1, self.counts())

    def test_weighted_round_robin_is_smooth(self):
        """A heavy host's turns are spread out, not in a row."""
        order = []
        self.serve(2, workers=1, weights=[1, 3], behave=answering(lambda request: response()))
        with RawClient(self.port) as client:
            for _ in range(40):
                before = self.counts()
                client.get()
                order.append("01"[[a - c for a, c in zip(self.counts(), before)].index(1)])
        self.assertLessEqual(max(map(len, "".join(order).split("0"))), 4, order)

    def test_random(self):
        self.serve(4, lb_policy="RANDOM")
        self.ask(2000)
        for count in self.counts():
            self.assertAlmostEqual(count, 500, delta=5 * (2000 * 0.25 * 0.75) ** 0.5)

    def test_least_request_avoids_the_busy(self):
        release = threading.Event()
        self.addCleanup(release.set)
        busy = []

        def behave(connection):
            while True:
                connection.read_request()
                if connection.backend is self.backends[0]:
                    busy.append(connection)
                    release.wait(waiting.DEADLINE_S)
                connection.send(response())

        self.serve(2, behave=behave, lb_policy="LEAST_REQUEST")
        stuck = [self.enter(RawClient(self.port)) for _ in range(10)]
        for client in stuck:
            client.request()
        waiting.until(lambda: sum(self.counts()) == 10 and busy, "all at their hosts, one at least at the slow one")
        held = len(busy)
        with RawClient(self.port) as client:
            for _ in range(200):
                client.get()
        self.assertEqual(len(busy), held, "two choices of two hosts always see the busier one")

    def test_least_request_is_even_when_nobody_is_busy(self):
        self.serve(4, lb_policy="LEAST_REQUEST")
        self.ask(2000)
        for count in self.counts():
            self.assertAlmostEqual(count, 500, delta=150)

    def test_unhealthy_endpoints_are_left_out(self):
        self.backends = [self.start_backend() for _ in range(4)]
        endpoints = [b.endpoint(backend.port) for backend in self.backends]
        endpoints[1]["health_status"] = "UNHEALTHY"
        endpoints[2]["health_status"] = "DRAINING"
        cluster = b.cluster(endpoints, common_lb_config={"healthy_panic_threshold": {"value": 10}})
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))], [cluster]))
        self.port = self.proxy.port()
        self.ask(100)
        self.assertEqual(self.counts(), [50, 0, 0, 50])

    def test_n04_too_few_healthy_endpoints_are_a_panic(self):
        self.backends = [self.start_backend() for _ in range(4)]
        endpoints = [b.endpoint(backend.port, health_status="UNHEALTHY" if i else "HEALTHY")
                     for i, backend in enumerate(self.backends)]
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))], [b.cluster(endpoints)]))
        self.port = self.proxy.port()
        self.ask(100)
        self.assertEqual(self.counts(), [25] * 4)
        self.assertEqual(self.proxy.stat("cluster.backend.lb_healthy_panic"), 100)

    def test_priorities(self):
        self.backends = [self.start_backend() for _ in range(3)]

        def locality(backend, priority, **more):
            return {"priority": priority, "lb_endpoints": [b.endpoint(backend.port, **more)]}

        cluster = b.cluster([])
        cluster["load_assignment"]["endpoints"] = [
            locality(self.backends[0], 0, health_status="UNHEALTHY"), locality(self.backends[1], 1),
            locality(self.backends[2], 2)]
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))], [cluster]))
        self.port = self.proxy.port()
        self.ask(60)
        self.assertEqual(self.counts(), [0, 60, 0])

    def test_connections_are_spread_like_requests(self):
        self.serve(3, max_requests_per_connection=1)
        self.ask(30)
        by_backend = Counter({i: len(backend.connections) for i, backend in enumerate(self.backends)})
        self.assertEqual(set(by_backend.values()), {10})


if __name__ == "__main__":
    unittest.main()
