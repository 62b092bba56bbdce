"""Restarts that lose nothing: a second process takes the sockets of the first and sends it away (P05 to P10), and sockets that
the supervisor keeps (P13)."""
import http.client
import json
import os
import signal
import socket
import tempfile
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, is_instrumented, weir
from test.integration.proxy import LoggedProcess, Proxy, sanitized
from test.integration.raw_client import RawClient, get
from test.integration.scripted_control import ScriptedControl


class Load(threading.Thread):
    """Requests without a pause, each on a connection of its own or, `keeps` given, on one until a response is its last."""

    def __init__(self, port, keeps):
        super().__init__(daemon=True)
        self.answered, self.trouble = 0, None
        self._port, self._keeps = port, keeps
        self._ends = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *exception):
        self._ends.set()
        self.join()

    def run(self):
        try:
            while not self._ends.is_set():
                with RawClient(self._port) as client:
                    is_last = False
                    while not is_last:
                        response = client.get()
                        assert response.status == 200, response
                        self.answered += 1
                        is_last = (not self._keeps or response.header("connection") == "close"
                                   or self._ends.is_set())
        except Exception as trouble:  # whatever it is belongs to the report
            self.trouble = trouble


class RestartTest(ProxyTestCase):
    RESTARTS = int(os.environ.get("WEIR_RESTARTS", "20"))

    def setUp(self):
        folder = self.enter(self.folder())
        self.path = os.path.join(folder, "restart")
        self.backend = self.start_backend()
        self.admin_port = 0

    @staticmethod
    def folder():
        # A socket's path is short, and the test's own folder need not be.
        return tempfile.TemporaryDirectory(prefix="weir-", dir="/tmp")

    def config(self, control=None, route=None):
        config = b.ads(control.port) if control else b.bootstrap([])
        resources = config.setdefault("static_resources", {})
        resources.setdefault("clusters", []).append(b.cluster([self.backend.port]))
        resources["listeners"] = [b.listener(b.connection_manager([route or b.route("/", "backend")]))]
        if self.admin_port:
            config["admin"]["address"] = b.address(self.admin_port)
        return config

    def start(self, config=None, workers=2, waits=True, drain_time_s=15):
        proxy = Proxy(weir(), config or self.config(), workers=workers, waits=waits,
                      arguments=["--hot-restart-path", self.path, "--drain-time-s", str(drain_time_s)])
        self.addCleanup(proxy.folder.cleanup)
        self.addCleanup(proxy.kill)
        self.admin_port = proxy.admin_port
        return proxy

    def assert_gone(self, proxy):
        self.assertEqual(proxy.wait(), 0, proxy.log())
        proxy.check_log()

    def test_p05_again_and_again_under_load(self):
        proxy = self.start()
        port = proxy.port()
        loads = [self.enter(Load(port, keeps=n % 2 == 0)) for n in range(4)]
        for epoch in range(1, self.RESTARTS + 1):
            answered = [load.answered for load in loads]
            successor = self.start()
            successor.wait_for_line("has taken over from process %d" % proxy.pid)
            self.assert_gone(proxy)
            waiting.until(lambda: all(load.trouble or load.answered > before for load, before in zip(loads, answered)), "answers")
            self.assertEqual([load.trouble for load in loads], [None] * len(loads))
            self.assertEqual(successor.port(), port)
            self.assertEqual(successor.stat("server.hot_restart_epoch"), epoch)
            proxy = successor
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        proxy.stop()
        self.assertFalse(os.path.exists(self.path))

    def test_long_streams_end_with_the_old_process(self):
        first = self.start()
        with RawClient(first.port()) as slow, RawClient(first.port()) as fresh:
            slow.request("POST", "/", None, ["Content-Length: 4"]).send(b"ab")
            waiting.until(lambda: first.stat("http.test.downstream_rq_active") == 1, "the request")
            second = self.start()
            second.wait_for_line("has taken over")
            self.assertEqual(second.admin("/ready")[0], 200)
            # Both were accepted by the old one.
            self.assertEqual(fresh.get().header("connection"), "close")
            slow.send(b"cd")
            self.assertEqual(slow.read_response().status, 200)
        self.assert_gone(first)
        second.stop()

    def test_who_probes_the_old_process_hears_that_all_is_well(self):
        first = self.start()
        probe = http.client.HTTPConnection("127.0.0.1", first.admin_port, timeout=waiting.DEADLINE_S)
        self.addCleanup(probe.close)

        def is_ready():
            probe.request("GET", "/ready")
            answer = probe.getresponse()
            answer.read()
            return answer.status == 200

        with RawClient(first.port()) as slow:
            slow.request("POST", "/", None, ["Content-Length: 4"]).send(b"ab")
            waiting.until(lambda: first.stat("http.test.downstream_rq_active") == 1, "the request")
            self.assertTrue(is_ready())
            second = self.start()
            second.wait_for_line("has taken over")
            self.assertTrue(is_ready())
            slow.send(b"cd")
            self.assertEqual(slow.read_response().status, 200)
        self.assert_gone(first)
        second.stop()

    def test_the_admin_endpoint_goes_along(self):
        first = self.start()
        second = self.start()
        second.wait_for_line("has taken over")
        self.assertEqual(second.admin_port, first.admin_port)
        self.assertEqual(second.admin_json("/server_info")["hot_restart_version"], "1")
        self.assertEqual(second.stat("server.hot_restart_epoch"), 1)
        self.assert_gone(first)
        second.stop()

    def test_p03_p06_one_that_ends_before_it_is_live(self):
        """SIGTERM, SIGINT and kill -9 while it warms: the old one goes on, and can be taken over from still."""
        control = self.enter(ScriptedControl())
        first = self.start()
        with Canary(first.port()):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
                lines = len(first.lines)
                successor = self.start(self.config(control), waits=False)
                self.assertEqual(first.admin("/ready")[0], 200)
                successor.send_signal(number)
                self.assertEqual(successor.wait(), -9 if number == signal.SIGKILL else 0)
                first.wait_for_line("process %d is gone before it served" % successor.pid, lines)
                self.assertEqual(get(first.port()).status, 200)
        second = self.start()
        second.wait_for_line("has taken over")
        self.assert_gone(first)
        second.stop()

    def test_p07_the_old_one_is_killed_in_between(self):
        control = self.enter(ScriptedControl())
        first = self.start()
        port = first.port()
        second = self.start(self.config(control), waits=False)
        stream = control.stream()
        first.kill()
        stream.push("Cluster", [])
        stream.push("Listener", [])
        second.wait_for_line("has taken over from process %d" % first.pid)
        self.assertEqual(get(port).status, 200)
        third = self.start()
        third.wait_for_line("has taken over from process %d" % second.pid)
        self.assert_gone(second)
        third.stop()

    def test_p08_with_more_workers_and_with_fewer(self):
        proxy = self.start(workers=4)
        port = proxy.port()
        for workers in (1, 3, 2):
            successor = self.start(workers=workers)
            successor.wait_for_line("has taken over")
            self.assert_gone(proxy)
            # Each of the sockets gets its share of them.
            for _ in range(40):
                self.assertEqual(get(port).status, 200)
            proxy = successor
        proxy.stop()

    def test_p09_a_configuration_that_is_wrong(self):
        first = self.start()
        wrong = self.config()
        wrong["static_resources"]["listeners"].append({"name": "nothing"})
        with Canary(first.port()):
            with self.assertRaisesRegex(AssertionError, r"listeners\[1\]"):
                self.start(wrong)
            first.wait_for_line("is gone before it served")
            self.assertEqual(get(first.port()).status, 200)
        self.assertEqual(first.admin("/ready")[0], 200)
        first.stop()

    def test_p10_who_may_not_take_over(self):
        first = self.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            stranger.connect(self.path)
            stranger.send(b"hello\0" b"99\0" b"9.9.9")
            self.assertRegex(stranger.recv(1000), rb"^refused\0.*protocol")
        self.assertEqual(get(first.port()).status, 200)
        first.stop()

    def test_only_one_takes_over(self):
        control = self.enter(ScriptedControl())
        first = self.start()
        second = self.start(self.config(control), waits=False)
        with self.assertRaisesRegex(AssertionError, "is being taken over from already"):
            self.start()
        stream = control.stream()
        stream.push("Cluster", [])
        stream.push("Listener", [])
        second.wait_for_line("has taken over")
        self.assert_gone(first)
        second.stop()

    def test_a_listener_that_is_gone_drains(self):
        config = self.config()
        config["static_resources"]["listeners"].append(b.listener(b.connection_manager([b.direct("/", 200, "old")]), "old"))
        first = self.start(config)
        port, old_port = first.port(), first.port("old")
        second = self.start()
        second.wait_for_line("has taken over")
        self.assert_gone(first)
        self.assertEqual(get(port).status, 200)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", old_port)).close()
        second.stop()

    def test_a_path_that_cannot_be_had(self):
        for path, what in (("@weir", "no path"), ("/" + "x" * 200, "too long")):
            process = LoggedProcess([weir(), "--config-yaml", "{}", "--hot-restart-path", path])
            self.assertEqual(process.wait(), 1)
            self.assertRegex(process.log(), "--hot-restart-path: .*" + what)


class SupervisedTest(ProxyTestCase):
    """As under systemd's socket activation: the socket is there before the process, and after it."""

    def setUp(self):
        self.listening = self.enter(socket.create_server(("127.0.0.1", 0)))
        self.port = self.listening.getsockname()[1]

    def start(self, config):
        script = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&{self.listening.fileno()}'
        os.set_inheritable(self.listening.fileno(), True)
        process = LoggedProcess(["sh", "-c", script, "sh", weir(), "--concurrency", "2", "--config-yaml", config],
                                inherits=(self.listening.fileno(),), environment=sanitized("handle_segv=0"))
        self.addCleanup(process.kill)
        return process

    def test_p13_a_crash_leaves_a_report_and_loses_no_connection(self):
        config = b.bootstrap([b.listener(b.connection_manager([b.direct("/", 200, "hi")]))])
        config["static_resources"]["listeners"][0]["address"] = b.address(self.port)
        text = json.dumps(config)
        early = self.connect().request()
        process = self.start(text)
        self.assertEqual(early.read_response().body, b"hi")
        secret = self.connect()
        secret.send(b"GET / HTTP/1.1\r\nHost: test\r\nAuthorization: hunter2\r\nCookie: ")
        process.send_signal(signal.SIGSEGV)
        self.assertEqual(process.wait(), -signal.SIGSEGV)
        log = process.log()
        if not is_instrumented():  # sanitizers have reports of their own
            self.assertRegex(log, r'weir \S+: SIGSEGV at address 0x[0-9a-f]+ in thread "\S+"; its calls')
            self.assertRegex(log, r"(?m)^\S+\(\S*\+0x[0-9a-f]+\)\s?\[0x[0-9a-f]+\]$")
        self.assertNotIn("hunter2", log)
        waits = self.connect().request()
        again = self.start(text)
        self.assertEqual(waits.read_response().body, b"hi")
        waits.socket.close()
        # The queue of a socket that outlives the process is not this one's to empty.
        again.send_signal(signal.SIGTERM)
        self.assertEqual(again.wait(), 0)
        later = self.connect().request()
        third = self.start(text)
        self.assertEqual(later.read_response().body, b"hi")
        third.send_signal(signal.SIGINT)
        self.assertEqual(third.wait(), 0)


if __name__ == "__main__":
    unittest.main()
