import os
import tempfile
import unittest

from tools.bench import peers


class PeersTest(unittest.TestCase):
    def command(self, name, mode):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        peer = peers.known_peers("/floor", "/weir")[name]
        words = peer.command(mode, folder.name, 10, [1, 2, 3])
        texts = []
        for file in os.listdir(folder.name):
            with open(os.path.join(folder.name, file), encoding="utf-8") as opened:
                texts.append(opened.read())
        return words, "".join(texts)

    def test_floor_needs_no_file(self):
        self.assertEqual(self.command("floor", "tcp"), (["/floor", "tcp", "10", "1,2,3"], ""))

    def test_every_configuration_names_its_port_and_endpoints(self):
        for name in ("weir", "envoy", "nginx", "haproxy"):
            for mode in ("http", "tcp"):
                with self.subTest(name=name, mode=mode):
                    words, text = self.command(name, mode)
                    self.assertTrue(any(w.startswith(os.environ.get("TEST_TMPDIR", "/tmp")) for w in words[1:]))
                    for port in (10, 1, 2, 3):
                        self.assertRegex(text, rf"\b{port}\b")
                    self.assertNotRegex(text, r"\{[a-z]+\}|\{\{|\}\}\}\}\}")

    def test_envoy_is_found_through_the_environment_only(self):
        os.environ.pop("ENVOY", None)
        self.assertEqual(peers.known_peers("", "")["envoy"].program, "")
        os.environ["ENVOY"] = "/bin/sh"
        self.assertEqual(peers.known_peers("", "")["envoy"].program, "/bin/sh")


if __name__ == "__main__":
    unittest.main()
