"""Hosts that fail are found from the traffic itself, left out for a while, and taken back."""
import json
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, resetting, response, unused_port
from test.integration.case import ProxyTestCase
from test.integration.raw_client import Closed, RawClient
from test.integration.verdict import Verdict

_ACTIVE = "cluster.backend.outlier_detection.ejections_active"
_HEALTHY = "cluster.backend.membership_healthy"


class OutlierTest(ProxyTestCase):
    def serve(self, ports, detection, network_filter=None, **more):
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(network_filter or b.connection_manager([b.route("/", "backend")]))],
            [b.cluster(ports, outlier_detection=detection)], **more))
        self.port = self.proxy.port()

    def serve_three(self, detection, **more):
        """Of three backends, the first answers with `self.status`."""
        self.status = "500 Internal Server Error"
        self.backends = [self.start_backend(answering(lambda request: response(status=self.status))),
                         self.start_backend(), self.start_backend()]
        self.serve([backend.port for backend in self.backends], detection, **more)

    def ask(self, requests):
        """How many of them failed."""
        with RawClient(self.port) as client:
            return sum(client.get().status >= 500 for _ in range(requests))

    def stat(self, name):
        return self.proxy.stat("cluster.backend.outlier_detection." + name)

    def host_status(self, backend):
        statuses = self.proxy.admin_json("/clusters?format=json")["cluster_statuses"][0]["host_statuses"]
        return next(s for s in statuses if s["address"]["socket_address"]["port_value"] == backend.port)

    def test_n06_silent_failures_eject_a_host(self):
        self.serve_three({"always_eject_one_host": True, "base_ejection_time": "60s"})
        self.assertEqual(self.ask(15), 5)
        self.proxy.wait_for_stat(_HEALTHY, 2)
        self.assertEqual(self.ask(60), 0)
        self.assertEqual(len(self.backends[0].requests), 5)
        self.assertEqual(self.proxy.stat(_ACTIVE), 1)
        self.assertEqual(self.stat("ejections_enforced_consecutive_5xx"), 1)
        self.assertTrue(self.host_status(self.backends[0])["health_status"]["failed_outlier_check"])
        self.assertNotIn("failed_outlier_check", self.host_status(self.backends[1])["health_status"])
        text = self.proxy.admin("/clusters")[2]
        host = f"backend::127.0.0.1:{self.backends[0].port}::"
        self.assertIn(host + "health_flags::/failed_outlier_check\n", text)
        self.assertRegex(text, host + r"ejected_ms_left::[1-9]\d{3,4}\n")
        self.assertIn("backend::outlier::success_rate_average::-1\n", text)

    def test_n07_nobody_is_ejected_over_the_cap(self):
        """The usual 10 % of three hosts is none."""
        self.serve_three({})
        for findings in (1, 2):
            self.assertEqual(self.ask(15), 5)
            waiting.until(lambda: self.stat("ejections_overflow") == findings, "the finding is counted")
        self.assertEqual(self.proxy.stat(_ACTIVE), 0)
        self.assertEqual(self.ask(3), 1)

    def test_n06_a_host_comes_back(self):
        log = self.access_log()
        self.serve_three({"max_ejection_percent": 40, "interval": "0.1s", "base_ejection_time": "0.3s"},
                         cluster_manager={"outlier_detection": {"event_log_path": log.path}})
        self.ask(15)
        waiting.until(lambda: self.stat("ejections_enforced_total") >= 1, "it is ejected")
        self.status = "200 OK"
        self.proxy.wait_for_stat(_ACTIVE, 0)
        self.proxy.wait_for_stat(_HEALTHY, 3)
        before = len(self.backends[0].requests)
        self.assertEqual(self.ask(30), 0)
        self.assertEqual(len(self.backends[0].requests) - before, 10)
        ejection, comeback = log.wait_for(lambda lines: len(lines) >= 2, "both events are logged")[:2]
        self.assertEqual((ejection["action"], ejection["type"], ejection["enforced"], ejection["cluster_name"]),
                         ("EJECT", "CONSECUTIVE_5XX", True, "backend"))
        self.assertEqual(ejection["upstream_url"], f"127.0.0.1:{self.backends[0].port}")
        self.assertEqual(ejection["eject_consecutive_event"], {})
        self.assertEqual((comeback["action"], comeback["num_ejections"]), ("UNEJECT", 1))
        self.assertIn("secs_since_last_action", comeback)

    def test_resets_and_refused_connections_count(self):
        """Whether the origins of failures are told apart or not."""
        for splits, name in ((False, "consecutive_5xx"), (True, "consecutive_local_origin_failure")):
            for port in (unused_port(), self.start_backend(resetting).port):
                with self.subTest(splits=splits, port=port):
                    self.serve([port, self.start_backend().port, self.start_backend().port],
                               {"always_eject_one_host": True, "base_ejection_time": "60s",
                                "split_external_local_origin_errors": splits})
                    self.ask(40)
                    self.proxy.wait_for_stat(_HEALTHY, 2)
                    self.assertEqual(self.stat("ejections_enforced_" + name), 1)
                    self.assertEqual(self.ask(20), 0)

    def test_tcp_connections_that_fail_count(self):
        self.serve([unused_port(), self.start_backend().port], network_filter=b.tcp_proxy("backend"),
                   detection={"always_eject_one_host": True, "base_ejection_time": "60s"})
        for _ in range(10):
            with RawClient(self.port) as client:
                try:
                    client.get()
                except Closed:
                    pass
        waiting.until(lambda: self.stat("ejections_enforced_consecutive_5xx") == 1, "it is ejected")

    def test_success_rates_are_shown_and_judged(self):
        self.serve_three({"consecutive_5xx": 1000, "interval": "1s", "base_ejection_time": "60s",
                          "max_ejection_percent": 50, "success_rate_minimum_hosts": 3,
                          "success_rate_request_volume": 3, "success_rate_stdev_factor": 1000})

        def is_ejected():
            self.ask(12)
            return self.stat("ejections_enforced_success_rate") == 1

        waiting.until(is_ejected, "the host that fails stands out")
        self.assertTrue(self.host_status(self.backends[0])["health_status"]["failed_outlier_check"])

    def test_a_log_that_cannot_be_written_is_a_fault(self):
        config = b.bootstrap(cluster_manager={"outlier_detection": {"event_log_path": "/nowhere/at/all"}})
        path = self.access_log().path
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        verdict = Verdict("-c", path)
        self.assertEqual(verdict.code, 1)
        self.assertIn("cluster_manager.outlier_detection.event_log_path", verdict.err)


if __name__ == "__main__":
    unittest.main()
