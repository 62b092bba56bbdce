"""What the binary says of a bootstrap before it serves."""
import os
import subprocess
import tempfile

from test.integration import case
from test.integration.case import ProxyTestCase


class Verdict:
    def __init__(self, *arguments, text=""):
        done = subprocess.run([case.weir(), *arguments], input=text, capture_output=True, text=True, timeout=60,
                              check=False)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr


class ConfigTestCase(ProxyTestCase):
    def file(self, text, name="bootstrap.yaml"):
        folder = self.enter(tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")))
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def verdicts(self, text, *arguments):
        """Of both modes: they must agree."""
        path = self.file(text)
        both = [Verdict("-c", path, "--mode", mode, *arguments) for mode in ("validate", "serve")]
        self.assertEqual(both[0].err.replace(path, ""), both[1].err.replace(path, ""))
        self.assertEqual(both[0].code, both[1].code)
        both[0].err = both[0].err.replace(path, "FILE")
        return both[0]

    def assert_refused(self, text, *expected):
        verdict = self.verdicts(text)
        self.assertEqual(verdict.code, 1, verdict.err)
        self.assertNotIn("starts with", verdict.err, "nothing is half-started")
        for line in expected:
            self.assertIn(line, verdict.err)
        return verdict
