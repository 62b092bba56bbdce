"""What clients of TLS do wrong, through the binary: group M of the catalogue, as far as it is not the units' matter."""
import os
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.certificates import Authority
from test.integration.proxy import Proxy
from test.integration.raw_client import RawClient
from test.integration.tls_client import Client, fetch, s_client
from test.integration.tls_sockets import chain, downstream_tls, tls_listener


def says(text):
    return b.connection_manager([b.direct("/", 200, text)])


def trusting(authority, **more):
    return {"validation_context": {"trusted_ca": {"filename": authority.path}, **more}}


def client_hello():
    """The bytes of one, for whoever is not going to finish."""
    hello = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="a.test").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return hello.read()


class HostileClientTest(SharedProxyTestCase):
    """Each leaves the proxy able to serve the next one."""

    @classmethod
    def set_up(cls, enter):
        cls.root = enter(Authority())
        pair = cls.root.issue("a.test", key="rsa")
        weak = {"tls_params": {"cipher_suites": ["AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256"]}}
        plain = b.listener(b.connection_manager([b.route("/", "nobody"), b.direct("/")]), "plain")
        cls.proxy = enter(Proxy(weir(), b.bootstrap(
            [tls_listener(chain(says("secret"), downstream_tls([pair]))),
             tls_listener(chain(says("weak"), downstream_tls([pair], common=weak)), name="weak"), plain],
            [b.cluster([1], "nobody")]), workers=1))
        cls.port = cls.proxy.port()

    def tearDown(self):
        self.assertEqual(fetch(self.port, "a.test", self.root).body, b"secret")
        super().tearDown()

    def test_renegotiation(self):
        """M01"""
        text = s_client(self.port, "-tls1_2", say=b"R\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        self.assertIn("RENEGOTIATING", text)
        self.assertIn("no renegotiation", text)

    def test_old_versions_and_weak_suites(self):
        """M16"""
        refused = [[version, "-cipher", "ALL:@SECLEVEL=0"] for version in ("-tls1", "-tls1_1")]
        refused += [["-tls1_2", "-cipher", suite + ":@SECLEVEL=0"] for suite in ("AES128-SHA", "NULL-SHA256", "aNULL")]
        for options in refused:
            text = s_client(self.port, *options)
            self.assertIn("no peer certificate available", text)
            self.assertIn("alert", text)

    def test_plaintext_where_tls_is_spoken(self):
        """M24"""
        with self.connect() as client:
            self.assertNotIn(b"HTTP", client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").read_rest())

    def test_tls_where_plaintext_is_spoken(self):
        """M25"""
        port = self.proxy.port("plain")
        context = ssl.create_default_context(cafile=self.root.path)
        with self.assertRaises(ssl.SSLError), socket.create_connection(("127.0.0.1", port)) as plain:
            context.wrap_socket(plain, server_hostname="a.test")
        with RawClient(port) as client:
            self.assertRegex(client.send(client_hello()).read_rest(), rb"\AHTTP/1\.1 400 |\A\Z")

    def test_http2_with_a_suite_that_is_not_for_it(self):
        """M19"""
        port = self.proxy.port("weak")
        options = ("--tls-max", "1.2", "--ciphers")
        self.assertEqual(fetch(port, "a.test", self.root, "/", *options, "AES128-SHA").version, "1.1")
        self.assertEqual(fetch(port, "a.test", self.root, "/", *options, "ECDHE-RSA-AES128-GCM-SHA256").version, "2")
        self.assertEqual(fetch(port, "a.test", self.root).version, "2")

    def test_authentication_after_the_handshake(self):
        """M29: who offers it is not asked."""
        context = ssl.create_default_context(cafile=self.root.path)
        context.post_handshake_auth = True
        with Client(self.port, "a.test", self.root, context=context) as client:
            self.assertEqual(client.get(), 200)


class HandshakeFloodTest(ProxyTestCase):
    COUNT = 200

    def serve(self, **chain_fields):
        self.root = self.enter(Authority())
        entry = chain(says("x"), downstream_tls([self.root.issue("a.test", key="rsa")]))
        plain = b.listener(says("canary"), "plain")
        self.proxy = self.start_proxy(b.bootstrap([tls_listener({**entry, **chain_fields}), plain]), workers=1)
        self.port = self.proxy.port()

    def test_that_never_finish(self):
        """M02: they are ended when their time is up, and each is counted."""
        self.serve(transport_socket_connect_timeout="1s")
        hello = client_hello()
        clients = [self.connect().send(hello) for _ in range(self.COUNT)]
        with RawClient(self.proxy.port("plain")) as canary:
            self.assertEqual(canary.get().body, b"canary")
        for client in clients:
            client.read_rest()
        late = sum(self.proxy.stats("transport_socket_connect_timeout$").values())
        self.assertEqual(late, self.COUNT)
        self.proxy.wait_for_silence()

    def test_that_come_at_once(self):
        """M03: the worker finds all of them when it wakes; it begins a few each turn, and each is answered."""
        self.serve()
        hello = client_hello()
        self.proxy.send_signal(signal.SIGSTOP)
        try:
            clients = [self.connect().send(hello) for _ in range(self.COUNT)]
        finally:
            self.proxy.send_signal(signal.SIGCONT)
        for client in clients:
            self.assertEqual(client.read_bytes(3), b"\x16\x03\x03")
        self.assertGreater(sum(self.proxy.stats("handshake_postponed$").values()), self.COUNT // 2)

    def test_that_finish_and_go(self):
        """M03: all at once; each gets its turn, and how many were resumed is told."""
        self.serve()
        context = ssl.create_default_context(cafile=self.root.path)
        clients = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(self.COUNT)]

        def shake_hands(mine):
            for plain in mine:
                with context.wrap_socket(plain, server_hostname="a.test"):
                    pass

        threads = [threading.Thread(target=shake_hands, args=(clients[i::20],)) for i in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        def total(counter):
            return sum(self.proxy.stats(f"[.]ssl[.]{counter}$").values())

        # With TLS 1.3 the client is done before the server has read its last word.
        waiting.until(lambda: total("handshake") == self.COUNT, lambda: f"{self.COUNT} handshakes, not {total('handshake')}")
        self.assertEqual((total("session_reused"), total("connection_error")), (0, 0))
        self.proxy.wait_for_silence()


class NameTest(ProxyTestCase):
    def test_an_unknown_name(self):
        """M04: no chain takes it: not a byte of a certificate leaks."""
        root = self.enter(Authority())
        proxy = self.start_proxy(b.bootstrap([tls_listener(
            chain(says("a"), downstream_tls([root.issue("a.test")]), {"server_names": ["a.test"]}), inspects=True)]), workers=1)
        for name in (["-servername", "b.test"], ["-noservername"]):
            text = s_client(proxy.port(), *name)
            self.assertIn("no peer certificate available", text)
        self.assertEqual(sum(proxy.stats("no_filter_chain_match$").values()), 2)

    def test_a_host_of_another_chain(self):
        """M05: a connection for one name is not the way to another's routes."""
        root = self.enter(Authority())
        pair = root.issue("a", "DNS:a.test", "DNS:b.test")
        everything = b.connection_manager([b.direct("/", 200, "routed")])
        for match, status in (({"server_names": ["a.test"]}, 421), (None, 200)):
            proxy = self.start_proxy(b.bootstrap([tls_listener(chain(everything, downstream_tls([pair]), match), inspects=True)]), workers=1)
            for http2 in (True, False):
                answer = fetch(proxy.port(), "a.test", root, "/", "-H", "Host: b.test", http2=http2)
                self.assertEqual((answer.exit_code, answer.status), (0, status))
                self.assertEqual(fetch(proxy.port(), "a.test", root, http2=http2).status, 200)

    def test_a_session_of_another_chain(self):
        """M06: the keys of tickets are shared, who must be known is not."""
        root, clients = self.enter(Authority()), self.enter(Authority("Clients"))
        keys = {"session_ticket_keys": {"keys": [{"inline_bytes": "A" * 106 + "A="}]}}
        pair = root.issue("a", "DNS:a.test", "DNS:b.test")
        proxy = self.start_proxy(b.bootstrap([tls_listener(
            chain(says("open"), downstream_tls([pair], alpn=["http/1.1"], **keys), {"server_names": ["a.test"]}),
            chain(says("closed"), downstream_tls([pair], alpn=["http/1.1"], common=trusting(clients), require_client_certificate=True,
                                                 **keys), {"server_names": ["b.test"]}), inspects=True)]), workers=1)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with Client(proxy.port(), "a.test", root, version=version) as first:
                self.assertEqual(first.get(), 200)
                session, context = first.socket.session, first.context
            with Client(proxy.port(), "a.test", root, session, context=context) as same:
                self.assertEqual(same.get(), 200)
                self.assertTrue(same.socket.session_reused)
                session = same.socket.session
            with self.assertRaises(OSError), Client(proxy.port(), "b.test", root, session, context=context) as other:
                other.get()  # with TLS 1.3 the client hears of it with its first read
        self.assertEqual(sum(proxy.stats("fail_verify_no_cert$").values()), 2)


class ClientCertificateTest(ProxyTestCase):
    def test_bad_ones_are_told_why(self):
        """M08"""
        root, clients, others = self.enter(Authority()), self.enter(Authority("Clients")), self.enter(Authority("Others"))
        good, revoked = clients.issue("good"), clients.issue("revoked")
        common = trusting(clients, crl={"filename": clients.revoke(revoked)}, match_typed_subject_alt_names=[
            {"san_type": "DNS", "matcher": {"safe_regex": {"regex": "good|revoked|old|wrong-use"}}}])
        proxy = self.start_proxy(b.bootstrap([tls_listener(chain(says("x"), downstream_tls(
            [root.issue("a.test")], common=common, require_client_certificate=True)))]), workers=1)
        cases = [(None, "certificate required", "fail_verify_no_cert"), (clients.issue("bad"), "bad certificate", "fail_verify_san"),
                 (revoked, "certificate revoked", "fail_verify_error"), (others.issue("good"), "unknown ca", "fail_verify_error"),
                 (clients.issue("old", days=-1), "certificate expired", "fail_verify_error"),
                 (clients.issue("wrong-use", use="serverAuth"), "unsupported certificate", "fail_verify_error")]
        for pair, alert, counter in cases:
            before = sum(proxy.stats(counter + "$").values())
            identity = ["-cert", pair.chain, "-key", pair.key] if pair else []
            text = s_client(proxy.port(), *identity, "-servername", "a.test", "-ign_eof", say=b"GET / HTTP/1.0\r\n\r\n")
            self.assertIn("alert " + alert, text)
            self.assertEqual(sum(proxy.stats(counter + "$").values()), before + 1)
        self.assertEqual(fetch(proxy.port(), "a.test", root, "/", "--cert", good.chain, "--key", good.key).status, 200)


class ExpiryTest(ProxyTestCase):
    def test_ours(self):
        """M14: it serves on, for it cannot know who minds, and says so."""
        root = self.enter(Authority())
        proxy = self.start_proxy(b.bootstrap([tls_listener(chain(says("x"), downstream_tls([root.issue("a.test", days=-1)])))]), workers=1)
        self.assertEqual(fetch(proxy.port(), "a.test", root).exit_code, 60)
        self.assertEqual(fetch(proxy.port(), "a.test", root, "/", "--insecure").status, 200)
        self.assertEqual(proxy.stat("server.days_until_first_cert_expiring"), 0)
        proxy.wait_for_line("certificate expires today or has expired")

    def test_days_are_counted(self):
        root = self.enter(Authority())
        proxy = self.start_proxy(b.bootstrap([tls_listener(chain(says("x"), downstream_tls([root.issue("a.test", days=6)])))]), workers=1)
        self.assertIn(proxy.stat("server.days_until_first_cert_expiring"), (5, 6))
        proxy.wait_for_line("certificate expires in [56] days")
        none = self.start_proxy(b.bootstrap([b.listener(says("x"))]), workers=1)
        self.assertEqual(none.stat("server.days_until_first_cert_expiring"), (1 << 32) - 1)


class PrivateKeyTest(ProxyTestCase):
    def test_one_that_anyone_can_read(self):
        """M28"""
        pair = self.enter(Authority()).issue("a.test")
        for mode, warns in ((0o600, False), (0o644, True)):
            os.chmod(pair.key, mode)
            proxy = self.start_proxy(b.bootstrap([tls_listener(chain(says("x"), downstream_tls([pair])))]), workers=1)
            self.assertEqual("every user of this machine can read" in proxy.log(), warns)
            self.assertNotIn("PRIVATE KEY", proxy.admin("/config_dump")[2] + proxy.admin("/certs")[2] + proxy.log())


class SwapTest(ProxyTestCase):
    SWAPS = 30

    def test_certificates_change_under_load(self):
        """M12: nobody's handshake fails, and nobody's connection ends."""
        root = self.enter(Authority())
        folder = self.enter(tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")))
        pairs = [root.issue("a.test") for _ in range(2)]

        def show(number):
            target = os.path.join(folder, str(number))
            os.mkdir(target)
            shutil.copy(pairs[number % 2].chain, os.path.join(target, "chain.pem"))
            shutil.copy(pairs[number % 2].key, os.path.join(target, "key.pem"))
            os.symlink(str(number), os.path.join(folder, "new"))
            os.rename(os.path.join(folder, "new"), os.path.join(folder, "shown"))

        show(0)
        shown = os.path.join(folder, "shown")
        config = {"certificate_chain": {"filename": shown + "/chain.pem"}, "private_key": {"filename": shown + "/key.pem"},
                  "watched_directory": {"path": folder}}
        proxy = self.start_proxy(b.bootstrap([tls_listener(chain(says("x"), downstream_tls([], common={"tls_certificates": [config]})))]))
        port = proxy.port()
        ends, faults, serials = threading.Event(), [], set()

        def shake_hands():
            while not ends.is_set():
                try:
                    with Client(port, "a.test", root) as client:
                        serials.add(client.serial())
                        assert client.get() == 200
                except Exception as fault:  # whatever it is belongs to the report
                    faults.append(fault)

        threads = [threading.Thread(target=shake_hands) for _ in range(2)]
        with Client(port, "a.test", root) as old:
            for thread in threads:
                thread.start()
            for number in range(1, self.SWAPS):
                show(number)
                proxy.wait_for_stat("secrets.file_update", number)
            ends.set()
            for thread in threads:
                thread.join()
            self.assertEqual(faults, [])
            self.assertEqual(len(serials), 2)
            self.assertEqual(old.get(), 200)


if __name__ == "__main__":
    unittest.main()
