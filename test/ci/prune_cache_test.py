import os
import tempfile
import unittest

from tools import prune_cache

_DAY = 86400
_MIB = 1024 * 1024


class PruneCacheTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def add(self, name, last_use, size=_MIB):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(size)
        os.utime(path, (last_use, last_use))

    def left(self):
        return sorted(os.path.basename(path) for _, _, path in prune_cache.entries(self.folder))

    def test_old_files_go(self):
        self.add("cas/old", 1 * _DAY)
        self.add("ac/new", 20 * _DAY)
        self.assertEqual(prune_cache.prune(self.folder, max_days=14, max_mib=100, now=21 * _DAY), 1)
        self.assertEqual(self.left(), ["new"])

    def test_longest_unused_go_until_it_fits(self):
        for day in (3, 1, 2):
            self.add(f"cas/{day}", day * _DAY)
        prune_cache.prune(self.folder, max_days=14, max_mib=2, now=4 * _DAY)
        self.assertEqual(self.left(), ["2", "3"])

    def test_missing_folder_is_empty(self):
        self.assertEqual(prune_cache.prune(os.path.join(self.folder, "none")), 0)
