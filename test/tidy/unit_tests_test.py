from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import unit_tests

_BUILD = 'weir_cc_test(name = "arena_test", srcs = ["arena_test.cc"])'


class UnitTestsTest(TreeTestCase):
    def check(self, files):
        return unit_tests.check(self.tree(files))

    def test_unit_with_its_test(self):
        self.assertEqual(self.check({"source/base/arena.cc": "", "test/base/arena_test.cc": "", "test/base/BUILD.bazel": _BUILD}), [])

    def test_unit_without_a_test(self):
        self.assert_fault(self.check({"source/base/arena.cc": ""}), "source/base/arena.cc", "test/base/arena_test.cc")

    def test_unit_tested_by_a_neighbour(self):
        files = {"test/base/arena_test.cc": "", "test/base/BUILD.bazel": _BUILD}
        self.assertEqual(self.check({**files, "source/base/chunk.cc": "// Tested by test/base/arena_test.cc.\n"}), [])
        faults = self.check({**files, "source/base/chunk.cc": "// Tested by test/base/gone_test.cc\n"})
        self.assert_fault(faults, "source/base/chunk.cc", "gone_test.cc, which does not exist")

    def test_lists_of_things_are_no_units(self):
        self.assertEqual(self.check({"source/main.cc": "", "source/extensions.cc": ""}), [])

    def test_test_that_is_never_built(self):
        faults = self.check({"test/base/buffer_test.cc": "", "test/base/BUILD.bazel": _BUILD})
        self.assert_fault(faults, "test/base/buffer_test.cc", "never runs")
        self.assert_fault(self.check({"test/odd/odd_test.py": ""}), "test/odd/odd_test.py", "never runs")

    def test_targets_written_by_a_loop(self):
        build = '[weir_cc_test(name = u + "_test", srcs = [u + "_test.cc"]) for u in ("arena", "buffer")]'
        files = {"test/base/BUILD.bazel": build, "test/base/arena_test.cc": "", "test/base/buffer_test.cc": ""}
        self.assertEqual(self.check(files), [])
        self.assertEqual(self.check({**files, "test/base/BUILD.bazel": 'all(srcs = glob(["*_test.cc"]))'}), [])
