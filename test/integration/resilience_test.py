"""Retries, timeouts of tries and connects, circuit breakers that are exact whatever the number of workers."""
import socket
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import response, stalling, unused_port
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient, get


class ResilienceTest(ProxyTestCase):
    def serve(self, ports, route=None, workers=1, validate_clusters=True, **cluster):
        self.log = self.access_log()
        table = b.route_config([route or b.route("/", "backend")], validate_clusters=validate_clusters)
        manager = b.connection_manager(None, [self.log.config()], route_config=table)
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.cluster(ports, **cluster)]),
                                      workers=workers)
        self.port = self.proxy.port()
        return self.port

    def stat(self, name):
        return self.proxy.stat("cluster.backend." + name)


class RetryTest(ResilienceTest):
    def test_n01_a_dead_host_costs_no_request(self):
        backends = [self.start_backend(), self.start_backend()]
        with RawClient(self.serve([backends[0].port, unused_port(), backends[1].port])) as client:
            for i in range(60):
                self.assertEqual(client.get(f"/{i}").status, 200)
        self.assertGreaterEqual(self.stat("upstream_rq_retry"), 20)
        self.assertEqual(self.stat("upstream_rq_retry_success"), self.stat("upstream_rq_retry"))
        self.assertEqual(self.stat("upstream_cx_connect_fail"), self.stat("upstream_rq_retry"))

    def test_a_post_is_tried_again_when_nothing_was_sent(self):
        backend = self.start_backend()
        with RawClient(self.serve([unused_port(), backend.port])) as client:
            for i in range(10):
                self.assertEqual(client.request("POST", "/pay", b"x" * 1000).read_response().status, 200)
        self.assertEqual([len(r.body) for r in backend.requests], [1000] * 10)

    def test_n01_nobody_is_there(self):
        answer = get(self.serve([unused_port(), unused_port()]), "/nobody")
        self.assertEqual(answer.status, 503)
        self.assertNotIn(b"127.0.0.1", answer.body)
        self.assertEqual(set(self.log.last("/nobody")["flags"].split(",")), {"UF", "URX"})

    def test_retry_on_status(self):
        statuses = iter(["503 Busy", "503 Busy", "200 OK"])

        def behave(connection):
            while True:
                connection.read_request()
                connection.send(response(status=next(statuses)))

        backend = self.start_backend(behave)
        policy = {"retry_on": "5xx", "num_retries": 3, "retry_back_off": {"base_interval": "0.001s"}}
        self.assertEqual(get(self.serve([backend.port], b.route("/", "backend", retry_policy=policy))).status, 200)
        self.assertEqual(len(backend.requests), 3)

    def test_n26_a_try_has_its_own_timeout(self):
        good = self.start_backend()
        stalled = self.start_backend(stalling)
        policy = {"retry_on": "5xx", "num_retries": 2, "per_try_timeout": "0.1s",
                  "retry_back_off": {"base_interval": "0.001s"}}
        route = b.route("/", "backend", retry_policy=policy, timeout="10s")
        with RawClient(self.serve([stalled.port, good.port], route)) as client:
            for i in range(4):
                self.assertEqual(client.request("POST", f"/{i}", b"body").read_response().status, 200)
        self.assertGreaterEqual(self.stat("upstream_rq_per_try_timeout"), 2)

    def test_the_route_s_timeout_ends_all_tries(self):
        stalled = self.start_backend(stalling)
        policy = {"retry_on": "5xx", "num_retries": 100, "per_try_timeout": "0.1s",
                  "retry_back_off": {"base_interval": "0.001s"}}
        answer = get(self.serve([stalled.port], b.route("/", "backend", retry_policy=policy, timeout="0.35s")), "/ut")
        self.assertEqual(answer.status, 504)
        self.assertIn("UT", self.log.last("/ut")["flags"].split(","))
        self.assertLessEqual(len(stalled.connections), 4)

    def test_n02_a_host_that_does_not_answer_the_handshake(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            queue = []
            for _ in range(4):  # the queue holds one or two; the rest of the handshakes are dropped
                waiting_in_queue = socket.socket()
                waiting_in_queue.setblocking(False)
                waiting_in_queue.connect_ex(("127.0.0.1", port))
                queue.append(waiting_in_queue)
            answer = get(self.serve([port], connect_timeout="0.1s"), "/slow")
            for waiting_in_queue in queue:
                waiting_in_queue.close()
        self.assertEqual(answer.status, 503)
        self.assertIn("UF", self.log.last("/slow")["flags"].split(","))
        self.assertGreaterEqual(self.stat("upstream_cx_connect_timeout"), 1)

    def test_n05_a_cluster_without_hosts(self):
        self.assertEqual(get(self.serve([]), "/empty").status, 503)
        self.assertEqual(self.log.last("/empty")["flags"], "UH")

    def test_a_cluster_that_does_not_exist(self):
        port = self.serve([unused_port()], b.route("/", "nowhere"), validate_clusters=False)
        self.assertEqual(get(port, "/nowhere").status, 503)
        self.assertEqual(self.log.last("/nowhere")["flags"], "NC")

    def test_no_route(self):
        self.assertEqual(get(self.serve([unused_port()], b.route("/only", "backend")), "/else").status, 404)
        self.assertEqual(self.log.last("/else")["flags"], "NR")


class CircuitBreakerTest(ResilienceTest):
    """Twenty clients on two workers: the kernel spreads their connections over both."""

    CLIENTS = 20

    def limits(self, **thresholds):
        self.release = threading.Event()

        def held(connection):
            while True:
                connection.read_request()
                self.release.wait(waiting.DEADLINE_S)
                connection.send(response())

        self.backend = self.start_backend(held)
        self.addCleanup(self.release.set)
        self.serve([self.backend.port], workers=2, circuit_breakers={"thresholds": [thresholds]})
        self.clients = [self.enter(RawClient(self.port)) for _ in range(self.CLIENTS)]

    def begin(self, held):
        """So many requests go first and reach the backend, the others follow."""
        for i, client in enumerate(self.clients):
            if i == held:
                self.backend.wait_for(lambda: len(self.backend.requests) == held, f"{held} requests at the backend")
            client.request("GET", f"/{i}")

    def finish(self, admitted):
        """Lets the admitted ones go through; the rest has been refused."""
        refused = self.CLIENTS - admitted
        waiting.until(lambda: self.proxy.stat("http.test.downstream_rq_5xx") == refused,
                      lambda: f"{refused} refusals; {self.proxy.stats('5xx|overflow')}")
        self.release.set()
        answers = [client.read_response() for client in self.clients]
        statuses = [answer.status for answer in answers]
        self.assertEqual((statuses.count(200), statuses.count(503)), (admitted, refused))
        self.assertTrue(all(a.header("x-envoy-overloaded") == "true" for a in answers if a.status == 503))
        self.log.wait_for(lambda lines: [line["flags"] for line in lines].count("UO") == refused, "UO flags")
        for client in self.clients:
            self.assertEqual(client.get("/after").status, 200, "all is as before")

    def test_n23_max_requests(self):
        self.limits(max_requests=4, max_pending_requests=100)
        self.begin(4)
        self.finish(4)

    def test_n23_n36_max_connections_and_pending(self):
        self.limits(max_connections=2, max_pending_requests=3)
        self.begin(2)
        waiting.until(lambda: self.stat("upstream_rq_pending_active") == 3, "three that wait")
        self.assertEqual(len(self.backend.connections), 2)
        self.finish(5)
        self.assertGreaterEqual(self.stat("upstream_cx_overflow"), 1)

    def test_n36_those_who_wait_are_served_by_and_by(self):
        self.limits(max_connections=1, max_pending_requests=self.CLIENTS)
        self.begin(1)
        waiting.until(lambda: self.stat("upstream_rq_pending_active") == self.CLIENTS - 1, "all others wait")
        self.assertEqual(len(self.backend.connections), 1)
        self.finish(self.CLIENTS)


if __name__ == "__main__":
    unittest.main()
