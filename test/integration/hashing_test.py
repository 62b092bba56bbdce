"""Requests of one key go to one host: every policy that makes a key, tables, bounded load and sticky sessions."""
import base64
import re
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.case import ProxyTestCase, weir_control
from test.integration.control import Control, manager_over_ads, over_ads
from test.integration.raw_client import RawClient

_TYPES = "type.googleapis.com/envoy.extensions."
_SESSION = _TYPES + "filters.http.stateful_session.v3.StatefulSession"
_COOKIE_STATE = _TYPES + "http.stateful_session.cookie.v3.CookieBasedSessionState"
_HEADER_STATE = _TYPES + "http.stateful_session.header.v3.HeaderBasedSessionState"
_BY_USER = [{"header": {"header_name": "x-user"}}]


def session_filters(state, **fields):
    session = {"@type": _SESSION, "session_state": {"name": "state", "typed_config": state}, **fields}
    return [{"name": "envoy.filters.http.stateful_session", "typed_config": session},
            {"name": "envoy.filters.http.router", "typed_config": {"@type": b.ROUTER}}]


class HashingTestCase(ProxyTestCase):
    """Backends that say their numbers."""

    def start_backends(self, count):
        self.backends = [self.start_backend(answering(lambda _, i=i: response(str(i).encode()))) for i in range(count)]

    def serve(self, hash_policy=(), count=5, lb_policy="RING_HASH", workers=2, filters=None, **cluster):
        self.start_backends(count)
        manager = {} if filters is None else {"http_filters": filters}
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend", hash_policy=list(hash_policy))], **manager))],
            [b.cluster([backend.port for backend in self.backends], lb_policy=lb_policy, **cluster)]), workers=workers)
        self.port = self.proxy.port()

    def ask(self, target="/", headers=()):
        """On a connection of its own, which any worker may get."""
        with RawClient(self.port) as client:
            return client.get(target, headers)

    def host(self, target="/", *headers):
        answer = self.ask(target, headers)
        self.assertEqual(answer.status, 200)
        return answer.body.decode()

    def hosts_of_users(self, count=40):
        return [self.host("/", f"X-User: user-{i}") for i in range(count)]

    def assert_sticky(self, make_request, keys=30):
        """Each key has its host, and there are several."""
        hosts = [self.host(*make_request(i)) for i in range(keys)]
        self.assertEqual([self.host(*make_request(i)) for i in range(keys)], hosts)
        self.assertGreater(len(set(hosts)), 2, hosts)


class HashPolicyTest(HashingTestCase):
    def test_header(self):
        for policy in ("RING_HASH", "MAGLEV"):
            with self.subTest(policy):
                self.serve(_BY_USER, lb_policy=policy)
                self.assert_sticky(lambda i: ("/", f"X-User: user-{i}"))

    def test_header_rewritten(self):
        rewrite = {"pattern": {"regex": r"^/(\w+)/.*"}, "substitution": r"\1"}
        self.serve([{"header": {"header_name": ":path", "regex_rewrite": rewrite}}])
        self.assert_sticky(lambda i: (f"/tenant{i}/page",))
        self.assertEqual(len({self.host(f"/tenant1/{i}") for i in range(20)}), 1)

    def test_query_parameter(self):
        self.serve([{"query_parameter": {"name": "user"}}])
        self.assert_sticky(lambda i: (f"/?a={i * 7}&user={i}",))
        self.assertEqual(len({self.host(f"/?user=1&b={i}") for i in range(20)}), 1)

    def test_source_address(self):
        self.serve([{"connection_properties": {"source_ip": True}}])
        self.assertEqual(len({self.host() for _ in range(20)}), 1, "all from one address, each from a port of its own")

    def test_a_terminal_policy(self):
        self.serve([{"header": {"header_name": "x-user"}, "terminal": True}, {"query_parameter": {"name": "k"}}])
        self.assertEqual(len({self.host(f"/?k={i}", "X-User: ann") for i in range(20)}), 1)
        self.assert_sticky(lambda i: (f"/?k={i}",))

    def test_without_a_key_any_host_will_do(self):
        self.serve(_BY_USER)
        self.assertEqual(len({self.host() for _ in range(100)}), 5)

    def test_a_cookie_is_given_out_and_keeps_its_client(self):
        self.serve([{"cookie": {"name": "id", "ttl": "60s", "path": "/", "attributes": [{"name": "Secure"}]}}])
        hosts = set()
        for _ in range(30):
            first = self.ask()
            cookie = re.fullmatch(r'id="([0-9a-f]{16})"; Max-Age=60; Path=/; Secure; HttpOnly', first.header("set-cookie"))
            self.assertIsNotNone(cookie, first.headers)
            for value in (cookie[1], f'"{cookie[1]}"'):
                again = self.ask("/", (f"Cookie: other=1; id={value}",))
                self.assertEqual(again.body, first.body)
                self.assertIsNone(again.header("set-cookie"))
            hosts.add(first.body)
        self.assertGreater(len(hosts), 2, "many clients behind one address are spread")

    def test_one_connection_is_one_client(self):
        """Requests that leave before the cookie came stay together."""
        self.serve([{"cookie": {"name": "id", "ttl": "0s"}}])
        with RawClient(self.port) as client:
            self.assertEqual(len({(a.body, a.header("set-cookie")) for a in (client.get() for _ in range(20))}), 1)

    def test_a_retry_goes_to_another_host_and_stays_there(self):
        self.serve(_BY_USER)
        hosts = self.hosts_of_users()
        self.backends[int(hosts[0])].stop()
        after = self.hosts_of_users()
        for before, now in zip(hosts, after):
            self.assertEqual(now == before, before != hosts[0], "only keys of the dead host move")
        self.assertEqual(self.hosts_of_users(), after)

    def test_tcp(self):
        self.start_backends(5)
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.tcp_proxy("backend", hash_policy=[{"source_ip": {}}]))],
            [b.cluster([backend.port for backend in self.backends], lb_policy="MAGLEV")]))
        self.port = self.proxy.port()
        self.assertEqual(len({self.host() for _ in range(20)}), 1)


class ChangeTest(HashingTestCase):
    def start(self, lb_policy):
        self.start_backends(4)
        self.control = self.enter(Control(weir_control()))
        self.control.serve(
            clusters=[over_ads("one", lb_policy=lb_policy)], endpoints=[self.endpoints(0, 1, 2, 3)],
            listeners=[b.listener(manager_over_ads())],
            routes=[b.route_config([b.route("/", "one", hash_policy=_BY_USER)])])
        self.proxy = self.start_proxy(b.ads(self.control.port))
        self.port = self.proxy.port()

    def endpoints(self, *numbers, **more):
        return b.load_assignment([b.endpoint(self.backends[i].port, **more) for i in numbers], "one")

    def change(self, *numbers):
        self.control.serve(endpoints=[self.endpoints(*numbers)])
        self.proxy.wait_for_stat("cluster.one.membership_total", len(numbers))

    def test_a_host_leaves_and_returns(self):
        for policy in ("RING_HASH", "MAGLEV"):
            with self.subTest(policy):
                self.start(policy)
                before = self.hosts_of_users(60)
                self.change(0, 1, 3)
                during = self.hosts_of_users(60)
                self.assertNotIn("2", during)
                moved = sum(1 for a, c in zip(before, during) if a not in ("2", c))
                self.assertLessEqual(moved, 15, "few others")
                self.change(3, 2, 1, 0)
                self.assertEqual(self.hosts_of_users(60), before, "whatever the order")


class BoundedLoadTest(HashingTestCase):
    def test_a_popular_key_is_spread_once_its_host_is_busy(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def behave(connection):
            while True:
                connection.read_request()
                release.wait(waiting.DEADLINE_S)
                connection.send(response())

        for policy in ("RING_HASH", "MAGLEV"):
            with self.subTest(policy):
                backends = [self.start_backend(behave) for _ in range(3)]
                consistent = {"consistent_hashing_lb_config": {"hash_balance_factor": 125}}
                proxy = self.start_proxy(b.bootstrap(
                    [b.listener(b.connection_manager([b.route("/", "backend", hash_policy=_BY_USER)]))],
                    [b.cluster([backend.port for backend in backends], lb_policy=policy, common_lb_config=consistent)]))
                for _ in range(30):
                    self.enter(RawClient(proxy.port())).request(headers=["X-User: popular"])
                waiting.until(lambda: sum(len(backend.requests) for backend in backends) == 30, "all at their hosts")
                counts = sorted(len(backend.requests) for backend in backends)
                self.assertLessEqual(counts[2], 13, counts)  # 1.25 × 30 / 3, and what the rounding gives
                self.assertGreaterEqual(counts[0], 4, counts)


class StatefulSessionTest(HashingTestCase):
    def name_of(self, number):
        return f"127.0.0.1:{self.backends[number].port}"

    def start_session(self, cookie="sid"):
        """(the host's number, the token)"""
        answer = self.ask()
        return answer.body.decode(), re.match(rf'{cookie}="([^"]+)"', answer.header("set-cookie"))[1]

    def with_cookie(self, token, target="/"):
        return self.ask(target, (f"Cookie: sid={token}",))

    def test_a_cookie_keeps_a_session_with_its_host(self):
        self.serve(lb_policy="ROUND_ROBIN", filters=session_filters(
            {"@type": _COOKIE_STATE, "cookie": {"name": "sid", "ttl": "60s", "path": "/"}}))
        for _ in range(5):
            host, token = self.start_session()
            self.assertIn(self.name_of(int(host)).encode(), base64.b64decode(token))
            for _ in range(5):
                answer = self.with_cookie(token)
                self.assertEqual(answer.body.decode(), host)
                self.assertIsNone(answer.header("set-cookie"))

    def test_a_header(self):
        self.serve(lb_policy="RANDOM", filters=session_filters({"@type": _HEADER_STATE, "name": "x-session"}))
        token = base64.b64encode(self.name_of(3).encode()).decode()
        for _ in range(10):
            self.assertEqual(self.host("/", f"X-Session: {token}"), "3")
        first = self.ask()
        self.assertEqual(base64.b64decode(first.header("x-session")).decode(), self.name_of(int(first.body)))

    def test_a_session_goes_on_elsewhere_when_its_host_fails(self):
        self.serve(lb_policy="ROUND_ROBIN", filters=session_filters({"@type": _COOKIE_STATE, "cookie": {"name": "sid"}}))
        host, token = self.start_session()
        self.backends[int(host)].stop()
        answer = self.with_cookie(token)
        self.assertEqual(answer.status, 200)
        self.assertNotEqual(answer.body.decode(), host)
        self.assertIsNotNone(answer.header("set-cookie"), "the session has moved")

    def test_hosts_that_nobody_has_are_not_dialled(self):
        self.serve(lb_policy="ROUND_ROBIN", filters=session_filters({"@type": _HEADER_STATE, "name": "x-session"}))
        stranger = self.start_backend(answering(lambda _: response(b"stranger")))
        token = base64.b64encode(f"127.0.0.1:{stranger.port}".encode()).decode()
        for _ in range(10):
            self.assertNotEqual(self.host("/", f"X-Session: {token}"), "stranger")
        self.assertEqual(stranger.connections, [])

    def test_strict(self):
        self.serve(lb_policy="ROUND_ROBIN", filters=session_filters(
            {"@type": _HEADER_STATE, "name": "x-session"}, strict=True, status_on_strict_destination_not_found=410))
        here = base64.b64encode(self.name_of(1).encode()).decode()
        gone = base64.b64encode(b"127.0.0.1:1").decode()
        self.assertEqual(self.host("/", f"X-Session: {here}"), "1")
        self.assertEqual(self.ask("/", (f"X-Session: {gone}",)).status, 410)
        self.assertEqual(self.ask().status, 200)

    def test_a_session_survives_weights_and_drains_as_allowed(self):
        self.start_backends(3)
        control = self.enter(Control(weir_control()))

        def endpoints(**of_first):
            entries = [b.endpoint(backend.port) for backend in self.backends]
            entries[0].update(of_first)
            return [b.load_assignment(entries, "one")]

        status = {"override_host_status": {"statuses": ["HEALTHY", "DRAINING"]}}
        filters = session_filters({"@type": _HEADER_STATE, "name": "x-session"})
        control.serve(clusters=[over_ads("one", common_lb_config=status)], endpoints=endpoints(),
                      listeners=[b.listener(manager_over_ads(http_filters=filters))],
                      routes=[b.route_config([b.route("/", "one")])])
        self.proxy = self.start_proxy(b.ads(control.port))
        self.port = self.proxy.port()
        token = base64.b64encode(self.name_of(0).encode()).decode()
        self.assertEqual(self.host("/", f"X-Session: {token}"), "0")
        control.serve(endpoints=endpoints(load_balancing_weight=7))
        self.proxy.wait_for_stat("cluster.one.max_host_weight", 7)
        self.assertEqual(self.host("/", f"X-Session: {token}"), "0")
        control.serve(endpoints=endpoints(health_status="DRAINING"))
        self.proxy.wait_for_stat("cluster.one.membership_healthy", 2)
        self.assertEqual(self.host("/", f"X-Session: {token}"), "0", "sessions may stay while it drains")
        self.assertNotIn("0", {self.host() for _ in range(20)})
        control.serve(endpoints=endpoints(health_status="UNHEALTHY"))
        waiting.until(lambda: self.host("/", f"X-Session: {token}") != "0", "the session to move")


if __name__ == "__main__":
    unittest.main()
