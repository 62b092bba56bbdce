"""Who probes Weir itself hears whether it wants traffic: the health_check filter, and the admin endpoint."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient

_FILTER = "type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck"
_HEALTHZ = [{"name": ":path", "string_match": {"exact": "/healthz"}}]
_CLUSTER = "x-envoy-upstream-healthchecked-cluster"


class ProbingTest(ProxyTestCase):
    def serve(self, health_check, endpoints=None, **more):
        self.log = self.access_log()
        self.backend = self.start_backend(answering(lambda request: response(status=self.status)))
        self.status = "200 OK"
        logs = [{**b.file_log(self.log.path, b.LOG_FIELDS), "filter": {"not_health_check_filter": {}}}]
        filters = [{"name": "health", "typed_config": {"@type": _FILTER, "headers": _HEALTHZ, **health_check}},
                   {"name": "envoy.filters.http.router", "typed_config": {"@type": b.ROUTER}}]
        manager = b.connection_manager([b.route("/", "backend")], logs, http_filters=filters)
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(manager)], [b.cluster(endpoints or [self.backend.port])],
            node={"id": "n", "cluster": "edge"}, **more))
        self.port = self.proxy.port()

    def get(self, path="/healthz"):
        with RawClient(self.port) as client:
            return client.get(path)

    def probe(self):
        return self.get().status

    def post(self, path):
        self.assertEqual(self.proxy.admin(path, "POST")[::2], (200, "OK\n"))

    def test_answers_itself(self):
        self.serve({"pass_through_mode": False})
        answer = self.get()
        self.assertEqual((answer.status, answer.header(_CLUSTER)), (200, "edge"))
        self.assertEqual(self.backend.requests, [])
        self.assertEqual(self.get("/other").status, 200)
        self.assertEqual(len(self.backend.requests), 1)
        # Neither counted as traffic nor logged.
        self.assertEqual(self.proxy.stat("http.test.downstream_rq_2xx"), 1)
        self.assertEqual(self.log.last("/other")["code"], 200)
        self.assertNotIn("/healthz", self.log.text())

    def test_computed_from_a_cluster(self):
        endpoints = [b.endpoint(1, health_status=health) for health in ("HEALTHY", "UNHEALTHY", "DEGRADED")]
        for i, entry in enumerate(endpoints):
            entry["endpoint"]["address"] = b.address(1, f"127.0.0.{i + 1}")
        for percent, status in ((66, 200), (67, 503)):
            with self.subTest(percent=percent):
                self.serve({"pass_through_mode": False,
                            "cluster_min_healthy_percentages": {"backend": {"value": percent}}}, endpoints)
                self.assertEqual(self.probe(), status)

    def test_passes_through(self):
        self.serve({"pass_through_mode": True})
        self.assertEqual(self.get().header(_CLUSTER), "edge")
        self.status = "503 Service Unavailable"
        self.assertEqual(self.probe(), 503)
        self.assertEqual(len(self.backend.requests), 2)

    def test_passes_through_and_caches(self):
        self.serve({"pass_through_mode": True, "cache_time": "3600s"})
        self.assertEqual(self.probe(), 200)
        self.status = "503 Service Unavailable"
        # For all workers' probes.
        self.assertEqual([self.probe() for _ in range(20)], [200] * 20)
        self.assertEqual(len(self.backend.requests), 1)

    def test_an_operator_makes_probes_fail(self):
        self.serve({"pass_through_mode": True})
        self.assertEqual(self.proxy.admin("/healthcheck/fail")[0], 405)
        self.assertEqual(self.probe(), 200)
        self.post("/healthcheck/fail")
        self.assertEqual(self.probe(), 503)
        self.assertEqual(self.get("/other").header("x-envoy-immediate-health-check-fail"), "true")
        self.assertEqual(self.proxy.admin("/ready")[::2], (503, "DRAINING\n"))
        self.assertEqual(self.proxy.admin_json("/server_info")["state"], "DRAINING")
        self.post("/healthcheck/ok")
        self.assertEqual(self.probe(), 200)
        self.assertIsNone(self.get("/other").header("x-envoy-immediate-health-check-fail"))
        self.assertEqual(self.proxy.admin("/ready")[::2], (200, "LIVE\n"))

    def test_probes_fail_while_it_drains(self):
        self.serve({"pass_through_mode": False})
        with RawClient(self.port) as client:
            client.send(b"POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n")
            self.proxy.wait_for_stat("http.test.downstream_rq_active", 1)
            self.proxy.terminate()
            waiting.until(lambda: self.proxy.admin("/ready")[0] == 503, "it drains")
            self.assertEqual(client.send(b"x").read_response().status, 503)


if __name__ == "__main__":
    unittest.main()
