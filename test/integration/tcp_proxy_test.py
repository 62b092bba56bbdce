"""The TCP proxy: bytes both ways, every way of ending, and nobody who waits for ever."""
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import Gone, answering, response, stalling, unused_port
from test.integration.case import ProxyTestCase
from test.integration.raw_client import RawClient

_MEGABYTES = bytes(range(256)) * 4096 * 4


def _echoing(connection):
    """Returns what comes; FIN for FIN."""
    try:
        while True:
            connection.send(connection.receive())
    except Gone:
        connection.finish()


class TcpProxyTest(ProxyTestCase):
    def serve(self, behave=_echoing, cluster=None, **proxy):
        self.backend = self.start_backend(behave)
        self.log = self.access_log()
        clusters = [b.cluster([self.backend.port], "backend", **(cluster or {}))]
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.tcp_proxy(None if "weighted_clusters" in proxy else "backend", [self.log.config()], **proxy),
                        "tcp")], clusters), workers=1)
        return self.enter(RawClient(self.proxy.port("tcp")))

    def flags(self):
        return self.log.wait_for(bool, "a line")[-1]["flags"]

    def upstream(self):
        self.backend.wait_for(lambda: self.backend.connections, "a connection")
        return self.backend.connections[0]

    def wait_for_upstream_end(self):
        upstream = self.upstream()
        self.backend.wait_for(lambda: upstream.has_ended, "the end upstream")
        return upstream

    def test_small_messages(self):
        client = self.serve()
        for size in (1, 2, 100, 4096):
            message = bytes(i % 256 for i in range(size))
            self.assertEqual(client.send(message).read_bytes(size), message)
        client.half_close()
        self.assertEqual(client.read_rest(), b"")
        line = self.log.wait_for(bool, "a line")[-1]
        self.assertEqual((line["received"], line["sent"], line["flags"]), (4199, 4199, "-"))
        self.assertEqual(self.proxy.stat("tcp.test.downstream_cx_rx_bytes_total"), 4199)

    def test_q08_a_host_that_fails(self):
        """Its connections stay, or end at once where the cluster says so."""
        check = {"timeout": "1s", "interval": "0.1s", "no_traffic_interval": "0.1s", "unhealthy_threshold": 1,
                 "healthy_threshold": 1, "http_health_check": {"path": "/readyz"}}
        for closes in (True, False):
            status = ["200 OK"]
            checker = self.start_backend(answering(lambda _, status=status: response(status=status[0])))
            client = self.serve(cluster={"health_checks": [dict(check, alt_port=checker.port)],
                                         "close_connections_on_host_health_failure": closes})
            self.assertEqual(client.send(b"hello").read_bytes(5), b"hello")
            status[0] = "503 Service Unavailable"
            self.proxy.wait_for_stat("cluster.backend.membership_healthy", 0)
            if closes:
                self.assertEqual(client.read_rest(), b"")
                self.assertEqual(self.flags(), "UC")
                self.wait_for_upstream_end()
            else:
                self.assertEqual(client.send(b"still there").read_bytes(11), b"still there")

    def test_bulk_both_ways(self):
        client = self.serve()
        sender = threading.Thread(target=lambda: client.send(_MEGABYTES).half_close())
        sender.start()
        self.assertEqual(client.read_rest(), _MEGABYTES)
        sender.join()
        self.wait_for_upstream_end()

    def test_the_server_speaks_first(self):
        def greeting(connection):
            connection.send(b"220 ready\r\n")
            connection.send(connection.read_bytes(4))
            connection.read_to_end()

        client = self.serve(greeting)
        self.assertEqual(client.read_bytes(11), b"220 ready\r\n")
        self.assertEqual(client.send(b"QUIT").read_bytes(4), b"QUIT")

    def test_half_close_from_the_client(self):
        def answers_after_the_end(connection):
            connection.read_to_end()
            connection.send(b"got %d bytes" % len(connection.received))
            connection.finish()

        client = self.serve(answers_after_the_end)
        client.send(b"x" * 100_000).half_close()
        self.assertEqual(client.read_rest(), b"got 100000 bytes")

    def test_half_close_from_the_server(self):
        def ends_then_listens(connection):
            connection.send(b"bye")
            connection.finish()
            connection.read_to_end()

        client = self.serve(ends_then_listens)
        self.assertEqual(client.read_rest(), b"bye")
        client.send(b"still heard").half_close()
        self.assertEqual(self.wait_for_upstream_end().received, b"still heard")

    def test_a_reset_client_resets_upstream(self):
        client = self.serve(stalling)
        client.send(b"hello")
        self.backend.wait_for(lambda: self.backend.received() == b"hello", "the bytes")
        client.reset()
        self.assertTrue(self.wait_for_upstream_end().was_reset)
        self.assertEqual(self.flags(), "DC")

    def test_a_reset_upstream_resets_the_client(self):
        def resets(connection):
            connection.receive()
            connection.reset()

        client = self.serve(resets).send(b"hello")
        self.assertEqual(client.read_rest(), b"")
        self.assertTrue(client.was_reset)
        self.assertEqual(self.flags(), "UC")

    def test_what_was_sent_before_the_end_arrives(self):
        def says_much(connection):
            connection.send(_MEGABYTES)
            connection.finish()
            connection.read_to_end()

        client = self.serve(says_much)
        waiting.until_steady(lambda: self.proxy.stat("tcp.test.downstream_cx_tx_bytes_total"), "a full pipeline")
        self.assertEqual(client.read_rest(), _MEGABYTES)

    def test_a_slow_reader_holds_up_the_sender(self):
        sent = [0]

        def endless(connection):
            while True:
                connection.send(bytes(65_536))
                sent[0] += 65_536

        client = self.serve(endless)
        waiting.until_steady(lambda: sent[0], "the sender to be held up")
        held_at = sent[0]
        self.assertLess(self.proxy.stat("server.memory_allocated"), 64 << 20)
        waiting.until(lambda: client.read_bytes(65_536) and sent[0] > held_at, "the sender to go on")

    def test_nobody_listens_upstream(self):
        self.log = self.access_log()
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.tcp_proxy("backend", [self.log.config()]), "tcp")], [b.cluster([unused_port()])]), workers=1)
        client = self.enter(RawClient(self.proxy.port("tcp")))
        self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.flags(), "UF")

    def test_another_host_is_tried(self):
        self.backend = self.start_backend(_echoing)
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.tcp_proxy("backend", max_connect_attempts=3), "tcp")],
            [b.cluster([unused_port(), self.backend.port])]), workers=1)
        for _ in range(4):
            with RawClient(self.proxy.port("tcp")) as client:
                self.assertEqual(client.send(b"hello").read_bytes(5), b"hello")

    def test_no_host_and_no_cluster(self):
        for name, flag in (("backend", "UH"), ("nowhere", "NC")):
            with self.subTest(name):
                self.log = self.access_log()
                proxy = self.start_proxy(b.bootstrap(
                    [b.listener(b.tcp_proxy(name, [self.log.config()]), "tcp")], [b.cluster([])]), workers=1)
                with RawClient(proxy.port("tcp")) as client:
                    self.assertEqual(client.read_rest(), b"")
                self.assertEqual(self.flags(), flag)

    def test_idle_connections_end(self):
        client = self.serve(idle_timeout="0.2s")
        self.assertEqual(client.send(b"hello").read_bytes(5), b"hello")
        self.assertEqual(client.read_rest(), b"")
        self.wait_for_upstream_end()
        self.assertEqual(self.proxy.stat("tcp.test.idle_timeout"), 1)

    def test_traffic_in_one_direction_is_not_idle(self):
        def ticking(connection):
            for _ in range(8):
                connection.send(b"tick")
                waiting.select.select([], [], [], 0.1)
            connection.finish()
            connection.read_to_end()

        self.assertEqual(self.serve(ticking, idle_timeout="0.4s").read_rest(), b"tick" * 8)

    def test_a_connection_may_not_last_for_ever(self):
        client = self.serve(max_downstream_connection_duration="0.2s")
        self.assertEqual(client.send(b"hello").read_bytes(5), b"hello")
        self.assertEqual(client.read_rest(), b"")
        self.assertEqual(self.flags(), "DT")

    def test_max_connections(self):
        first = self.serve(cluster={"circuit_breakers": {"thresholds": [{"max_connections": 1}]}})
        self.assertEqual(first.send(b"hello").read_bytes(5), b"hello")
        with RawClient(self.proxy.port("tcp")) as second:
            self.assertEqual(second.read_rest(), b"")
        self.assertEqual(self.flags(), "UO")
        self.assertEqual(first.send(b"still").read_bytes(5), b"still")

    def test_a_subset_of_hosts(self):
        def metadata(stage):
            return {"filter_metadata": {"envoy.lb": {"stage": stage}}}

        backends = {stage: self.start_backend(_echoing) for stage in ("dev", "prod")}
        endpoints = [b.endpoint(backend.port, metadata=metadata(stage)) for stage, backend in backends.items()]
        subsets = {"fallback_policy": "NO_FALLBACK", "subset_selectors": [{"keys": ["stage"]}]}
        weighted = {"clusters": [{"name": "backend", "weight": 1, "metadata_match": metadata("dev")}]}
        for target, stage in (({"cluster": "backend"}, "prod"), ({"weighted_clusters": weighted}, "dev")):
            proxy = self.start_proxy(b.bootstrap(
                [b.listener(b.tcp_proxy(metadata_match=metadata("prod"), **target), "tcp")],
                [b.cluster(endpoints, lb_subset_config=subsets)]))
            before = len(backends[stage].connections)
            for _ in range(4):
                with RawClient(proxy.port("tcp")) as client:
                    self.assertEqual(client.send(b"x").read_bytes(1), b"x")
            self.assertEqual(len(backends[stage].connections) - before, 4)

    def test_weighted_clusters(self):
        backends = [self.start_backend(_echoing) for _ in range(2)]
        weighted = {"clusters": [{"name": "a", "weight": 3}, {"name": "b", "weight": 1}]}
        proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.tcp_proxy(weighted_clusters=weighted), "tcp")],
            [b.cluster([backend.port], name) for backend, name in zip(backends, "ab")]))
        port, total = proxy.port("tcp"), 400
        for _ in range(total):
            with RawClient(port) as client:
                self.assertEqual(client.send(b"x").read_bytes(1), b"x")
        self.assertAlmostEqual(len(backends[0].connections), total * 0.75, delta=5 * (total * 0.75 * 0.25) ** 0.5)


if __name__ == "__main__":
    unittest.main()
