"""What the commands that run black-box cases against the real binary share: the count, and `test` as our package."""
import os
import sys
import types

# The standard library has a package `test`, which would hide ours.
sys.modules["test"] = types.ModuleType("test")
sys.modules["test"].__path__ = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "test")]


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def case(self, name, passed, output=""):
        self.passed += passed
        self.failed += not passed
        print(("ok     " if passed else "FAILED ") + name, flush=True)
        if not passed:
            print(output[-3000:], flush=True)

    def close(self):
        """Says 'N passed, N failed'; the exit code."""
        print(f"{self.passed} passed, {self.failed} failed")
        return int(self.failed > 0)
