import unittest

from tools.bench import xds_cell, xds_report


def _record(proxy, **figures):
    return {"proxy": proxy, "figures": figures}


class XdsReportTest(unittest.TestCase):
    def test_medians(self):
        found = xds_report.median_by_proxy([_record("weir", a=1, b=None), _record("envoy", a=7), _record("weir", a=3), _record("weir", a=9)])
        self.assertEqual(found, {"weir": {"a": 3}, "envoy": {"a": 7}})

    def test_table(self):
        text = xds_report.table("here", {"weir": {"a": 2, "b": 0, "only": 1.234}, "envoy": {"a": 5, "b": 3}})
        self.assertEqual(text.splitlines(), [
            "| here | weir | envoy | envoy ÷ weir |",
            "|------|-----:|------:|-------------:|",
            "| a    |    2 |     5 |        2.5 × |",
            "| b    |    0 |     3 |            – |",
            "| only | 1.23 |     – |            – |"])

    def test_bootstrap(self):
        proxies = xds_cell.known_proxies("/weir")
        self.assertEqual(proxies["weir"].program, "/weir")
        sotw = xds_cell.bootstrap(proxies["weir"], False, 1, 2)
        self.assertEqual(sotw["dynamic_resources"]["ads_config"]["api_type"], "GRPC")
        self.assertNotIn("enable_dispatcher_stats", sotw)
        delta = xds_cell.bootstrap(proxies["envoy"], True, 1, 2)
        self.assertEqual(delta["dynamic_resources"]["ads_config"]["api_type"], "DELTA_GRPC")
        self.assertTrue(delta["enable_dispatcher_stats"])


if __name__ == "__main__":
    unittest.main()
