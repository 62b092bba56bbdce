"""Load reporting (LRS): what clusters carried, told once each, over one stream and the next."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.case import ProxyTestCase
from test.integration.raw_client import get
from test.integration.scripted_control import ScriptedControl

_COUNTS = ("total_issued_requests", "total_successful_requests", "total_error_requests")


class LoadReportTest(ProxyTestCase):
    def setUp(self):
        good = self.start_backend(answering(lambda _: response(b"good")))
        bad = self.start_backend(answering(lambda _: response(b"bad", "500 Internal Server Error")))
        self.control = self.enter(ScriptedControl())
        config = b.bootstrap(
            [b.listener(b.connection_manager([b.route("/bad", "bad"), b.route("/", "good")]))],
            [b.cluster([good.port], "good"), b.cluster([bad.port], "bad"), b.cluster([self.control.port], "control")],
            node={"id": "n", "cluster": "c"},
            cluster_manager={"load_stats_config": {"api_type": "GRPC", "transport_api_version": "V3",
                                                   "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}]}})
        self.proxy = self.start_proxy(config)

    def stream(self, **wishes):
        stream = self.control.stream("LoadReportingService/StreamLoadStats")
        hello = stream.request()
        self.assertEqual(hello["node"]["id"], "n")
        self.assertIn("envoy.lrs.supports_send_all_clusters", hello["node"]["client_features"])
        stream.send_message({"load_reporting_interval": "0.2s", **wishes})
        return stream

    @staticmethod
    def sums(streams):
        """{cluster: (issued, successful, failed)} of everything reported."""
        sums = {}
        for stream in streams:
            for message in stream.messages():
                for cluster in message.get("cluster_stats", []):
                    row = sums.setdefault(cluster["cluster_name"], [0, 0, 0])
                    for locality in cluster.get("upstream_locality_stats", []):
                        for i, field in enumerate(_COUNTS):
                            row[i] += int(locality.get(field, 0))
        return {name: tuple(row) for name, row in sums.items()}

    def ask(self, count):
        for _ in range(count):
            get(self.proxy.port())
            get(self.proxy.port(), "/bad")

    # case 23
    def test_nothing_is_lost_or_doubled_when_the_stream_ends(self):
        first = self.stream(clusters=["good", "bad"])
        waiting.until(lambda: set(self.sums([first])) == {"good", "bad"}, "a report")
        self.ask(5)
        first.finish(14, "restarting")
        self.ask(5)
        second = self.stream(clusters=["good", "bad"], report_endpoint_granularity=True)
        self.ask(5)
        both = [first, second]
        waiting.until(lambda: self.sums(both) == {"good": (15, 15, 0), "bad": (15, 0, 15)}, lambda: self.sums(both))
        reports = [cluster for message in second.messages() for cluster in message.get("cluster_stats", [])]
        self.assertTrue(any(locality.get("upstream_endpoint_stats") for cluster in reports
                            for locality in cluster.get("upstream_locality_stats", [])))
        self.assertTrue(all("load_report_interval" in cluster for cluster in reports))

    def test_all_clusters(self):
        stream = self.stream(send_all_clusters=True)
        # What came before the server asked is not reported.
        waiting.until(lambda: "good" in self.sums([stream]), "a report")
        self.ask(3)
        waiting.until(lambda: self.sums([stream]).get("good") == (3, 3, 0), lambda: self.sums([stream]))
        self.assertEqual(set(self.sums([stream])), {"good", "bad", "control"})
        stream.send_message({"load_reporting_interval": "0.2s", "clusters": ["bad"]})
        stream.send_bytes(b"\xff\xff")
        stream.wait_for_end()
        self.assertEqual(get(self.proxy.port()).body, b"good")


if __name__ == "__main__":
    unittest.main()
