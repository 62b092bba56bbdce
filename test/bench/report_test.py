import unittest

from tools.bench import report


def _record(proxy, repetition, cpu_us, **more):
    return {"scenario": "http1", "proxy": proxy, "repetition": repetition, "cpu_us": cpu_us, "errors": 0, **more}


class ReportTest(unittest.TestCase):
    def test_ratios_are_taken_within_a_repetition(self):
        # The machine is twice as slow in the second repetition; the ratio does not see it.
        records = [_record("floor", 0, 10), _record("weir", 0, 13), _record("floor", 1, 20), _record("weir", 1, 26)]
        rows = report.summarize(records)["http1"]
        self.assertAlmostEqual(rows["weir"]["cpu_over_floor"], 1.3)
        self.assertAlmostEqual(rows["weir"]["cpu_us"], 19.5)
        self.assertAlmostEqual(rows["floor"]["cpu_over_floor"], 1.0)

    def test_measures_of_one_repetition_are_kept(self):
        rows = report.summarize([_record("weir", 0, 1), _record("weir", 1, 1, syscalls=4.2)])["http1"]
        self.assertEqual(rows["weir"]["syscalls"], 4.2)
        self.assertNotIn("cpu_over_floor", rows["weir"])

    def test_failures_and_errors_are_not_hidden(self):
        failed = {"scenario": "http1", "proxy": "weir", "repetition": 0, "failed": "boom"}
        self.assertEqual(report.summarize([failed])["http1"]["weir"], {"failed": "boom"})
        rows = report.summarize([failed, _record("weir", 1, 1, errors=2, bad_status=1)])["http1"]
        self.assertEqual(rows["weir"]["errors"], 4)

    def test_table(self):
        text = report.table("http1", "request", {"floor": {"cpu_us": 10, "errors": 0}, "weir": {"failed": "boom"}})
        self.assertEqual(text.splitlines(), [
            "| http1 (per request) | CPU µs | errors |",
            "|---------------------|-------:|-------:|",
            "| floor               |   10.0 |      0 |",
            "| weir                |      – |      – |",
            "weir failed: boom"])


if __name__ == "__main__":
    unittest.main()
