"""Health discovery (HDS): the control plane has hosts checked, and hears what becomes of them."""
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response, stalling, unused_port
from test.integration.case import ProxyTestCase
from test.integration.grpc_peer import GrpcServer
from test.integration.scripted_control import ScriptedControl

OK, UNAVAILABLE = response(), response(status="503 Service Unavailable")
_SERVICE = {"api_type": "GRPC", "transport_api_version": "V3",
            "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}]}


def check(kind="http_health_check", asks=None, **more):
    if asks is None:
        asks = {"path": "/readyz"} if kind == "http_health_check" else {}
    return {"timeout": "0.3s", "interval": "0.05s", "unhealthy_threshold": 1, "healthy_threshold": 1, kind: asks, **more}


def delegated(name, ports, *checks, zone="a"):
    """A ClusterHealthCheck."""
    return {"cluster_name": name, "health_checks": list(checks) or [check()],
            "locality_endpoints": [{"locality": {"zone": zone}, "endpoints": [{"address": b.address(port)} for port in ports]}]}


class HdsTest(ProxyTestCase):
    def setUp(self):
        self.control = self.enter(ScriptedControl())
        config = b.bootstrap(clusters=[b.cluster([self.control.port], "control")],
                             node={"id": "n", "cluster": "c"}, hds_config=_SERVICE)
        self.proxy = self.start_proxy(config)

    def stream(self):
        """The next one, after its hello."""
        stream = self.control.stream("HealthDiscoveryService/StreamHealthCheck")
        hello = stream.request()["health_check_request"]
        self.assertEqual(hello["node"]["id"], "n")
        self.assertEqual(hello["capability"]["health_check_protocols"], ["HTTP", "TCP"])
        return stream

    @staticmethod
    def delegate(stream, *clusters, interval="0.1s"):
        stream.send_message({"cluster_health_checks": list(clusters), "interval": interval})

    def switched(self):
        """A backend that answers checks with what self.says holds."""
        self.says = OK
        return self.start_backend(answering(lambda request: self.says))

    @staticmethod
    def told(stream):
        """{cluster: {port: status}} of the last report; {}: there is none yet."""
        message = stream.messages()[-1]
        if "endpoint_health_response" not in message:
            return {}
        return {cluster["cluster_name"]: {
            endpoint["endpoint"]["address"]["socket_address"]["port_value"]: endpoint.get("health_status", "UNKNOWN")
            for locality in cluster["locality_endpoints_health"] for endpoint in locality.get("endpoints_health", [])}
            for cluster in message["endpoint_health_response"].get("cluster_endpoints_health", [])}

    def wait_for(self, stream, cluster, statuses):
        waiting.until(lambda: self.told(stream).get(cluster) == statuses,
                      lambda: f"{cluster}: {statuses} in {self.told(stream)}")

    def test_results_flip(self):
        stream = self.stream()
        backend = self.switched()
        self.delegate(stream, delegated("web", [backend.port], zone="z"))
        self.wait_for(stream, "web", {backend.port: "HEALTHY"})
        report = stream.messages()[-1]["endpoint_health_response"]
        self.assertEqual(report["cluster_endpoints_health"][0]["locality_endpoints_health"][0]["locality"], {"zone": "z"})
        self.assertEqual([endpoint["health_status"] for endpoint in report["endpoints_health"]], ["HEALTHY"])
        self.says = UNAVAILABLE
        self.wait_for(stream, "web", {backend.port: "UNHEALTHY"})
        self.says = response(headers=["x-envoy-degraded: true"])
        self.wait_for(stream, "web", {backend.port: "DEGRADED"})
        self.says = OK
        self.wait_for(stream, "web", {backend.port: "HEALTHY"})
        self.assertGreater(self.proxy.stat("cluster.web.health_check.attempt"), 3)
        self.assertEqual(self.proxy.stat("hds_delegate.endpoints"), 1)
        self.assertNotIn("web::", self.proxy.admin("/clusters")[2], "it is no cluster that serves")

    def test_every_kind_of_check_and_of_host(self):
        stream = self.stream()
        backend, silent = self.start_backend(), self.start_backend(stalling)
        grpc = self.enter(GrpcServer())
        gone = unused_port()
        self.delegate(stream, delegated("http", [backend.port, silent.port, gone]),
                      delegated("tcp", [silent.port, gone], check("tcp_health_check")),
                      delegated("grpc", [grpc.port], check("grpc_health_check")),
                      delegated("both", [silent.port], check("tcp_health_check"), check()))
        self.wait_for(stream, "http", {backend.port: "HEALTHY", silent.port: "TIMEOUT", gone: "UNHEALTHY"})
        self.wait_for(stream, "tcp", {silent.port: "HEALTHY", gone: "UNHEALTHY"})
        self.wait_for(stream, "grpc", {grpc.port: "HEALTHY"})
        self.wait_for(stream, "both", {silent.port: "TIMEOUT"})

    def test_what_stays_keeps_its_connections(self):
        stream = self.stream()
        kept, other, changing = self.start_backend(), self.start_backend(), self.start_backend()
        web, shop = delegated("web", [kept.port]), delegated("shop", [changing.port, other.port])
        self.delegate(stream, web, shop)
        self.wait_for(stream, "shop", {changing.port: "HEALTHY", other.port: "HEALTHY"})
        self.wait_for(stream, "web", {kept.port: "HEALTHY"})
        self.delegate(stream, web, delegated("shop", [changing.port]), delegated("new", [other.port]))
        self.wait_for(stream, "new", {other.port: "HEALTHY"})
        self.wait_for(stream, "shop", {changing.port: "HEALTHY"})
        asked = len(kept.requests), len(changing.requests)
        waiting.until(lambda: len(kept.requests) > asked[0] + 2 and len(changing.requests) > asked[1] + 2, "more checks")
        self.assertEqual((len(kept.connections), len(changing.connections)), (1, 1))
        self.delegate(stream)
        waiting.until(lambda: "cluster_endpoints_health" not in stream.messages()[-1]["endpoint_health_response"],
                      "an empty report")
        waiting.until(lambda: kept.connections[0].has_ended and changing.connections[0].has_ended, "checks to end")
        self.assertEqual(self.proxy.stat("hds_delegate.clusters"), 0)

    def test_checks_go_on_while_the_server_is_away(self):
        stream = self.stream()
        backend = self.switched()
        self.delegate(stream, delegated("web", [backend.port]))
        self.wait_for(stream, "web", {backend.port: "HEALTHY"})
        self.control.kill()
        self.says = UNAVAILABLE
        asked = len(backend.requests)
        waiting.until(lambda: len(backend.requests) > asked + 2, "checks without a server")
        self.control = self.enter(ScriptedControl(self.control.port))
        stream = self.stream()
        self.delegate(stream, delegated("web", [backend.port]))
        waiting.until(lambda: self.told(stream), "a report")
        self.assertEqual(self.told(stream), {"web": {backend.port: "UNHEALTHY"}}, "known from the first report on")
        self.assertGreaterEqual(self.proxy.stat("hds_delegate.errors"), 1)
        self.assertEqual(self.proxy.stat("hds_delegate.updates"), 1)

    def test_what_is_bad_is_refused(self):
        stream = self.stream()
        backend = self.switched()
        self.delegate(stream, delegated("web", [backend.port]))
        self.wait_for(stream, "web", {backend.port: "HEALTHY"})
        self.delegate(stream, delegated("web", [backend.port], check(asks={"path": "readyz"})),
                      delegated("shop", [backend.port]))
        self.proxy.wait_for_line(r"refused of the health discovery server: "
                                 r"cluster_health_checks\[0\]\.health_checks\[0\]\.http_health_check\.path: ")
        self.wait_for(stream, "shop", {backend.port: "HEALTHY"})
        self.assertEqual(self.proxy.stat("hds_delegate.errors"), 1)
        self.says = UNAVAILABLE
        self.wait_for(stream, "web", {backend.port: "UNHEALTHY"})
        stream.send_bytes(b"\xff\xff")
        stream.wait_for_end()
        stream = self.stream()
        self.delegate(stream, delegated("web", [backend.port]))
        self.wait_for(stream, "web", {backend.port: "UNHEALTHY"})


if __name__ == "__main__":
    unittest.main()
