"""Group N of the catalogue, upstream and health, where no other test has the case: what hosts and configuration do to requests."""
import json
import threading
import unittest
from collections import Counter

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response, unused_port
from test.integration.raw_client import RawClient
from test.integration.verdict import ConfigTestCase

_UNHEALTHY = {"health_status": "UNHEALTHY"}


class UpstreamTest(ConfigTestCase):
    def serve(self, endpoints, route=None, **cluster):
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([route or b.route("/", "backend")]))], [b.cluster(endpoints, **cluster)]))
        self.port = self.proxy.port()

    def ask(self, requests=1):
        with RawClient(self.port) as client:
            return Counter(client.get().status for _ in range(requests))

    def stat(self, name):
        return self.proxy.stat("cluster.backend." + name)

    def test_n03_no_way_there(self):
        """Nobody routes 240.0.0.0/4: the kernel says so at once."""
        self.serve([b.endpoint(80, "240.0.0.1")], connect_timeout="20s")
        with RawClient(self.port) as client:
            self.assertEqual(client.get().status, 503)
        self.assertGreater(self.stat("upstream_cx_connect_fail"), 0)
        self.assertEqual(self.stat("upstream_cx_connect_timeout"), 0)

    def test_n04_failing_instead_of_a_panic(self):
        backend = self.start_backend()
        ill = [b.endpoint(backend.port, **_UNHEALTHY), b.endpoint(unused_port(), **_UNHEALTHY)]
        zone_aware = {"zone_aware_lb_config": {"fail_traffic_on_panic": True}}
        self.serve(ill, common_lb_config=zone_aware)
        self.assertEqual(self.ask(5), {503: 5})
        self.assertEqual(backend.connections, [])
        self.assertEqual(self.stat("upstream_cx_none_healthy"), 5)

    def refuses(self, said, endpoints=(80,), **route):
        self.assert_refused(json.dumps(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend", **route)]))], [b.cluster(list(endpoints))])), said)

    def test_n18_endpoints_that_are_none(self):
        self.refuses("port_value", [b.endpoint(70000)])
        self.refuses("address", [b.endpoint(80, "not an address")])
        most = 2 ** 32 - 1
        self.refuses("weight", [b.endpoint(80, weight=most), b.endpoint(81, weight=most)])

        self.refuses("load_balancing_weight", [b.endpoint(80, weight=0)])
        self.refuses("is already the address of", [80, 81, 80])
        # As Envoy has it: nobody can connect to port 0, and requests find that out.
        self.serve([0])
        self.assertEqual(self.ask(2), {503: 2})

    def test_n20_a_subset_that_nobody_is_in(self):
        backend = self.start_backend()
        endpoint = b.endpoint(backend.port, metadata={"filter_metadata": {"envoy.lb": {"stage": "prod"}}})
        route = b.route("/", "backend", metadata_match={"filter_metadata": {"envoy.lb": {"stage": "dev"}}})
        for fallback, statuses in (("NO_FALLBACK", {503: 3}), ("ANY_ENDPOINT", {200: 3})):
            self.serve([endpoint], route, lb_subset_config={
                "fallback_policy": fallback, "subset_selectors": [{"keys": ["stage"]}]})
            self.assertEqual(self.ask(3), statuses)

    def test_n21_rings_of_few_and_of_uneven_hosts(self):
        backends = [self.start_backend(), self.start_backend()]
        by_path = b.route("/", "backend", hash_policy=[{"header": {"header_name": "x-key"}}])
        self.serve([backends[0].port], by_path, lb_policy="RING_HASH")
        self.assertEqual(self.ask(5), {200: 5})
        self.serve([b.endpoint(backends[0].port, weight=1_000_000), b.endpoint(backends[1].port, weight=1)], by_path,
                   lb_policy="RING_HASH")
        before = len(backends[0].requests)
        with RawClient(self.port) as client:
            for i in range(200):
                self.assertEqual(client.get("/", [f"X-Key: {i}"]).status, 200)
        self.assertGreater(len(backends[0].requests) - before, 195)

    def test_n24_a_body_too_large_to_keep_is_sent_once(self):
        backend = self.start_backend(answering(lambda _: response(status="503 Busy")))
        self.serve([backend.port], b.route("/", "backend", retry_policy={"retry_on": "5xx", "num_retries": 3}),
                   per_connection_buffer_limit_bytes=4096)
        with RawClient(self.port) as client:
            client.request("POST", "/", b"x" * 5_000_000)
            self.assertEqual(client.read_response().status, 503)
        self.assertEqual(len(backend.requests), 1)
        self.assertEqual(self.stat("upstream_rq_retry"), 0)

    def test_n25_a_response_that_has_begun_is_never_tried_again(self):
        def tears(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            connection.reset()

        backend = self.start_backend(tears)
        self.serve([backend.port], b.route("/", "backend", retry_policy={"retry_on": "5xx,reset", "num_retries": 3}))
        with RawClient(self.port) as client:
            client.request("GET", "/")
            rest = client.read_rest()
        self.assertTrue(rest.endswith(b"hello"), rest)
        self.assertEqual(len(backend.requests), 1)

    def test_n35_resets_now_and_then(self):
        """Every hundredth request: clients that may be served by a second try notice nothing, and no connection is lost count of."""
        lock = threading.Lock()
        asked = [0]

        def behave(connection):
            while True:
                connection.read_request()
                with lock:
                    asked[0] += 1
                    tears = asked[0] % 100 == 0
                if tears:
                    return connection.reset()
                connection.send(response())

        self.serve([self.start_backend(behave).port for _ in range(3)],
                   b.route("/", "backend", retry_policy={"retry_on": "reset,connect-failure", "num_retries": 2}))
        answers = [None] * 8

        def run(i):
            answers[i] = self.ask(250)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(answers, Counter()), {200: 2000})
        self.assertGreaterEqual(self.stat("upstream_rq_retry"), 20)
        waiting.until(lambda: self.stat("upstream_rq_active") == 0, "an end of requests")
        created, gone = self.stat("upstream_cx_total"), self.stat("upstream_cx_destroy")
        self.assertEqual(self.stat("upstream_cx_active"), created - gone)
        self.assertLessEqual(created - gone, 48)

    def test_n37_n38_what_is_not_there_is_refused(self):
        self.refuses("internal_redirect_policy: ", internal_redirect_policy={})
        self.refuses("request_mirror_policies: ", request_mirror_policies=[{"cluster": "backend"}])


if __name__ == "__main__":
    unittest.main()
