"""Which route a request takes, and what it makes of the request and the response."""
import unittest
from collections import Counter

from test.integration import bootstrap as b
from test.integration.backend import Backend, answering, response
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.proxy import Proxy
from test.integration.raw_client import RawClient


def _named(name):
    """A backend that says who it is, and which path it was asked for."""
    return Backend(answering(lambda request: response(f"{name} {request.target}".encode(),
                                                      headers=[f"X-Backend: {name}", "X-Secret: inside"])))


def _match(cluster, action=None, **match):
    return {"match": match, "route": {"cluster": cluster, **(action or {})}}


def _header(name, **matcher):
    return {"prefix": "/headers", "headers": [{"name": name, **matcher}]}


def _add(name, value, action="APPEND_IF_EXISTS_OR_ADD"):
    return {"header": {"key": name, "value": value}, "append_action": action}


_REWRITES = [
    _match("a", {"prefix_rewrite": "/new"}, prefix="/old"),
    _match("a", {"regex_rewrite": {"pattern": {"regex": "^/user/([0-9]+)"}, "substitution": "/u/\\1"}}, prefix="/user"),
    _match("a", {"host_rewrite_literal": "inside.test"}, prefix="/host"),
]

_ANY_HOST = [
    _match("a", path="/exact"),
    _match("b", prefix="/exact"),
    _match("a", path_separated_prefix="/dir"),
    _match("b", prefix="/dir"),
    _match("a", prefix="/CaSe", case_sensitive=False),
    _match("a", safe_regex={"regex": "/re/[a-z]+/[0-9]{2}"}),
    _match("a", **_header("x-exact", string_match={"exact": "one"})),
    _match("a", **_header("x-prefix", string_match={"prefix": "pre"})),
    _match("a", **_header("x-present", present_match=True)),
    _match("a", **_header("x-range", range_match={"start": 10, "end": 20})),
    _match("a", **_header("x-not", string_match={"exact": "no"}, invert_match=True, treat_missing_header_as_empty=False)),
    _match("b", prefix="/headers"),
    _match("a", prefix="/query", query_parameters=[{"name": "v", "string_match": {"exact": "2"}}]),
    _match("b", prefix="/query"),
    *_REWRITES,
    {"match": {"prefix": "/moved"}, "redirect": {"host_redirect": "new.test", "https_redirect": True}},
    {"match": {"prefix": "/see/"}, "redirect": {"prefix_rewrite": "/there/", "response_code": "TEMPORARY_REDIRECT"}},
    {"match": {"path": "/strip"}, "redirect": {"path_redirect": "/stripped", "strip_query": True}},
    b.direct("/teapot", 418, "short and stout"),
    {"match": {"prefix": "/fields"}, "route": {"cluster": "a"},
     "request_headers_to_add": [_add("x-route", "%REQ(x-in)%-%PROTOCOL%"), _add("x-kept", "new", "ADD_IF_ABSENT"),
                                _add("x-over", "new", "OVERWRITE_IF_EXISTS_OR_ADD")],
     "request_headers_to_remove": ["x-drop"],
     "response_headers_to_add": [_add("x-added", "%RESPONSE_CODE%")], "response_headers_to_remove": ["x-secret"]},
    {"match": {"prefix": "/by-header"}, "route": {"cluster_header": "x-cluster"}},
    {"match": {"prefix": "/"}, "route": {"cluster": "a"}},
]


class RoutingTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.backends = {name: enter(_named(name)) for name in "ab"}
        hosts = [b.virtual_host([b.route("/", "b")], ["exact.test", "exact.test:8080"]),
                 b.virtual_host([b.route("/", "b")], ["*.suffix.test"]),
                 b.virtual_host([b.direct("/", 200, "longer suffix")], ["*.long.suffix.test"]),
                 b.virtual_host([b.direct("/", 200, "prefix")], ["prefix.*"]),
                 b.virtual_host([b.direct("/", 200, "tls only")], ["tls.test"], require_tls="ALL"),
                 b.virtual_host(_ANY_HOST)]
        manager = b.connection_manager(route_config=b.route_config(
            virtual_hosts=hosts, response_headers_to_add=[_add("x-table", "1")]))
        cls.proxy = enter(Proxy(weir(), b.bootstrap(
            [b.listener(manager)], [b.cluster([backend.port], name) for name, backend in cls.backends.items()])))
        cls.port = cls.proxy.port()

    def ask(self, target, headers=(), host="any.test"):
        with RawClient(self.port) as client:
            return client.get(target, headers, host)

    def goes_to(self, expected, target, headers=(), host="any.test"):
        self.assertEqual(self.ask(target, headers, host).body.decode(), expected)

    def seen(self, target, name="a"):
        return [r for r in self.backends[name].requests if r.target == target][-1]

    def test_virtual_hosts(self):
        self.goes_to("b /", "/", host="exact.test")
        self.goes_to("b /", "/", host="EXACT.test:8080")
        self.goes_to("b /", "/", host="www.suffix.test")
        self.goes_to("longer suffix", "/", host="www.long.suffix.test")
        self.goes_to("a /", "/", host="suffix.test")
        self.goes_to("prefix", "/", host="prefix.anything")
        self.goes_to("a /", "/", host="else.test")

    def test_a_virtual_host_for_tls_only(self):
        answer = self.ask("/path?q=1", host="tls.test")
        self.assertEqual((answer.status, answer.header("location")), (301, "https://tls.test/path?q=1"))

    def test_paths(self):
        self.goes_to("a /exact", "/exact")
        self.goes_to("a /exact?q=1", "/exact?q=1")
        self.goes_to("b /exact/more", "/exact/more")
        self.goes_to("a /dir", "/dir")
        self.goes_to("a /dir/x", "/dir/x")
        self.goes_to("b /directory", "/directory")
        self.goes_to("a /case/x", "/case/x")
        self.goes_to("a /re/abc/42", "/re/abc/42")

    def test_headers(self):
        self.goes_to("b /headers", "/headers", ["X-Not: no"])
        for fields in (["X-Exact: one"], ["X-Prefix: prefixed"], ["X-Present: any"], ["X-Range: 10"], ["X-Not: yes"]):
            with self.subTest(fields):
                self.goes_to("a /headers", "/headers", fields)
        for fields in (["X-Exact: two"], ["X-Prefix: sub-pre"], ["X-Range: 20"], ["X-Range: 1x"]):
            with self.subTest(fields):
                self.goes_to("b /headers", "/headers", [*fields, "X-Not: no"])

    def test_query_parameters(self):
        self.goes_to("a /query?v=2", "/query?v=2")
        self.goes_to("b /query?v=20", "/query?v=20")

    def test_rewrites(self):
        self.goes_to("a /new/x?q=1", "/old/x?q=1")
        self.assertEqual(self.seen("/new/x?q=1").header("x-envoy-original-path"), "/old/x?q=1")
        self.goes_to("a /u/17/name", "/user/17/name")
        self.ask("/host")
        self.assertEqual(self.seen("/host").header("host"), "inside.test")

    def test_redirects(self):
        for target, status, location in (("/moved/x?q=1", 301, "https://new.test/moved/x?q=1"),
                                         ("/see/x?q=1", 307, "http://any.test/there/x?q=1"),
                                         ("/strip?q=1", 301, "http://any.test/stripped")):
            with self.subTest(target):
                answer = self.ask(target)
                self.assertEqual((answer.status, answer.header("location")), (status, location))

    def test_direct_responses(self):
        answer = self.ask("/teapot")
        self.assertEqual((answer.status, answer.body), (418, b"short and stout"))
        self.assertEqual(answer.header("x-table"), "1")

    def test_fields_are_added_and_removed(self):
        answer = self.ask("/fields", ["X-In: in", "X-Kept: old", "X-Over: old", "X-Drop: 1"])
        request = self.seen("/fields")
        self.assertEqual([request.all(name) for name in ("x-route", "x-kept", "x-over", "x-drop")],
                         [["in-HTTP/1.1"], ["old"], ["new"], []])
        self.assertEqual([answer.all(name) for name in ("x-added", "x-secret", "x-table", "x-backend")],
                         [["200"], [], ["1"], ["a"]])

    def test_a_cluster_named_by_a_header(self):
        self.goes_to("b /by-header", "/by-header", ["X-Cluster: b"])
        self.assertEqual(self.ask("/by-header", ["X-Cluster: none"]).status, 503)
        self.assertEqual(self.ask("/by-header").status, 503)


class WeightedClustersTest(ProxyTestCase):
    def test_a_canary_gets_its_share(self):
        backends = {name: self.enter(_named(name)) for name in ("stable", "canary")}
        weighted = {"clusters": [{"name": "stable", "weight": 90}, {
            "name": "canary", "weight": 10,
            "request_headers_to_add": [_add("x-canary", "1")], "response_headers_to_add": [_add("x-was-canary", "1")]}]}
        proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", weighted_clusters=weighted)]))],
            [b.cluster([backend.port], name) for name, backend in backends.items()]))
        counts, requests = Counter(), 3000
        with RawClient(proxy.port()) as client:
            for _ in range(requests):
                answer = client.get()
                name = answer.header("x-backend")
                counts[name] += 1
                self.assertEqual(answer.header("x-was-canary"), "1" if name == "canary" else None)
        # Five standard deviations of a binomial: fails once in two million runs by chance.
        spread = 5 * (requests * 0.1 * 0.9) ** 0.5
        self.assertAlmostEqual(counts["canary"], requests * 0.1, delta=spread)
        self.assertEqual({r.header("x-canary") for r in backends["canary"].requests}, {"1"})
        self.assertEqual({r.header("x-canary") for r in backends["stable"].requests}, {None})

    def test_a_weight_of_nothing(self):
        backends = {name: self.enter(_named(name)) for name in "ab"}
        weighted = {"clusters": [{"name": "a", "weight": 0}, {"name": "b", "weight": 1}]}
        proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", weighted_clusters=weighted)]))],
            [b.cluster([backend.port], name) for name, backend in backends.items()]))
        with RawClient(proxy.port()) as client:
            for _ in range(200):
                self.assertEqual(client.get().header("x-backend"), "b")


class ManyRoutesTest(ProxyTestCase):
    def test_the_last_of_many_routes_is_found(self):
        count = 10_000
        routes = [b.direct(f"/service-{i:05}/", 200, str(i)) for i in range(count)]
        proxy = self.start_proxy(b.bootstrap([b.listener(b.connection_manager(routes))]))
        with RawClient(proxy.port()) as client:
            for i in (0, 1, count // 2, count - 1):
                self.assertEqual(client.get(f"/service-{i:05}/x").body.decode(), str(i))
            self.assertEqual(client.get("/service-10000/").status, 404)


if __name__ == "__main__":
    unittest.main()
