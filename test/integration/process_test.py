"""The process among others: signals at odd moments, sleep, an address or a control plane that is not to be had (group P)."""
import json
import signal
import socket
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, weir
from test.integration.control import manager_over_ads, over_ads
from test.integration.proxy import LoggedProcess, Proxy
from test.integration.raw_client import get
from test.integration.scripted_control import ScriptedControl


class SignalTest(ProxyTestCase):
    def test_p03_the_end_while_it_warms(self):
        control = self.enter(ScriptedControl())
        for number in (signal.SIGTERM, signal.SIGINT):
            proxy = Proxy(weir(), b.ads(control.port), waits=False)
            stream = control.stream()
            stream.push("Cluster", [over_ads("one")])
            stream.push("Listener", [b.listener(manager_over_ads())])
            proxy.send_signal(number)
            self.assertEqual(proxy.wait(), 0, proxy.log())
            proxy.check_log()
            proxy.folder.cleanup()

    def test_p12_signals_that_mean_nothing(self):
        proxy = self.start_proxy(b.serving())
        with Canary(proxy.port()) as canary:
            waiting.until(lambda: canary.answered, "an answer")
            for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1, signal.SIGCHLD, signal.SIGWINCH):
                proxy.send_signal(number)
                self.assertEqual(proxy.admin("/ready")[0], 200)

    def test_p16_asleep_and_awake_again(self):
        control = self.enter(ScriptedControl())
        proxy = self.start_proxy(b.ads(control.port), waits=False)
        stream = control.stream()
        stream.push("Cluster", [])
        stream.push("Listener", [b.listener(b.connection_manager([b.direct("/", 200, "hi")]))])
        port = proxy.port()
        with Canary(port) as canary:
            before = canary.answered
            proxy.send_signal(signal.SIGSTOP)
            stream.send("Listener", [b.listener(b.connection_manager([b.direct("/", 200, "hi")])),
                                     b.listener(b.connection_manager([b.direct("/", 200, "new")]), "new")], version="2")
            proxy.send_signal(signal.SIGCONT)
            self.assertEqual(get(proxy.port("new")).body, b"new")
            waiting.until(lambda: canary.answered > before + 5, "answers")


class AddressTest(ProxyTestCase):
    def ends(self, config, what):
        process = LoggedProcess([weir(), "--config-yaml", json.dumps(config)])
        self.assertEqual(process.wait(), 1)
        self.assertRegex(process.log(), what)

    def test_p24_two_with_one_admin_address(self):
        first = self.start_proxy(b.serving())
        config = b.serving("second")
        config["admin"]["address"] = b.address(first.admin_port)
        self.ends(config, rf"admin\.address.*127\.0\.0\.1:{first.admin_port}.*in use")
        self.assertEqual(get(first.port()).body, b"hi")

    def test_p21_an_address_family_that_is_not_there(self):
        config = b.serving()
        config["static_resources"]["listeners"][0]["address"] = b.address(0, "2001:db8::1")
        self.ends(config, r"listeners\[0\]\.address.*2001:db8::1")

    def test_a_port_of_somebody_else(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            config = b.serving()
            config["static_resources"]["listeners"][0]["address"] = b.address(taken.getsockname()[1])
            self.ends(config, r"listeners\[0\]\.address.*in use")


class CrowdTest(ProxyTestCase):
    def test_p17_a_crowd_at_the_admin_endpoint(self):
        proxy = self.start_proxy(b.serving())
        with Canary(proxy.port()) as canary:
            crowd = [self.enter(socket.create_connection(("127.0.0.1", proxy.admin_port))) for _ in range(200)]
            for one in crowd:
                try:
                    one.sendall(b"GET /stats/prometheus HTTP/1.1\r\nHost: localhost\r\n\r\n" * 4)
                except OSError:
                    pass  # there are too many
            before = canary.answered
            waiting.until(lambda: canary.answered > before + 20, "answers")
            for one in crowd:
                one.close()

            def is_ready():
                try:
                    return proxy.admin("/ready")[0] == 200
                except OSError:  # it is one too many still
                    return False

            waiting.until(is_ready, "the admin endpoint")


class AloneTest(ProxyTestCase):
    def test_o23_no_control_plane_at_the_start(self):
        """Up and administrable, and not ready; the first push makes it so."""
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        proxy = self.start_proxy(b.ads(port), waits=False)
        self.assertEqual(proxy.admin("/ready")[0], 503)
        self.assertEqual(proxy.stat("control_plane.connected_state"), 0)
        control = self.enter(ScriptedControl(port))
        stream = control.stream()
        stream.push("Cluster", [])
        stream.push("Listener", [b.listener(b.connection_manager([b.direct("/", 200, "hi")]))])
        self.assertEqual(get(proxy.port()).body, b"hi")
        waiting.until(lambda: proxy.admin("/ready")[0] == 200, "readiness")

    def test_o20_a_control_plane_that_is_killed(self):
        control = self.enter(ScriptedControl())
        proxy = self.start_proxy(b.ads(control.port), waits=False)
        stream = control.stream()
        stream.push("Cluster", [])
        stream.push("Listener", [b.listener(b.connection_manager([b.direct("/", 200, "hi")]))])
        with Canary(proxy.port()) as canary:
            waiting.until(lambda: canary.answered, "an answer")
            control.kill()
            proxy.wait_for_stat("control_plane.connected_state", 0)
            back = self.enter(ScriptedControl(control.port))
            again = back.stream()
            self.assertEqual(again.request("Listener")["version_info"], "1")
            self.assertNotIn("response_nonce", again.messages("Listener")[0])
            proxy.wait_for_stat("control_plane.connected_state", 1)


if __name__ == "__main__":
    unittest.main()
