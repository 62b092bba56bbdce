"""A checkout of a few made-up files, for the tests of //tools/tidy's checks."""
import os
import tempfile
import unittest

from tools.tidy.tree import Tree

_LAYERS = 'LAYERS = [["base"], ["net", "http"], ["extensions", "server"]]\n'


class TreeTestCase(unittest.TestCase):
    def tree(self, files):
        """A Tree of {path: text}; source/layers.bzl is there unless given."""
        root = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(root.cleanup)
        for path, text in {"source/layers.bzl": _LAYERS, **files}.items():
            full = os.path.join(root.name, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return Tree(root.name)

    def assert_fault(self, faults, path, words):
        """Exactly one fault, about `path`, that says `words`."""
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(path, faults[0])
        self.assertIn(words, faults[0])
