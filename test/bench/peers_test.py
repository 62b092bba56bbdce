import os
import tempfile
import unittest

from tools.bench import configs, peers
from tools.bench.scenarios import SCENARIOS


class PeersTest(unittest.TestCase):
    def command(self, name, scenario):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        place = configs.Place(folder.name, 10, [1, 2, 3], "/the/chain", "/the/key", "/the/both")
        words = peers.known_peers("/floor", "/weir")[name].command(SCENARIOS[scenario], place)
        texts = []
        for file in os.listdir(folder.name):
            with open(os.path.join(folder.name, file), encoding="utf-8") as opened:
                texts.append(opened.read())
        return words, "".join(texts)

    def test_floor_needs_no_file(self):
        self.assertEqual(self.command("floor", "tcp"), (["/floor", "tcp", "10", "1,2,3"], ""))
        self.assertEqual(self.command("floor", "tls")[0], ["/floor", "http", "10", "1,2,3", "/the/chain", "/the/key"])

    def test_floor_knows_no_http2(self):
        floor = peers.known_peers("/floor", "")["floor"]
        self.assertEqual([name for name, scenario in SCENARIOS.items() if not floor.can(scenario)], ["h2-h1", "h2-h2", "idle-h2"])

    def test_every_configuration_names_its_port_and_endpoints(self):
        for name in ("weir", "envoy", "nginx", "haproxy"):
            for scenario in SCENARIOS:
                with self.subTest(name=name, scenario=scenario):
                    words, text = self.command(name, scenario)
                    self.assertTrue(any(w.startswith(os.environ.get("TEST_TMPDIR", "/tmp")) for w in words[1:]))
                    for port in (10, 1, 2, 3):
                        self.assertRegex(text, rf"\b{port}\b")
                    self.assertNotRegex(text, r"\{[a-z]+\}|\{\{|\}\}\}\}\}")

    def test_a_certificate_is_shown_where_there_is_tls(self):
        for name in ("weir", "envoy", "nginx", "haproxy"):
            for scenario in ("tls", "http1"):
                with self.subTest(name=name, scenario=scenario):
                    self.assertEqual("/the/" in self.command(name, scenario)[1], scenario == "tls")

    def test_envoy_is_found_through_the_environment_only(self):
        os.environ.pop("ENVOY", None)
        self.assertEqual(peers.known_peers("", "")["envoy"].program, "")
        os.environ["ENVOY"] = "/bin/sh"
        self.assertEqual(peers.known_peers("", "")["envoy"].program, "/bin/sh")


if __name__ == "__main__":
    unittest.main()
