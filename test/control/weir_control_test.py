"""The program weir-control: flags, exit codes, what it prints, and how it ends."""
import os
import signal
import subprocess
import tempfile
import unittest

_PROGRAM = "source/control/weir-control"
_GOOD = "clusters: [{name: web, type: STATIC, load_assignment: {cluster_name: web}}]\n"
_BAD = "clusters:\n- name: web\n  conect_timeout: 1s\n"


def _run(*arguments):
    return subprocess.run([_PROGRAM, *arguments], capture_output=True, text=True, timeout=30, check=False)


class WeirControlTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.directory = self._folder.name

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def serve(self):
        process = subprocess.Popen(
            [_PROGRAM, "--directory", self.directory, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        self.assertRegex(line, r"^listening on 127\.0\.0\.1:\d+\n$")
        return process, line.split()[-1]

    def test_says_its_version_and_how_to_use_it(self):
        self.assertRegex(_run("--version").stdout, r"^weir-control \d+\.\d+\.\d+\n$")
        for words in ("--directory", "status ADDRESS:PORT", "secrets:"):
            self.assertIn(words, _run("--help").stdout.replace("'", ""))

    def test_a_bad_command_line_is_exit_code_2(self):
        done = _run("--nope")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "weir-control: --nope: no such option; see --help\n")

    def test_validates(self):
        self.write("a.yaml", _GOOD)
        done = _run("--directory", self.directory, "--mode", "validate")
        self.assertEqual((done.returncode, done.stdout), (0, f"resources in '{self.directory}' OK\n"))
        self.write("b.yaml", _BAD)
        done = _run("--directory", self.directory, "--mode", "validate")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"{self.directory}/b.yaml:3:3: clusters[0].conect_timeout: ", done.stderr)

    def test_status_without_an_answer_is_exit_code_1(self):
        process, address = self.serve()
        process.kill()
        process.wait(timeout=30)
        done = _run("status", address)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertTrue(done.stderr.startswith(f"weir-control: {address}: "), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(_run("status").returncode, 2)

    def test_status_of_who_does_not_serve_it(self):
        self.write("a.yaml", _GOOD)
        _, address = self.serve()
        done = _run("status", address, "--json")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("StreamAggregatedResources", done.stderr)

    def test_ends_well_on_either_signal(self):
        self.write("a.yaml", _GOOD)
        for number in (signal.SIGTERM, signal.SIGINT):
            process, _ = self.serve()
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=30), 0)

    def test_what_it_cannot_do_is_exit_code_1(self):
        self.write("a.yaml", _GOOD)
        _, address = self.serve()
        done = _run("--directory", self.directory, "--listen", address)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"weir-control: cannot listen on {address}", done.stderr)
        done = _run("--directory", self.directory + "/none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none: cannot be watched", done.stderr)

    def test_bad_files_do_not_keep_it_from_starting(self):
        self.write("b.yaml", _BAD)
        process, _ = self.serve()
        self.assertIn("conect_timeout", process.stderr.readline())


if __name__ == "__main__":
    unittest.main()
