"""The admin endpoint, in Envoy's paths and shapes, on a thread that nobody can hold up."""
import json
import re
import socket
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import Backend
from test.integration.case import ProxyTestCase, SharedProxyTestCase, is_instrumented, weir
from test.integration.process import memory_bytes
from test.integration.proxy import Proxy
from test.integration.raw_client import RawClient, exchange, get
from test.integration.strict_parser import take_response

_OK = b"HTTP/1.1 200 OK"


class AdminTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.backend = enter(Backend())
        manager = b.connection_manager([b.route("/", "backend")])
        cls.proxy = enter(Proxy(weir(), b.bootstrap(
            [b.listener(manager), b.listener(b.tcp_proxy("backend"), "tcp")],
            [b.cluster([b.endpoint(cls.backend.port, weight=7)])], node={"id": "n", "cluster": "c"})))
        for i in range(5):
            assert get(cls.proxy.port(), f"/{i}").status == 200

    def text(self, path):
        status, headers, text = self.proxy.admin(path)
        self.assertEqual(status, 200, text)
        self.assertTrue(headers["content-type"].startswith("text/plain"), headers["content-type"])
        return text

    def test_ready(self):
        self.assertEqual(self.text("/ready"), "LIVE\n")

    def test_server_info(self):
        info = self.proxy.admin_json("/server_info")
        self.assertEqual((info["state"], info["node"]["id"]), ("LIVE", "n"))
        self.assertRegex(info["version"], r"\d+\.\d+")
        self.assertRegex(info["uptime_current_epoch"], r"^\d+s$")

    def test_help_and_home(self):
        text = self.text("/help")
        for path in ("/clusters", "/config_dump", "/listeners", "/logging", "/ready", "/server_info", "/stats",
                     "/stats/prometheus"):
            self.assertIn(f"  {path}", text)
        status, headers, page = self.proxy.admin("/")
        self.assertEqual(status, 200)
        self.assertIn("text/html", headers["content-type"])
        self.assertIn('href="stats"', page)

    def test_stats(self):
        text = self.text("/stats")
        self.assertIn("\nhttp.test.downstream_rq_2xx: 5\n", text)
        self.assertIn("\ncluster.backend.upstream_rq_total: 5\n", "\n" + text)
        lines = text.splitlines()
        values = [line for line in lines if line.rsplit(": ", 1)[1].isdigit()]
        self.assertEqual(lines[:len(values)], values, "histograms come last")
        names = [line.split(": ")[0] for line in values]
        self.assertEqual(names, sorted(names))
        self.assertEqual(len(names), len(set(names)))
        only = self.text("/stats?filter=downstream_rq_[25]xx")
        self.assertEqual(only, "http.test.downstream_rq_2xx: 5\nhttp.test.downstream_rq_5xx: 0\n")
        self.assertNotIn("downstream_rq_5xx", self.text("/stats?usedonly&filter=downstream_rq"))
        self.assertEqual(self.proxy.admin("/stats?filter=(")[0], 400)
        stats = self.proxy.admin_json("/stats?format=json&filter=downstream_rq_2xx")["stats"]
        self.assertEqual(stats[0], {"name": "http.test.downstream_rq_2xx", "value": 5})

    def test_prometheus(self):
        status, headers, text = self.proxy.admin("/stats/prometheus")
        self.assertEqual(status, 200)
        self.assertIn("version=0.0.4", headers["content-type"])
        self.assertIn('envoy_http_downstream_rq_xx{envoy_response_code_class="2",envoy_http_conn_manager_prefix="test"} 5\n',
                      text)
        self.assertIn('envoy_cluster_upstream_rq_total{envoy_cluster_name="backend"} 5\n', text)
        types = re.findall(r"^# TYPE (\S+) (counter|gauge|histogram)$", text, re.M)
        self.assertEqual(len(types), len({name for name, _ in types}), "one TYPE line a metric")
        sample = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+="[^"]*",?)*\})? (-?\d+(\.\d+)?|NaN)$')
        for line in text.splitlines():
            self.assertTrue(line.startswith("#") or sample.match(line), line)
        self.assertRegex(text, r'envoy_http_downstream_rq_time_bucket\{[^}]*le="\+Inf"\} 5')

    def test_clusters(self):
        text = self.text("/clusters")
        host = f"backend::127.0.0.1:{self.backend.port}::"
        for line in ("backend::default_priority::max_connections::1024", "backend::added_via_api::false",
                     host + "rq_total::5", host + "rq_success::5", host + "health_flags::healthy", host + "weight::7"):
            self.assertIn(line + "\n", text)
        statuses = self.proxy.admin_json("/clusters?format=json")["cluster_statuses"]
        self.assertEqual([s["name"] for s in statuses], ["backend"])
        host = statuses[0]["host_statuses"][0]
        self.assertEqual(host["address"], {"socket_address": {"address": "127.0.0.1", "port_value": self.backend.port}})
        self.assertEqual((host["weight"], host["health_status"]), (7, {"eds_health_status": "HEALTHY"}))
        self.assertIn({"type": "COUNTER", "value": "5", "name": "rq_total"},
                      [{"type": m.get("type", "COUNTER"), "value": m.get("value", "0"), "name": m["name"]}
                       for m in host["stats"]])

    def test_listeners(self):
        ports = self.proxy.ports()
        self.assertEqual(self.text("/listeners"), "".join(f"{name}::127.0.0.1:{ports[name]}\n" for name in ("http", "tcp")))

    def test_config_dump(self):
        dump = self.proxy.admin_json("/config_dump")["configs"]
        kinds = [config["@type"].rsplit(".", 1)[1] for config in dump]
        self.assertEqual(kinds, ["BootstrapConfigDump", "ClustersConfigDump", "ListenersConfigDump", "RoutesConfigDump",
                                 "SecretsConfigDump"])
        bootstrap, clusters, listeners, *_ = dump
        self.assertEqual(bootstrap["bootstrap"]["node"]["id"], "n")
        self.assertEqual(clusters["static_clusters"][0]["cluster"]["name"], "backend")
        self.assertEqual([entry["listener"]["name"] for entry in listeners["static_listeners"]], ["http", "tcp"])
        chain = listeners["static_listeners"][0]["listener"]["filter_chains"][0]
        self.assertEqual(chain["filters"][0]["typed_config"]["stat_prefix"], "test")
        only = json.dumps(self.proxy.admin_json("/config_dump?resource=static_clusters"))
        self.assertIn('"name": "backend"', only)
        self.assertNotIn("listener.v3", only)

    def test_logging(self):
        def post(path):
            status, _, text = self.proxy.admin(path, "POST")
            return status, text

        self.assertEqual(self.proxy.admin("/logging")[0], 405)
        status, text = post("/logging?level=warning")
        self.assertEqual(status, 200)
        self.assertRegex(text, r"\n  xds: warning\n")
        self.assertRegex(post("/logging?xds=debug")[1], r"\n  xds: debug\n")
        self.assertEqual(post("/logging?xds=loud")[0], 400)
        self.assertEqual(post("/logging?nothing=debug")[0], 400)
        self.assertEqual(post("/logging?level=info")[0], 200)

    def test_changes_are_made_by_post_only(self):
        for path in ("/quitquitquit", "/drain_listeners", "/healthcheck/fail", "/logging?level=off"):
            self.assertEqual(self.proxy.admin(path)[0], 405, path)
        self.assertEqual(self.text("/ready"), "LIVE\n")

    def test_what_is_not_there(self):
        self.assertEqual(self.proxy.admin("/nothing")[0], 404)
        self.assertEqual(self.proxy.admin("/statsx")[0], 404)

    def test_requests_that_a_browser_was_lured_into(self):
        for headers in ({"Origin": "http://evil.test"}, {"Host": "evil.test"}):
            self.assertEqual(self.proxy.admin("/stats", headers=headers)[0], 403, headers)

    def test_bad_requests(self):
        self.assertIn(b" 400 ", exchange(self.proxy.admin_port, b"GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        with RawClient(self.proxy.admin_port) as client:
            for _ in range(3):
                self.assertEqual(client.get("/ready", host="localhost").status, 200)

    def test_many_connections_are_turned_away(self):
        held = [self.enter(socket.create_connection(("127.0.0.1", self.proxy.admin_port))) for _ in range(40)]
        for connection in held:
            connection.close()
        waiting.until(lambda: b"LIVE" in exchange(self.proxy.admin_port, b"GET /ready HTTP/1.1\r\nHost: localhost\r\n"
                                                  b"Connection: close\r\n\r\n"), "an answer")


class SlowScraperTest(ProxyTestCase):
    """Some megabytes of statistics, and clients that do not read them."""

    CLUSTERS = 400

    def scraper(self, path):
        client = self.enter(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(waiting.DEADLINE_S)
        client.connect(("127.0.0.1", self.proxy.admin_port))
        client.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path)
        self.assertEqual(client.recv(len(_OK)), _OK)
        return client

    def ask_often(self):
        with RawClient(self.proxy.admin_port) as client:
            for _ in range(50):
                self.assertEqual(client.get("/ready", host="localhost").body, b"LIVE\n")

    def test_it_holds_up_nobody(self):
        self.proxy = self.start_proxy(b.bootstrap(clusters=[b.cluster([1], f"c{i}") for i in range(self.CLUSTERS)]))
        before = memory_bytes(self.proxy.pid)
        slow = [self.scraper(path) for path in (b"/stats", b"/stats/prometheus", b"/stats?format=json", b"/config_dump") * 2]
        self.ask_often()
        if not is_instrumented():
            self.assertLess(memory_bytes(self.proxy.pid) - before, 16 << 20, "what nobody reads is not rendered")
        for client in slow[4:]:
            client.close()
        self.ask_often()
        # The first bytes were read by scraper().
        response, rest = take_response(_OK + slow[1].makefile("rb").read(), "GET", True)
        self.assertEqual(response.body.count(b"\nenvoy_cluster_upstream_rq_total{"), self.CLUSTERS)
        self.assertEqual(rest, b"")


class AdminEndsTest(ProxyTestCase):
    def test_quit(self):
        proxy = self.start_proxy(b.bootstrap())
        self.assertEqual(proxy.admin("/quitquitquit", "POST")[2], "OK\n")
        self.assertEqual(proxy.wait(), 0)

    def test_not_ready_before_its_clusters_are(self):
        """The name server does not answer: the listener must not serve yet."""
        silent = self.enter(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        silent.bind(("127.0.0.1", 0))
        cluster = b.cluster([b.endpoint(1, "service.test")], type="STRICT_DNS",
                            dns_resolution_config={"resolvers": [b.address(silent.getsockname()[1])]})
        proxy = self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")]))], [cluster]),
                                 waits=False)
        waiting.until(lambda: proxy.admin("/ready")[::2] == (503, "INITIALIZING\n"), "a start that waits")
        self.assertEqual(proxy.admin_json("/server_info")["state"], "INITIALIZING")


if __name__ == "__main__":
    unittest.main()
