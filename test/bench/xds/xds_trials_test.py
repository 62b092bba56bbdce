"""The xDS benchmark's programs with Weir between them: small numbers, nothing that depends on speed."""
import os
import unittest

from tools.bench import rig, xds_trials
from tools.bench.xds_cell import Fleet, known_proxies

_WEIR = known_proxies(os.path.abspath("source/weir"))["weir"]
_TOOLS = xds_trials.Rig("test/bench/xds/xds_fleet", edits=20, settle_s=0)


class XdsTrialsTest(unittest.TestCase):
    def test_steering(self):
        figures = xds_trials.steering(_TOOLS, _WEIR, Fleet(clusters=12, endpoints=3))
        for name, value in figures.items():
            with self.subTest(name):
                self.assertGreaterEqual(value, 0)
                if name.endswith("never seen"):
                    self.assertEqual(value, 0)
        for name in ("last cluster serves after ms", "RSS MiB", "one endpoint, p99 ms", "longest turn, ms"):
            self.assertGreater(figures[name], 0)
        self.assertGreaterEqual(figures["one endpoint, p99 ms"], figures["one endpoint, p50 ms"])

    def test_an_edit_is_waited_for_on_every_connection(self):
        with _TOOLS.cell(_WEIR, Fleet(clusters=3), workers=2, connections=8) as cell:
            cell.wait_until_serving()
            self.assertEqual(cell.tell("edits", "endpoint", 5)["count"], 5)

    def test_memory(self):
        figures = xds_trials.memory(_TOOLS, _WEIR, clusters=20, workers=1)
        self.assertGreater(figures["all of it, MiB"], 1)

    def test_churn(self):
        figures = xds_trials.churn(_TOOLS, _WEIR, Fleet(clusters=12), minutes=0.02)
        self.assertGreater(figures["requests"], 0)
        self.assertEqual(figures["of them: other status than 200"], 0)

    def test_orders(self):
        figures = xds_trials.orders(_TOOLS, _WEIR, Fleet(clusters=12), count=5)
        self.assertEqual(figures["orders"], 5)
        self.assertGreater(figures["requests"], 0)

    def test_a_proxy_that_does_not_serve_is_told(self):
        with _TOOLS.cell(_WEIR, Fleet(clusters=3)) as cell:
            cell.wait_until_serving()
            cell.tell = lambda *words: {"is_serving": False}
            with self.assertRaisesRegex(RuntimeError, "weir does not serve"):
                cell.wait_until_serving()

    def test_a_proxy_that_does_not_start_is_named_with_its_reason(self):
        broken = _WEIR._replace(program="/bin/sh", arguments=[])
        with _TOOLS.cell(broken, Fleet(clusters=3)) as cell:
            cell.process.wait()
            with self.assertRaisesRegex(RuntimeError, "weir exited with"):
                cell.wait_until_serving(0)


if __name__ == "__main__":
    rig.raise_descriptor_limit()
    unittest.main()
