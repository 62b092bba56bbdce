"""Every way in that a ConfigSource can name: streams of one type, delta, files, `self`; and secrets over them."""
import json
import os
import tempfile
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, weir
from test.integration.proxy import LoggedProcess
from test.integration.raw_client import get
from test.integration.scripted_control import ScriptedControl, type_url


def api(kind="GRPC"):
    return {"api_config_source": {"api_type": kind, "transport_api_version": "V3",
                                  "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}]},
            "resource_api_version": "V3"}


class ConfigSourceTestCase(ProxyTestCase):
    def setUp(self):
        self.backends = {name: self.start_backend(answering(lambda _, name=name: response(name.encode())))
                         for name in "ab"}

    def eds(self, source, name="one"):
        return {"name": name, "type": "EDS", "eds_cluster_config": {"eds_config": source}}

    def manager(self, source):
        return b.connection_manager(rds={"config_source": source, "route_config_name": "routes"})

    def endpoints(self, backend, name="one"):
        return b.load_assignment([self.backends[backend].port], name)

    def bootstrap(self, control_port, **dynamic):
        return b.bootstrap(clusters=[b.cluster([control_port], "control")], node={"id": "n", "cluster": "c"},
                           dynamic_resources=dynamic)


class StreamsOfOneTypeTest(ConfigSourceTestCase):
    def test_state_of_the_world(self):
        control = self.enter(ScriptedControl())
        proxy = self.start_proxy(self.bootstrap(control.port, cds_config=api(), lds_config=api()), waits=False)
        streams = {}
        for _ in range(2):
            stream = control.stream()
            streams[stream.method] = stream
        self.assertEqual(set(streams), {"/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters",
                                        "/envoy.service.listener.v3.ListenerDiscoveryService/StreamListeners"})
        clusters, listeners = (streams[method] for method in sorted(streams))
        self.assertEqual(clusters.request()["type_url"], type_url("Cluster"))
        clusters.push("Cluster", [self.eds({"self": {}})])
        endpoints = control.stream("EndpointDiscoveryService/StreamEndpoints")
        self.assertEqual(endpoints.request("ClusterLoadAssignment")["resource_names"], ["one"])
        endpoints.push("ClusterLoadAssignment", [self.endpoints("a")])
        listeners.push("Listener", [b.listener(self.manager({"self": {}}))])
        routes = control.stream("RouteDiscoveryService/StreamRoutes")
        routes.push("RouteConfiguration", [b.route_config([b.route("/", "one")])])
        self.assertEqual(get(proxy.port()).body, b"a")
        endpoints.push("ClusterLoadAssignment", [self.endpoints("b")], version="2")
        waiting.until(lambda: get(proxy.port()).body == b"b", "the other endpoint")

    def test_delta(self):
        control = self.enter(ScriptedControl())
        proxy = self.start_proxy(self.bootstrap(control.port, cds_config=api("DELTA_GRPC"), lds_config=api("DELTA_GRPC")),
                                 waits=False)
        streams = [control.stream(), control.stream()]
        streams.sort(key=lambda stream: stream.method)
        clusters, listeners = streams
        self.assertTrue(clusters.method.endswith("/DeltaClusters"), clusters.method)
        clusters.send_delta("Cluster", [("one", self.eds({"self": {}}))])
        endpoints = control.stream("EndpointDiscoveryService/DeltaEndpoints")
        self.assertEqual(endpoints.request("ClusterLoadAssignment")["resource_names_subscribe"], ["one"])
        endpoints.send_delta("ClusterLoadAssignment", [("one", self.endpoints("a"))])
        listeners.send_delta("Listener", [("http", b.listener(b.connection_manager([b.route("/", "one")])))])
        self.assertEqual(get(proxy.port()).body, b"a")
        clusters.send_delta("Cluster", removed=["one"])
        listeners.send_delta("Listener", [("http", b.listener(b.connection_manager([b.direct("/", 200, "gone")])))], version="2")
        waiting.until(lambda: get(proxy.port()).body == b"gone", "the other listener")
        waiting.until(lambda: '"one"' not in proxy.admin("/clusters?format=json")[2], "the cluster to go")


class FilesTest(ConfigSourceTestCase):
    def setUp(self):
        super().setUp()
        self._folder = self.enter(tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")))

    def path(self, name):
        return os.path.join(self._folder, name)

    def write(self, name, kind, *resources, version="1"):
        """Moved into place, as editors and volumes do it."""
        rows = [{"@type": type_url(kind), **resource} for resource in resources]
        with open(self.path("beside"), "w", encoding="utf-8") as file:
            json.dump({"version_info": version, "resources": rows}, file)
        os.replace(self.path("beside"), self.path(name))

    def source(self, name):
        return {"path_config_source": {"path": self.path(name)}, "resource_api_version": "V3"}

    def start(self):
        self.write("cds.json", "Cluster", self.eds(self.source("eds.json")))
        self.write("eds.json", "ClusterLoadAssignment", self.endpoints("a"))
        self.write("lds.json", "Listener", b.listener(self.manager(self.source("rds.json"))))
        self.write("rds.json", "RouteConfiguration", b.route_config([b.route("/", "one")]))
        config = b.bootstrap(dynamic_resources={"cds_config": self.source("cds.json"), "lds_config": self.source("lds.json")})
        return self.start_proxy(config)

    def test_everything_from_files_and_changed_live(self):
        proxy = self.start()
        self.assertEqual(get(proxy.port()).body, b"a")
        with Canary(proxy.port()):
            self.write("eds.json", "ClusterLoadAssignment", self.endpoints("b"))
            waiting.until(lambda: get(proxy.port()).body == b"b", "the other endpoint")
            self.write("rds.json", "RouteConfiguration", b.route_config([b.direct("/", 200, "direct")]))
            waiting.until(lambda: get(proxy.port()).body == b"direct", "the other routes")

    def test_o36_what_is_wrong_keeps_the_last_good(self):
        proxy = self.start()
        with Canary(proxy.port()):
            with open(self.path("beside"), "w", encoding="utf-8") as file:
                file.write('{"resources": [{"@type": "')
            os.replace(self.path("beside"), self.path("eds.json"))
            proxy.wait_for_line(r"eds\.json:1:\d+")
            os.remove(self.path("rds.json"))
            self.write("eds.json", "ClusterLoadAssignment", self.endpoints("b"))
            waiting.until(lambda: get(proxy.port()).body == b"b", "the other endpoint")


class RefusedTest(ConfigSourceTestCase):
    def faults(self, **dynamic):
        config = self.bootstrap(1, **dynamic)
        process = LoggedProcess([weir(), "--mode", "validate", "--config-yaml", json.dumps(config)])
        self.assertEqual(process.wait(), 1)
        return process.log()

    def test_what_cannot_be_is_refused_by_its_path(self):
        self.assertIn("cds_config: there is no aggregated stream", self.faults(cds_config={"ads": {}}))
        self.assertIn("lds_config.self: is for resources that come", self.faults(lds_config={"self": {}}))
        self.assertIn("cds_config.api_config_source.grpc_services: must name at least one",
                      self.faults(cds_config={"api_config_source": {"api_type": "GRPC"}}))


if __name__ == "__main__":
    unittest.main()
