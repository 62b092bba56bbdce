import json
import os
import tempfile
import unittest

from ci import test_summary


class TestSummaryTest(unittest.TestCase):
    def result(self, label, status, xml=None, shard=1, attempt=1):
        event = {"id": {"testResult": {"label": label, "run": 1, "shard": shard, "attempt": attempt}},
                 "testResult": {"status": status, "testActionOutput": []}}
        if xml is not None:
            handle, path = tempfile.mkstemp(prefix="a b", dir=os.environ.get("TEST_TMPDIR"))
            self.addCleanup(os.unlink, path)
            with os.fdopen(handle, "w") as file:
                file.write(xml)
            event["testResult"]["testActionOutput"] = [{"name": "test.xml", "uri": "file://" + path.replace(" ", "%20")}]
        return json.dumps(event)

    def count(self, *lines):
        return test_summary.count(lines)

    def test_cases_count(self):
        counts = self.count(self.result("//a", "PASSED", "<t><testcase name='1'/><testcase name='2'/></t>"), self.result("//b", "PASSED"))
        self.assertEqual(str(counts), "3 passed, 0 failed")
        self.assertTrue(counts.ok)

    def test_failed_and_skipped_cases(self):
        xml = "<t><testcase name='1'><failure/></testcase><testcase name='2'/><testcase name='3' status='notrun'/></t>"
        counts = self.count(self.result("//a", "FAILED", xml))
        self.assertEqual(str(counts), "1 passed, 1 failed, 1 skipped")
        self.assertEqual(counts.failures, ["//a .1"])
        self.assertFalse(counts.ok)

    def test_crash_after_good_cases(self):
        counts = self.count(self.result("//a", "FAILED", "<t><testcase name='1'/></t>"))
        self.assertEqual(str(counts), "1 passed, 1 failed")

    def test_timeout_without_a_report(self):
        self.assertEqual(str(self.count(self.result("//a", "TIMEOUT", "<t><testc"))), "0 passed, 1 failed")

    def test_shards_add_up_and_the_last_attempt_counts(self):
        one = "<t><testcase name='1'/></t>"
        counts = self.count(self.result("//a", "FAILED", one), self.result("//a", "PASSED", one, attempt=2),
                            self.result("//a", "PASSED", one, shard=2))
        self.assertEqual(str(counts), "2 passed, 0 failed")

    def test_target_that_was_not_built(self):
        event = {"id": {"targetCompleted": {"label": "//source:weir"}}, "completed": {"success": False}}
        counts = self.count(json.dumps(event), self.result("//a", "PASSED"))
        self.assertEqual(str(counts), "1 passed, 1 failed")

    def test_target_and_what_it_misses_are_one_failure(self):
        target = {"id": {"targetCompleted": {"label": "//x:x_test"}}, "aborted": {"reason": "ANALYSIS_FAILURE"}}
        missing = {"id": {"unconfiguredLabel": {"label": "//x:gone.cc"}}, "aborted": {"reason": "ANALYSIS_FAILURE"}}
        self.assertEqual(self.count(json.dumps(missing), json.dumps(target)).failures, ["//x:x_test was not built"])

    def test_package_that_was_not_loaded(self):
        event = {"id": {"pattern": {"pattern": ["//x/..."]}}, "aborted": {"reason": "LOADING_FAILURE", "description": "no such package"}}
        self.assertEqual(self.count(json.dumps(event)).failures, ["//x/... no such package"])

    def test_nothing_at_all_is_a_failure(self):
        counts = self.count()
        self.assertEqual(str(counts), "0 passed, 1 failed")
        self.assertFalse(counts.ok)

    def test_cut_off_list_is_a_failure(self):
        counts = self.count(self.result("//a", "PASSED"), '{"id": {"test')
        self.assertEqual(str(counts), "1 passed, 1 failed")
