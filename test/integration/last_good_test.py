"""--last-good-file: Weir starts without a control plane, and takes up the control plane's word when it is back."""
import os
import stat
import tempfile
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.case import weir
from test.integration.control import manager_over_ads, over_ads
from test.integration.proxy import Proxy
from test.integration.raw_client import RawClient, get
from test.integration.steered import SteeredTestCase, routes

_SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
_HANDSHAKE = (b"GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
_SERVING = "control_plane.last_good.serving"


def _echoing(connection):
    connection.read_head()
    connection.send(_SWITCH)
    while True:
        connection.send(connection.receive())


class LastGoodTest(SteeredTestCase):
    """Cluster `ws`, whose host is in its definition, echoes; the others are those of every steered case."""

    def setUp(self):
        super().setUp()
        self.proxy.stop()
        self.echo = self.start_backend(_echoing)
        self.file = os.path.join(self.enter(tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))), "last-good")
        self.clusters = [over_ads("one"), over_ads("two"), b.cluster([self.echo.port], "ws")]
        self.manager = manager_over_ads(upgrade_configs=[{"upgrade_type": "websocket"}])
        self.control.serve(clusters=self.clusters, listeners=[b.listener(self.manager)], routes=[self.routes_to("one")])
        self.start_anew()
        waiting.until(self.switches, "what was served last to be in use")

    def switches(self):
        with RawClient(self.port) as client:
            return client.send(_HANDSHAKE).read_response().status == 101

    @staticmethod
    def routes_to(cluster):
        return routes(b.route("/ws", "ws"), b.route("/", cluster))

    def start_anew(self, waits=True, arguments=()):
        if self.proxy.popen.poll() is None:
            self.proxy.stop()
        self.proxy = self.start_proxy(b.ads(self.control.port), waits=waits,
                                      arguments=["--last-good-file", self.file, *arguments])
        if waits:
            self.port = self.proxy.port()

    def kept(self):
        with open(self.file, "rb") as file:
            return file.read()

    def serves_last_good(self):
        info = self.proxy.admin_json("/server_info")
        self.assertEqual(info["node"]["id"], "test-node")
        self.assertEqual(info.get("serves_last_good", False), self.proxy.stat(_SERVING) == 1)
        return info.get("serves_last_good", False)

    def test_nobody_is_there_and_then_comes_back(self):
        self.wait_for_answers("a")
        self.assertFalse(self.serves_last_good())
        self.proxy.stop()
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        self.control.kill()

        self.start_anew()
        self.assertEqual(self.answers(), {"a": 20})
        self.assertTrue(self.serves_last_good())
        self.proxy.wait_for_line("last good configuration of .*/last-good serves")
        self.assertEqual(self.proxy.admin("/ready")[0], 200)
        self.assertEqual(self.proxy.stat("control_plane.connected_state"), 0)

        tunnel = self.connect().send(_HANDSHAKE)
        self.assertEqual(tunnel.read_response().status, 101)
        with self.steady_clients():
            self.control.serve(routes=[self.routes_to("two")])
            self.control.start()
            self.wait_for_answers("b")
            self.proxy.wait_for_stat(_SERVING, 0)
            self.assertEqual(tunnel.send(b"still here").read_bytes(10), b"still here")
        self.proxy.wait_for_line("nothing serves from .*/last-good any more")
        self.assertFalse(self.serves_last_good())
        self.assertEqual(self.proxy.stat("cluster.one.update_empty"), 0)

    def test_what_went_meanwhile_goes(self):
        """Of complete sets, what the control plane has no more; with it goes nobody else's connection."""
        second = b.listener(b.connection_manager([b.direct("/", 200, "second")]), "second")
        self.control.serve(listeners=[b.listener(self.manager), second])
        waiting.until(lambda: "second" in self.proxy.ports(), "the second listener")
        self.proxy.stop()
        self.control.kill()
        self.start_anew()
        self.assertEqual(get(self.proxy.port("second")).body, b"second")
        with self.steady_clients():
            self.control.serve(listeners=[b.listener(self.manager)], clusters=self.clusters[:1] + self.clusters[2:],
                               endpoints=[self.endpoints("one", "a")])
            self.control.start()
            waiting.until(lambda: "second" not in self.proxy.ports(), "the listener to go")
            waiting.until(lambda: '"two"' not in self.proxy.admin("/clusters?format=json")[2], "the cluster to go")
            self.proxy.wait_for_stat(_SERVING, 0)
        # And it does not come back.
        self.proxy.stop()
        self.control.kill()
        self.start_anew()
        self.assertEqual(list(self.proxy.ports()), ["http"])

    def test_a_cluster_that_went_meanwhile_serves_until_the_routes_know(self):
        self.proxy.stop()
        self.control.kill()
        self.start_anew()
        with self.steady_clients():
            self.control.serve(clusters=self.clusters[1:], endpoints=[self.endpoints("two", "b")],
                               routes=[self.routes_to("two")])
            self.control.start()
            self.wait_for_answers("b")
            waiting.until(lambda: '"one"' not in self.proxy.admin("/clusters?format=json")[2], "the cluster to go")
            self.proxy.wait_for_stat(_SERVING, 0)

    def test_it_dies_without_a_word(self):
        self.proxy.stop()
        os.remove(self.file)
        self.proxy = Proxy(weir(), b.ads(self.control.port), arguments=["--last-good-file", self.file])
        self.addCleanup(self.proxy.folder.cleanup)
        self.addCleanup(self.proxy.kill)
        self.proxy.wait_for_stat("control_plane.last_good.resources", 7)
        waiting.until(lambda: self.proxy.stat("control_plane.last_good.saved") > 0, "a save")
        waiting.until(lambda: b"route.v3.RouteConfiguration" in self.kept(), "a save with routes, which come last")
        self.proxy.kill()
        self.proxy.check_log()
        self.control.kill()
        self.start_anew()
        self.assertEqual(self.answers(), {"a": 20})

    def test_what_is_drained_is_not_forgotten(self):
        self.proxy.terminate()
        self.assertEqual(self.proxy.wait(), 0)
        self.control.kill()
        self.start_anew()
        self.assertEqual(self.answers(), {"a": 20})

    def test_a_control_plane_that_is_there_is_asked_first(self):
        self.proxy.stop()
        self.control.serve(routes=[self.routes_to("two")])
        self.start_anew()
        self.wait_for_answers("b")
        self.assertEqual(self.proxy.stat(_SERVING), 0)

    def refused(self, pattern, arguments=()):
        """Starts without a control plane: the file is refused with such a line, and Weir waits as without one."""
        self.start_anew(waits=False, arguments=arguments)
        self.proxy.wait_for_line(pattern + ".*the last good configuration is not used")
        self.assertEqual(self.proxy.stat("control_plane.last_good.load_refused"), 1)
        self.assertEqual(self.proxy.admin("/ready")[0], 503)

    def test_a_file_that_cannot_be_trusted(self):
        self.proxy.stop()
        self.control.kill()
        good = self.kept()
        self.refused(r"last-good: is of node \"test-node\" of cluster \"tests\"", ["--service-node", "another"])
        self.proxy.stop()
        for bad, pattern in ((good[:-1], "is truncated or damaged"), (good[:1000] + b"!" + good[1001:], "is damaged"),
                             (b"", "is no last-good file"), (good.replace(b" 1\n", b" 9\n", 1), 'is of version "9"')):
            with self.subTest(pattern):
                with open(self.file, "wb") as file:
                    file.write(bad)
                self.refused("last-good: " + pattern)
                self.proxy.stop()
        with open(self.file, "wb") as file:
            file.write(good)
        os.chmod(self.file, 0o666)
        self.refused("last-good: others may write to it")
        # The control plane's word is kept in its place.
        self.control.start()
        self.proxy.wait_for_line("all listeners are live")
        self.proxy.stop()
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        self.control.kill()
        self.start_anew()
        self.assertEqual(self.answers(), {"a": 20})

    def test_a_file_that_cannot_be_written(self):
        self.file = os.path.join(self.file, "nowhere")
        self.start_anew()
        self.proxy.wait_for_line("nowhere.*cannot be .*: the last good configuration is not saved")
        self.proxy.wait_for_stat("control_plane.last_good.save_failed", 1)
        self.assertEqual(self.answers(), {"a": 20})


if __name__ == "__main__":
    unittest.main()
