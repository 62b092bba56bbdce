"""Clusters and secrets that change and go while something of them is pending: a name's resolution, a connection, a handshake,
a retry, a queued request (O31, O32). Under a sanitizer this is worth most."""
import socket
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase
from test.integration.certificates import Authority, inline
from test.integration.control import manager_over_ads
from test.integration.raw_client import RawClient, get
from test.integration.scripted_control import ScriptedControl

_CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
_ADS = {"ads": {}, "resource_api_version": "V3"}
_ROUNDS = 12


class Silent:
    """Takes connections, or datagrams, and never says a word."""

    def __init__(self, kind=socket.SOCK_STREAM):
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            self._socket.listen(512)
        self.port = self._socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._socket.close()


class Asking(threading.Thread):
    """One request after another for one path, each of which may end in any way but the proxy's end."""

    def __init__(self, port, path):
        super().__init__(daemon=True)
        self.asked = 0
        self._port, self._path, self._ends = port, path, threading.Event()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._ends.set()
        self.join()

    def run(self):
        while not self._ends.is_set():
            with RawClient(self._port, deadline_s=0.05) as client:
                try:
                    client.get(self._path)
                except (AssertionError, OSError):
                    pass  # gone in the middle: that, too, is to be borne
            self.asked += 1


class PendingTest(ProxyTestCase):
    def setUp(self):
        self.authority = self.enter(Authority())
        self.backend = self.start_backend()
        self.silent, self.mute = self.enter(Silent()), self.enter(Silent(socket.SOCK_DGRAM))
        with socket.create_server(("127.0.0.1", 0)) as closed:
            self.refusing_port = closed.getsockname()[1]
        self.control = self.enter(ScriptedControl())
        self.proxy = self.start_proxy(b.ads(self.control.port), waits=False)
        self.stream = self.control.stream()

    def clusters(self, version):
        """The same each time but for a connect timeout, which makes all of them new."""
        resolver = {"name": "envoy.network.dns_resolver.cares",
                    "typed_config": {"@type": b.CARES, "resolvers": [b.address(self.mute.port)]}}
        tls = {"name": "tls", "typed_config": {"@type": _CONTEXT + "UpstreamTlsContext", "sni": "a.test", "common_tls_context": {
            "validation_context_sds_secret_config": {"name": "trust", "sds_config": _ADS}}}}
        queue = {"circuit_breakers": {"thresholds": [{"max_connections": 1}]}}
        fields = {"connect_timeout": f"{version + 1}s"}
        return [b.cluster([b.endpoint(80, "late.test")], "naming", **fields, type="STRICT_DNS", typed_dns_resolver_config=resolver),
                b.cluster([self.silent.port], "handshake", **fields, transport_socket=tls),
                b.cluster([self.silent.port], "queue", **fields, **queue),
                b.cluster([self.refusing_port], "retry", **fields)]

    def routes(self):
        names = ("naming", "handshake", "queue")
        retry = b.route("/retry", "retry", retry_policy={"retry_on": "connect-failure", "num_retries": 20,
                                                         "retry_back_off": {"base_interval": "0.005s"}})
        return b.route_config([*[b.route("/" + name, name) for name in names], retry, b.route("/", "steady")])

    def secret(self):
        return {"name": "trust", "validation_context": {"trusted_ca": inline(self.authority.path)}}

    def test_o31_o32_all_of_it_pending(self):
        steady = b.cluster([self.backend.port], "steady")
        self.stream.send("Cluster", [steady, *self.clusters(0)])
        self.stream.send("Secret", [self.secret()])
        self.stream.push("Listener", [b.listener(manager_over_ads())])
        self.stream.push("RouteConfiguration", [self.routes()])
        port = self.proxy.port()
        with Canary(port) as canary:
            for path in ("/naming", "/handshake", "/queue", "/retry"):
                self.enter(Asking(port, path))
            for version in range(1, _ROUNDS):
                before = canary.answered
                self.stream.send("Secret", [self.secret() if version % 2 else self.other_secret()], version=str(version))
                self.stream.send("Cluster", [steady, *(self.clusters(version) if version % 3 else [])], version=str(version))
                waiting.until(lambda: canary.answered > before + 5, "answers")
        self.assertEqual(get(port).status, 200)
        self.assertEqual(self.proxy.admin("/ready")[0], 200)

    def other_secret(self):
        with Authority() as other:
            return {"name": "trust", "validation_context": {"trusted_ca": inline(other.path)}}


if __name__ == "__main__":
    unittest.main()
