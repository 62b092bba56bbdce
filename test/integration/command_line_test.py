"""The flags, each heard or refused in one line; the bootstrap from a file, a pipe, the command line, or two of them."""
import json
import re
import unittest

from test.integration import bootstrap as b
from test.integration.raw_client import RawClient
from test.integration.verdict import ConfigTestCase, Verdict


class CommandLineTest(ConfigTestCase):
    def test_version_and_help(self):
        verdict = Verdict("--version")
        self.assertEqual(verdict.code, 0)
        self.assertRegex(verdict.out, r"^weir \d+\.\d+\.\d+\n$")
        text = Verdict("--help").out
        for flag in ("-c", "--config-yaml", "--concurrency", "--mode", "-l", "--service-node", "--service-cluster",
                     "--drain-time-s", "--version"):
            self.assertIn(flag, text)

    def test_bad_arguments(self):
        for arguments, said in (
                ([], "-c FILE"), (["--bogus"], "--bogus"), (["stray"], "stray"), (["-c"], "needs a value"),
                (["--concurrency", "0"], "from 1 to"), (["--concurrency=many"], '"many"'),
                (["--mode", "x"], "none of serve, validate"), (["-l", "loud"], "none of trace"),
                (["--component-log-level", "xds"], "COMPONENT:LEVEL"), (["--drain-time-s", "-1"], "from 0 to")):
            with self.subTest(arguments):
                verdict = Verdict(*arguments)
                self.assertEqual((verdict.code, len(verdict.err.splitlines())), (2, 1), verdict.err)
                self.assertIn(said, verdict.err)

    def test_a_file_that_is_not_there(self):
        verdict = Verdict("-c", "/no/such/file.yaml")
        self.assertEqual((verdict.code, verdict.err), (1, "/no/such/file.yaml: cannot be read: No such file or directory\n"))
        self.assertIn("/: cannot be read: Is a directory", Verdict("-c", "/").err)

    def test_the_bootstrap_may_come_through_a_pipe(self):
        for text, code in (("{}", 0), ("bogus: 1", 1)):
            verdict = Verdict("-c", "/dev/stdin", "--mode", "validate", text=text)
            self.assertEqual(verdict.code, code, verdict.err)

    def test_no_file_at_all(self):
        self.assertEqual(Verdict("--config-yaml", "{}", "--mode=validate").code, 0)
        self.assertIn("--config-yaml:1:2: bogus: unknown field", Verdict("--config-yaml={bogus: 1}").err)

    def test_faults_of_the_overlay(self):
        path = self.file("static_resources: {}\n")
        verdict = Verdict("-c", path, "--config-yaml", "static_resources: {clustres: []}")
        self.assertEqual(verdict.code, 1)
        self.assertIn("--config-yaml:1:20: static_resources.clustres: unknown field", verdict.err)

    def test_a_good_one_is_told_so(self):
        path = "examples/quickstart/weir.yaml"
        verdict = Verdict("-c", path, "--mode", "validate")
        self.assertEqual((verdict.code, verdict.out), (0, f"configuration '{path}' OK\n"), verdict.err)

    def test_an_overlay(self):
        config = b.bootstrap([b.listener(b.connection_manager([b.direct("/", 200, "base")]))])
        overlay = b.bootstrap([b.listener(b.connection_manager([b.direct("/", 200, "overlay")]), "other")])
        proxy = self.start_proxy(config, arguments=["--config-yaml", json.dumps(
            {"static_resources": overlay["static_resources"], "node": {"id": "from-overlay"}})])
        for name, body in (("http", b"base"), ("other", b"overlay")):
            with RawClient(proxy.port(name)) as client:
                self.assertEqual(client.get().body, body)
        self.assertEqual(proxy.admin_json("/server_info")["node"]["id"], "from-overlay")

    def test_flags_are_heard(self):
        proxy = self.start_proxy(b.bootstrap(), workers=3, arguments=[
            "-l", "debug", "--service-node", "n", "--service-cluster=c", "--drain-time-s", "7"])
        info = proxy.admin_json("/server_info")
        self.assertEqual((info["node"]["id"], info["node"]["cluster"]), ("n", "c"))
        options = info["command_line_options"]
        self.assertEqual((options["concurrency"], options["log_level"], options["drain_time"]), (3, "debug", "7s"))
        self.assertEqual(proxy.stat("server.concurrency"), 3)
        with open(f"/proc/{proxy.pid}/status", encoding="ascii") as file:
            self.assertGreaterEqual(int(re.search(r"Threads:\s+(\d+)", file.read())[1]), 5)


if __name__ == "__main__":
    unittest.main()
