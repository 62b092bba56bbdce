"""gRPC's own client and server with the proxy between them: every kind of call, their ends, retries, deadlines."""
import base64
import json
import os
import re
import tempfile
import unittest

from test.integration import bootstrap as b
from test.integration import curl, h2load, waiting
from test.integration.backend import unused_port
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.grpc_peer import GrpcClient, GrpcServer, call
from test.integration.proxy import AccessLog, Proxy
from test.integration.verdict import Verdict

(_OK, _CANCELLED, _UNKNOWN, _INVALID_ARGUMENT, _DEADLINE_EXCEEDED) = range(5)
_NOT_FOUND, _RESOURCE_EXHAUSTED, _UNIMPLEMENTED, _INTERNAL, _UNAVAILABLE = 5, 8, 12, 13, 14
_RETRY_ON = "cancelled,deadline-exceeded,internal,resource-exhausted,unavailable"
_MANY = 4 * 1024 * 1024
_MESSAGE = b"\0\0\0\0\5hello"
_WEB = "type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"
_STATS = "type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig"
_MOST_METHODS = 500  # of those that requests name


def _route(method, cluster="server", **action):
    return {"match": {"path": "/test.Peer/" + method, "grpc": {}}, "route": {"cluster": cluster, **action}}


def _grpc_log(log):
    return b.file_log(log.path, {**b.LOG_FIELDS, "grpc": "%GRPC_STATUS%", "number": "%GRPC_STATUS_NUMBER%"})


def _base64_texts(body):
    """Padded texts may stand one behind the other."""
    return re.findall(rb"[A-Za-z0-9+/]+=*", body)


class GrpcTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.server = enter(GrpcServer())
        cls.log = AccessLog()
        retry = {"retry_on": _RETRY_ON, "num_retries": 2, "retry_back_off": {"base_interval": "0.001s"}}
        routes = [
            _route("flaky", retry_policy=retry), _route("gone", "nobody"),
            _route("stall", timeout="0s", max_stream_duration={"grpc_timeout_header_max": "0.3s"}),
            b.direct("/test.Peer/forbidden", 403, "no entry"),
            b.route("/web/", "server", prefix_rewrite="/"),  # the filter makes gRPC of it behind the choice of the route
            {"match": {"prefix": "/", "grpc": {}}, "route": {"cluster": "server", "timeout": "0s"}},
            b.direct("/", 418, "no gRPC")]
        filters = [{"name": "envoy.filters.http.grpc_web", "typed_config": {"@type": _WEB}},
                   {"name": "envoy.filters.http.router", "typed_config": {"@type": b.ROUTER}}]
        manager = b.connection_manager(routes, [_grpc_log(cls.log)], http_filters=filters)
        clusters = [b.over_http2([cls.server.port], "server"), b.over_http2([unused_port()], "nobody")]
        cls.proxy = enter(Proxy(weir(), b.bootstrap([b.listener(manager)], clusters), workers=1))
        cls.port = cls.proxy.port()

    def call(self, method, *options):
        return call(self.port, method, *options)

    def assert_status(self, result, code):
        self.assertEqual(result.code, code, result)

    def test_each_kind_of_call(self):
        for name, method, options, sizes in (
                ("unary", "echo", ["send=100"], [100]), ("an empty message", "echo", ["send=0"], [0]),
                ("client streaming", "collect", ["send=10", "send=20000", "send=3"], [20013]), ("no message", "collect", [], [0]),
                ("bidirectional", "echo", ["send=5", "send=70000", "send=7", "lockstep=yes"], [5, 70000, 7])):
            with self.subTest(name):
                result = self.call(method, *options)
                self.assertEqual((result.code, result.sizes, result.is_same), (_OK, sizes, True))
        with self.subTest("server streaming"):
            result = self.call("spread", "text=200 1000")
            self.assertEqual((result.code, result.sizes), (_OK, [1000] * 200))

    def test_large_messages(self):
        result = self.call("echo", f"send={_MANY}", f"send={_MANY}")
        self.assertEqual((result.code, result.sizes, result.is_same), (_OK, [_MANY, _MANY], True))

    def test_large_messages_on_many_streams(self):
        results = GrpcClient(self.port, "echo", "send=500000", "send=500000", "lockstep=yes", "calls=60").results()
        self.assertEqual([(result.code, result.is_same) for result in results], [(_OK, True)] * 60)

    def test_metadata(self):
        result = self.call("echo", "send=1", "metadata=echo-text:plain text", "metadata=echo-bytes-bin:00ff0a0d80")
        self.assertEqual((result.initial["echo-text"], result.initial["echo-bytes-bin"]), (b"plain text", b"\0\xff\n\r\x80"))
        self.assertEqual(result.trailing["trailing-echo-text"], b"plain text")
        self.assertEqual(result.trailing["trailing-echo-bytes-bin"], b"\0\xff\n\r\x80")

    def test_a_hundred_calls_at_once(self):
        results = GrpcClient(self.port, "echo", *["send=3000"] * 5, "lockstep=yes", "calls=100").results()
        self.assertEqual([(result.code, result.is_same) for result in results], [(_OK, True)] * 100)

    def test_errors_of_the_server(self):
        for first, sizes in (("no", []), ("yes", [5])):
            with self.subTest(trailers_only=first == "no"):
                result = self.call("fail", "metadata=x-code:3", "metadata=x-message:bad: 100%", f"metadata=x-first:{first}")
                self.assertEqual((result.code, result.message, result.sizes), (_INVALID_ARGUMENT, "bad: 100%", sizes))
                line = self.log.last("/test.Peer/fail")
                self.assertEqual((line["code"], line["grpc"], line["number"]), (200, "InvalidArgument", 3))

    def test_a_method_that_is_not_there(self):
        self.assert_status(self.call("forbidden"), 7)
        self.assertEqual(self.call("forbidden").message, "no entry")

    def test_nobody_there(self):
        result = self.call("gone", "send=10")
        self.assert_status(result, _UNAVAILABLE)
        self.assertTrue(result.message)
        line = self.log.last("/test.Peer/gone")
        self.assertEqual((line["code"], line["grpc"], line["flags"]), (200, "Unavailable", "UF,URX"))

    def test_a_deadline_of_the_client(self):
        already = self.server.lines.count("cancelled")
        self.assert_status(self.call("stall", "send=10", "deadline_ms=100"), _DEADLINE_EXCEEDED)
        waiting.until(lambda: self.server.lines.count("cancelled") > already, "the server hears of it")

    def test_the_most_that_a_route_allows(self):
        already = self.server.lines.count("cancelled")
        result = self.call("stall", "send=10", "deadline_ms=20000", "ends=no")
        self.assert_status(result, _DEADLINE_EXCEEDED)
        self.log.wait_for(lambda lines: any(line["flags"] == "DT" and line["number"] == 4 for line in lines), "a line")
        waiting.until(lambda: self.server.lines.count("cancelled") > already, "the server hears of it")

    def test_a_client_that_cancels(self):
        before = self.proxy.stat("cluster.server.upstream_rq_tx_reset")
        self.assert_status(self.call("spread", "text=100000 1000", "cancel_after=3"), _CANCELLED)
        self.proxy.wait_for_stat("http.test.downstream_rq_active", 0)
        self.proxy.wait_for_stat("cluster.server.upstream_rq_active", 0)
        self.proxy.wait_for_stat("cluster.server.upstream_rq_tx_reset", before + 1)
        line = self.log.last("/test.Peer/spread")
        self.assertIn(line["flags"], ("DR", "DC"))
        self.assertEqual(line["grpc"], "Unknown")

    def assert_retries(self, count, code, failures, ends_with):
        """Of a call whose server fails so often."""
        before = self.proxy.stat("cluster.server.upstream_rq_retry")
        result = self.call("flaky", "send=1000", f"metadata=x-code:{code}", f"metadata=x-key:{code}/{failures}",
                           f"metadata=x-failures:{failures}")
        self.assert_status(result, ends_with)
        self.assertEqual((result.sizes, result.is_same), ([1000], True) if ends_with == _OK else ([], False))
        self.assertEqual(self.proxy.stat("cluster.server.upstream_rq_retry") - before, count)

    def test_retries_by_status(self):
        for code in (_CANCELLED, _DEADLINE_EXCEEDED, _RESOURCE_EXHAUSTED, _INTERNAL, _UNAVAILABLE):
            with self.subTest(code):
                self.assert_retries(2, code, failures=2, ends_with=_OK)
        self.assert_retries(2, _UNAVAILABLE, failures=9, ends_with=_UNAVAILABLE)
        self.assert_retries(0, _INVALID_ARGUMENT, failures=9, ends_with=_INVALID_ARGUMENT)

    def test_what_is_no_grpc_takes_another_route(self):
        for http2 in (False, True):
            self.assertEqual(curl.fetch(f"http://127.0.0.1:{self.port}/test.Peer/echo", http2=http2).status, 418)

    def fetch_web(self, method, kind, body, http2, *options):
        with tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")) as file:
            file.write(body)
            file.flush()
            return curl.fetch(f"http://127.0.0.1:{self.port}/web/test.Peer/{method}", "-H", f"content-type: application/{kind}",
                              "-H", "x-grpc-web: 1", "--data-binary", "@" + file.name, *options, http2=http2)

    def test_grpc_web(self):
        trailer = b"\x80"
        for http2 in (False, True):
            with self.subTest(http2=http2):
                answer = self.fetch_web("echo", "grpc-web+proto", _MESSAGE * 2, http2)
                self.assertEqual((answer.exit_code, answer.status), (0, 200))
                self.assertIn("content-type: application/grpc-web+proto", answer.heads)
                messages, mark, trailers = answer.body.partition(trailer)
                self.assertEqual((messages, mark), (_MESSAGE * 2, trailer))
                self.assertEqual(int.from_bytes(trailers[:4], "big"), len(trailers) - 4)
                self.assertIn(b"grpc-status:0\r\n", trailers.replace(b": ", b":"))

    def test_grpc_web_as_text(self):
        for http2 in (False, True):
            with self.subTest(http2=http2):
                answer = self.fetch_web("echo", "grpc-web-text", base64.b64encode(_MESSAGE), http2)
                self.assertEqual((answer.exit_code, answer.status), (0, 200))
                self.assertIn("content-type: application/grpc-web-text", answer.heads)
                texts = [base64.b64decode(text + b"=" * (-len(text) % 4)) for text in _base64_texts(answer.body)]
                self.assertTrue(b"".join(texts).startswith(_MESSAGE + b"\x80"), answer.body)

    def test_errors_in_grpc_web(self):
        for http2 in (False, True):
            with self.subTest(http2=http2):
                # Late: curl 7.88 takes the reset behind an early answer over HTTP/2 for a failure.
                answer = self.fetch_web("fail", "grpc-web", _MESSAGE, http2, "-H", "x-code: 3", "-H", "x-late: yes")
                self.assertEqual((answer.exit_code, answer.status), (0, 200))
                self.assertIn("grpc-status: 3", answer.heads)
                answer = self.fetch_web("echo", "grpc-web-text", b"*", http2)
                self.assertIn("grpc-status: 13", answer.heads, "this is no base64")


class GrpcStatsTest(ProxyTestCase):
    def start(self, **config):
        self.server = self.enter(GrpcServer())
        filters = [{"name": "envoy.filters.http.grpc_stats", "typed_config": {"@type": _STATS, **config}},
                   {"name": "envoy.filters.http.router", "typed_config": {"@type": b.ROUTER}}]
        manager = b.connection_manager([b.route("/", "server", timeout="0s")], http_filters=filters)
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.over_http2([self.server.port], "server")]), workers=2)
        self.port = self.proxy.port()

    def make_calls(self):
        self.assertEqual(call(self.port, "echo", "send=100").code, _OK)
        self.assertEqual(call(self.port, "fail", "metadata=x-code:5", "send=1").code, _NOT_FOUND)
        self.assertEqual(call(self.port, "spread", "text=37 1000").sizes, [1000] * 37)
        self.assertEqual(call(self.port, "echo", *["send=70000"] * 5, "lockstep=yes").code, _OK)

    def counted(self, ignored=()):
        """What is not zero, without the prefix that all have."""
        prefix = "cluster.server.grpc."
        lines = self.proxy.admin("/stats?usedonly&filter=cluster.server.grpc")[2].splitlines()
        pairs = [line.removeprefix(prefix).split(": ", 1) for line in lines]
        return {name: int(value) for name, value in pairs if "upstream_rq_time" not in name and name not in ignored}

    def test_methods_that_are_listed(self):
        self.start(individual_method_stats_allowlist={"services": [{"name": "test.Peer", "method_names": ["echo", "spread"]}]},
                   enable_upstream_stats=True)
        self.make_calls()
        expected = {"5": 1, "failure": 1, "total": 1}
        for method, calls, requests, responses in (("echo", 2, 6, 6), ("spread", 1, 1, 37)):
            of_method = {"0": calls, "success": calls, "total": calls, "request_message_count": requests,
                         "response_message_count": responses}
            expected.update({f"test.Peer.{method}.{name}": value for name, value in of_method.items()})
        # The server may end before the message is on its way.
        self.assertEqual(self.counted(ignored=["request_message_count"]), expected)
        text = self.proxy.admin("/stats/prometheus")[2]
        labels = '{envoy_cluster_name="server",envoy_grpc_bridge_service="test.Peer",envoy_grpc_bridge_method="echo"}'
        self.assertIn(f"envoy_cluster_grpc_upstream_rq_time_count{labels} 2\n", text)
        self.assertIn(f"envoy_cluster_grpc_0{labels} 2\n", text)

    def test_no_method_by_itself(self):
        self.start()
        self.make_calls()
        self.assertEqual(self.counted(ignored=["request_message_count"]),
                         {"0": 3, "5": 1, "success": 3, "failure": 1, "total": 4, "response_message_count": 43})
        self.assertNotIn("Peer", self.proxy.admin("/stats")[2])

    def test_names_that_clients_make_up(self):
        """K17: they cost the memory of a limited number of methods, and no call is lost."""
        self.start(stats_for_all_methods=True, replace_dots_in_grpc_service_name=True)
        count = 2 * _MOST_METHODS
        urls = [f"http://127.0.0.1:{self.port}/made.up/m{i}" for i in range(count)]
        load = h2load.run(*urls, "-H", "content-type: application/grpc", "-H", "te: trailers", requests=count, connections=1,
                          streams=1)
        self.assertEqual(load.done, count)
        counted = self.counted()
        totals = {name: value for name, value in counted.items() if name.endswith("total")}
        self.assertEqual(totals.pop("total"), count - _MOST_METHODS)
        self.assertEqual(list(totals.values()), [1] * _MOST_METHODS)
        self.assertTrue(all(re.fullmatch(r"made_up\.m\d+\.total", name) for name in totals), totals)

    def test_what_is_not_there_is_refused(self):
        filters = [{"name": "envoy.filters.http.grpc_stats", "typed_config": {"@type": _STATS, "emit_filter_state": True}},
                   {"name": "envoy.filters.http.router", "typed_config": {"@type": b.ROUTER}}]
        manager = b.connection_manager([b.route("/", "server")], http_filters=filters)
        text = json.dumps(b.bootstrap([b.listener(manager)], [b.over_http2([unused_port()], "server")]))
        verdict = Verdict("--config-yaml", text, "--mode", "validate")
        self.assertEqual(verdict.code, 1, verdict.err)
        self.assertIn("http_filters[0].typed_config.emit_filter_state: known to Envoy, not implemented by Weir", verdict.err)


class GrpcFailureTest(ProxyTestCase):
    def start(self, **options):
        self.server = self.enter(GrpcServer())
        self.log = self.access_log()
        manager = b.connection_manager([b.route("/", "server", timeout="0s")], [_grpc_log(self.log)])
        self.proxy = self.start_proxy(b.bootstrap([b.listener(manager)], [b.over_http2([self.server.port], "server", **options)]),
                                      workers=1)
        self.port = self.proxy.port()

    def test_a_server_that_dies_in_the_middle(self):
        self.start()
        client = GrpcClient(self.port, "echo", "send=10", "lockstep=yes", "ends=no")
        client.wait_for_line("first message")
        self.server.kill()
        result = client.results()[0]
        self.assertEqual((result.code, result.sizes), (_UNAVAILABLE, [10]), result)

    def test_a_server_that_dies_before_it_answers(self):
        self.start()
        client = GrpcClient(self.port, "stall", "send=10")
        self.server.wait_for_line("called stall")
        self.server.kill()
        result = client.results()[0]
        self.assertEqual(result.code, _UNAVAILABLE, result)
        self.assertEqual(self.log.last("/test.Peer/stall")["flags"], "UC")

    def test_a_drain_waits_for_a_call(self):
        self.start()
        client = GrpcClient(self.port, "echo", "send=10", "lockstep=yes", "ends=no", "deadline_ms=700")
        client.wait_for_line("first message")
        self.proxy.terminate()
        self.assertEqual(client.results()[0].code, _DEADLINE_EXCEEDED)
        self.assertEqual(self.proxy.wait(), 0)


if __name__ == "__main__":
    unittest.main()
