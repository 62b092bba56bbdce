"""The benchmark's programs against each other: small numbers, nothing that depends on speed."""
import os
import unittest

from tools.bench import counters, peers, rig
from tools.bench.scenarios import SCENARIOS

_HERE = "test/bench/"
_PROGRAMS = rig.Programs(_HERE + "backend", _HERE + "load")
_FLOOR = os.path.abspath(_HERE + "floor")


def _cell(scenario, peer=None):
    peer = peer or peers.known_peers(_FLOOR, "")["floor"]
    return rig.Cell(_PROGRAMS, scenario, peer)


def _relay():
    """The floor relaying bytes, whatever they mean: the load meets the origin itself."""
    return peers.Peer("relay", _FLOOR, ["tcp", "{port}", "{endpoints}"])


class RigTest(unittest.TestCase):
    def assert_all_succeed(self, cell):
        report = cell.load("count", 2000)[0]
        self.assertEqual(report["requests"], 2000)
        self.assertEqual((report["errors"], report["bad_status"]), (0, 0))
        self.assertGreater(report["p99_us"], 0)
        self.assertGreaterEqual(report["p99_us"], report["p50_us"])

    def test_every_exchange_succeeds(self):
        for name in ("http1", "tcp", "tls", "tls-hs"):
            with self.subTest(name), _cell(name) as cell:
                self.assert_all_succeed(cell)

    def test_http2_is_spoken_on_both_ends(self):
        with _cell("h2-h2", _relay()) as cell:
            self.assert_all_succeed(cell)

    def test_counters_are_read_at_the_marks(self):
        marks = []
        with _cell("http1") as cell:
            cell.load("count", 500, at_start=lambda: marks.append("start"), at_end=lambda: marks.append("end"))
        self.assertEqual(marks, ["start", "end"])

    def test_cpu_time_and_memory_are_the_proxys(self):
        with _cell("http1") as cell:
            self.assertEqual(cell.pids, [cell.proxy.pid])
            before = counters.cpu_ns(cell.pids)
            cell.load("count", 2000)
            self.assertGreater(counters.cpu_ns(cell.pids), before)
            self.assertGreater(counters.rss_kib(cell.pids), 100)

    def test_measuring_by_time(self):
        with _cell("tcp") as cell:
            record = rig.measure(cell, seconds=0.05, warm=0.01)
        self.assertGreater(record["requests"], 0)
        self.assertGreater(record["cpu_us"], 0)

    def test_measuring_beside_a_flood(self):
        with _cell("tls-flood") as cell:
            record = rig.measure(cell, seconds=0.2, warm=0.01)
        self.assertIn("p99_us", record)
        self.assertEqual(record["errors"], 0)
        self.assertNotIn("cpu_us", record)

    def test_memory_of_idle_connections(self):
        self.assertTrue(SCENARIOS["idle-http1"].is_idle)
        rig.raise_descriptor_limit()
        with _cell("idle-http1") as cell:
            record = rig.measure(cell, seconds=0)
        self.assertEqual(record["errors"], 0)
        self.assertGreater(record["idle_bytes"], 0)

    def test_proxy_that_does_not_start_is_named_with_its_reason(self):
        broken = peers.Peer("broken", "/bin/sh", ["-c", "echo no such luck >&2; exit 3"])
        with self.assertRaisesRegex(RuntimeError, "broken: it exited with 3: no such luck"):
            with _cell("http1", broken):
                pass

    def test_nothing_is_left_running(self):
        with _cell("http1") as cell:
            pid = cell.proxy.pid
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)


if __name__ == "__main__":
    unittest.main()
