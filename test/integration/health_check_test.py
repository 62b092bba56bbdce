"""Active health checks: who is asked, what an answer does, and what /clusters and the event log tell of it."""
import json
import os
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response, stalling
from test.integration.case import ProxyTestCase
from test.integration.certificates import Authority
from test.integration.grpc_peer import GrpcServer
from test.integration.tls_sockets import chain, downstream_tls, tls_listener, upstream_tls

OK, UNAVAILABLE = response(), response(status="503 Service Unavailable")


def check(kind="http_health_check", interval="0.05s", **more):
    """A check that asks often; `more`: of the HealthCheck, or, for the kind itself, as `asks`."""
    asks = more.pop("asks", {"path": "/healthz"} if kind == "http_health_check" else {})
    return {"timeout": "1s", "interval": interval, "no_traffic_interval": interval, "unhealthy_threshold": 1,
            "healthy_threshold": 1, kind: asks, **more}


class HealthCheckTest(ProxyTestCase):
    def serve(self, endpoints, health_check, **cluster):
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")]))],
            [b.cluster(endpoints, health_checks=[health_check], **cluster)]))
        self.port = self.proxy.port()

    def switched(self):
        """A backend whose /healthz says what self.says holds; everything else is answered well."""
        self.says = OK
        return self.start_backend(answering(lambda request: self.says if "healthz" in str(request.target) else OK))

    def rows(self):
        """{port: {name: value}} of /clusters."""
        rows = {}
        for line in self.proxy.admin("/clusters")[2].splitlines():
            parts = line.split("::")
            if len(parts) == 4 and parts[0] == "backend" and ":" in parts[1]:
                rows.setdefault(int(parts[1].rsplit(":", 1)[1]), {})[parts[2]] = parts[3]
        return rows

    def wait_for_row(self, port, name, value):
        waiting.until(lambda: self.rows()[port].get(name) == value,
                      lambda: f"{name} {value} of {port}: {self.rows()[port]}")

    def wait_for_health(self, port, flags):
        self.wait_for_row(port, "health_flags", flags)

    def test_http_flips(self):
        backend = self.switched()
        other = self.start_backend()
        self.serve([backend.port, other.port], check())
        self.wait_for_health(backend.port, "healthy")
        self.says = UNAVAILABLE
        self.wait_for_health(backend.port, "/failed_active_hc")
        self.assertEqual(self.rows()[backend.port]["last_health_check"], "503")
        self.assertEqual(self.proxy.stat("cluster.backend.health_check.healthy"), 1)
        before = sum(request.target == "/x" for request in other.requests)
        client = self.connect()
        for _ in range(10):
            self.assertEqual(client.get("/x").status, 200)
        self.assertEqual(sum(request.target == "/x" for request in other.requests) - before, 10)
        self.says = OK
        self.wait_for_health(backend.port, "healthy")
        self.assertGreater(self.proxy.stat("cluster.backend.health_check.success"), 0)

    def test_thresholds_damp(self):
        """N08: a host that flaps on every check stays what it is."""
        turns = []

        def flap(request):
            turns.append(request)
            return OK if len(turns) % 2 else UNAVAILABLE

        backend = self.start_backend(answering(flap))
        self.serve([backend.port], check(unhealthy_threshold=2, asks={
            "path": "/healthz", "retriable_statuses": [{"start": 503, "end": 504}]}))
        waiting.until(lambda: len(turns) > 10, "ten checks")
        self.assertEqual(self.rows()[backend.port]["health_flags"], "healthy")
        self.assertGreater(self.proxy.stat("cluster.backend.health_check.failure"), 2)

    def test_a_silent_host_keeps_nobody_waiting(self):
        """N10: the cluster goes live when the first round is over, timed out or not."""
        backend = self.start_backend()
        silent = self.start_backend(stalling)
        self.serve([backend.port, silent.port], check(timeout="0.2s"))
        self.assertEqual(self.rows()[silent.port]["health_flags"], "/failed_active_hc")
        self.assertEqual(self.rows()[silent.port]["last_health_check"], "timeout")
        hosts = self.proxy.admin_json("/clusters?format=json")["cluster_statuses"][0]["host_statuses"]
        health = {row["address"]["socket_address"]["port_value"]: row["health_status"] for row in hosts}
        self.assertTrue(health[silent.port]["failed_active_health_check"])
        self.assertTrue(health[silent.port]["active_hc_timeout"])
        self.assertFalse(health[backend.port].get("failed_active_health_check", False))

    def test_tcp(self):
        def pong(connection):
            while True:
                connection.read_bytes(4)
                connection.send(b"pong")

        backend = self.start_backend(pong)
        refused = self.start_backend()
        refused.stop()
        self.serve([backend.port, refused.port], check("tcp_health_check", asks={
            "send": {"text": b"ping".hex()}, "receive": [{"text": b"pong".hex()}]}))
        self.assertEqual(self.rows()[backend.port]["last_health_check"], "expected bytes")
        self.assertEqual(self.rows()[refused.port]["health_flags"], "/failed_active_hc")
        self.assertEqual(self.rows()[refused.port]["last_health_check"], "connection refused")

    def test_grpc(self):
        server = self.enter(GrpcServer())
        self.serve([server.port], check("grpc_health_check"))
        self.wait_for_row(server.port, "last_health_check", "grpc SERVING")
        self.assertEqual(self.rows()[server.port]["health_flags"], "healthy")

    def test_grpc_of_a_service_that_nobody_knows(self):
        server = self.enter(GrpcServer())
        self.serve([server.port], check("grpc_health_check", asks={"service_name": "nobody.Knows"}))
        self.wait_for_row(server.port, "last_health_check", "grpc status 5")
        self.assertEqual(self.rows()[server.port]["health_flags"], "/failed_active_hc")

    def test_over_tls(self):
        """The backend is another proxy; HTTP/1.1 and HTTP/2 are agreed by ALPN."""
        authority = self.enter(Authority())
        pair = authority.issue("server", "IP:127.0.0.1")
        backend = self.start_proxy(b.bootstrap([tls_listener(chain(
            b.connection_manager([b.direct("/healthz", 200)]), downstream_tls([pair])))]))
        for codec in ("HTTP1", "HTTP2"):
            with self.subTest(codec):
                self.serve([backend.port()], check(asks={"path": "/healthz", "codec_client_type": codec}),
                           transport_socket=upstream_tls(authority, sni="127.0.0.1"))
                self.wait_for_row(backend.port(), "last_health_check", "200")
                self.wait_for_health(backend.port(), "healthy")

    def test_over_tls_by_the_names_of_endpoints(self):
        """auto_host_sni: checks and requests alike go by what the endpoint is called."""
        authority = self.enter(Authority())
        backend = self.start_proxy(b.bootstrap([tls_listener(chain(
            b.connection_manager([b.direct("/", 200)]),
            downstream_tls([authority.issue("server", "DNS:up.test")])))]))
        for name, flags in (("up.test", "healthy"), ("other.test", "/failed_active_hc")):
            endpoint = b.endpoint(backend.port())
            endpoint["endpoint"]["hostname"] = name
            self.serve([endpoint], check(), transport_socket=upstream_tls(authority, auto_host_sni=True),
                       common_lb_config={"healthy_panic_threshold": {"value": 0}})
            self.wait_for_health(backend.port(), flags)
            self.assertEqual(self.connect().get("/").status, 200 if flags == "healthy" else 503)

    def test_a_certificate_of_a_stranger(self):
        authority, stranger = self.enter(Authority()), self.enter(Authority("Stranger"))
        pair = stranger.issue("server", "IP:127.0.0.1")
        backend = self.start_proxy(b.bootstrap([tls_listener(chain(
            b.connection_manager([b.direct("/healthz", 200)]), downstream_tls([pair])))]))
        self.serve([backend.port()], check(), transport_socket=upstream_tls(authority, sni="127.0.0.1"))
        self.wait_for_row(backend.port(), "last_health_check", "handshake failed")

    def test_checks_go_elsewhere(self):
        backend, checked = self.start_backend(), self.switched()
        entry = b.endpoint(backend.port)
        entry["endpoint"]["health_check_config"] = {"port_value": checked.port, "hostname": "elsewhere"}
        self.serve([entry], check())
        self.wait_for_health(backend.port, "healthy")
        self.says = UNAVAILABLE
        self.wait_for_health(backend.port, "/failed_active_hc")
        self.assertEqual([request for request in backend.requests if request.target == "/healthz"], [])

    def test_an_answer_can_take_a_host_out(self):
        """N14: x-envoy-immediate-health-check-fail on an answer to a request."""
        leaving = response(headers=["x-envoy-immediate-health-check-fail: true"])
        backend = self.start_backend(answering(lambda request: OK if request.target == "/healthz" else leaving))
        self.serve([backend.port], check(interval="60s"))
        self.wait_for_health(backend.port, "healthy")
        self.assertEqual(self.connect().get("/").status, 200)
        self.wait_for_health(backend.port, "/failed_active_hc/excluded_via_immediate_hc_fail")
        self.assertEqual(self.proxy.stat("cluster.backend.health_check.passive_failure"), 1)

    def test_events_are_logged(self):
        backend = self.switched()
        path = os.path.join(os.environ.get("TEST_TMPDIR", "/tmp"), f"events-{backend.port}.log")
        self.serve([backend.port], check(event_log_path=path))
        self.wait_for_health(backend.port, "healthy")
        self.says = UNAVAILABLE
        self.wait_for_health(backend.port, "/failed_active_hc")

        def events():
            with open(path, encoding="utf-8") as file:
                return [json.loads(line) for line in file]

        waiting.until(lambda: len(events()) >= 2, lambda: f"two events: {events()}")
        first, second = events()[:2]
        self.assertTrue(first["add_healthy_event"]["first_check"])
        self.assertEqual(first["host"]["socket_address"]["port_value"], backend.port)
        self.assertEqual(second["eject_unhealthy_event"]["http_status_code"], 503)
        self.assertEqual(second["cluster_name"], "backend")
        self.assertIn("timestamp", second)


if __name__ == "__main__":
    unittest.main()
