"""The walk of tools/quickstart, as everybody sees it: every step must do what it says."""
import subprocess
import sys
import unittest

from test.integration import case


class QuickstartTest(unittest.TestCase):
    def test_walk(self):
        walk = subprocess.run(
            [sys.executable, "-B", "tools/quickstart_walk/walk.py", "--weir", case.weir(), "--control",
             case.weir_control(), "--examples", "examples/quickstart", "--once", "--fast", "--any-ports"],
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(walk.returncode, 0, walk.stdout + walk.stderr)
        self.assertIn("quickstart: done", walk.stdout)
        for step in "123456":
            self.assertRegex(walk.stdout, rf"(?m)^{step}\. ")


if __name__ == "__main__":
    unittest.main()
