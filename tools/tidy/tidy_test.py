"""//tools/tidy: what a machine can judge about the style of this checkout, one case a check."""
import os
import unittest

from tools.tidy import extensions, formatting, habits, layering, libraries, links, unit_tests
from tools.tidy.tree import Tree

# Bazel runs this through links that lead back to the checkout itself: the checks see every file,
# not only those that some target declares.
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(layering.__file__))))


class TidyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = Tree(ROOT)
        assert cls.tree.has("WORKSPACE"), f"{ROOT} is not the checkout"

    def expect_none(self, faults):
        if faults:
            self.fail("\n" + "\n".join(faults))

    def test_cpp_is_formatted(self):
        self.expect_none(formatting.check(self.tree))

    def test_includes_follow_the_layers(self):
        self.expect_none(layering.check(self.tree))

    def test_libraries_stay_with_their_owners(self):
        self.expect_none(libraries.check(self.tree))

    def test_extensions_have_their_five_touches(self):
        self.expect_none(extensions.check(self.tree))

    def test_every_unit_has_a_test(self):
        self.expect_none(unit_tests.check(self.tree))

    def test_documents_point_at_what_exists(self):
        self.expect_none(links.check(self.tree))

    def test_files_are_short(self):
        self.expect_none(habits.check_length(self.tree))

    def test_lines_are_short(self):
        self.expect_none(habits.check_columns(self.tree))

    def test_nothing_is_left_unfinished(self):
        self.expect_none(habits.check_unfinished(self.tree))

    def test_headers_open_with_a_comment(self):
        self.expect_none(habits.check_headers(self.tree))

    def test_names_are_unique_and_speak(self):
        self.expect_none(habits.check_names(self.tree))


if __name__ == "__main__":
    unittest.main()
