"""TLS from end to end: curl and Python's ssl as clients, Weir's own listeners as TLS upstreams."""
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import unittest

from test.integration import bootstrap as b
from test.integration import curl, waiting
from test.integration.backend import Backend, answering, response
from test.integration.case import ProxyTestCase, SharedProxyTestCase, weir
from test.integration.certificates import Authority
from test.integration.proxy import AccessLog, Proxy
from test.integration.tls_client import Client, fetch
from test.integration.tls_sockets import chain, downstream_tls, tls_listener, upstream_tls


def says(text):
    return b.connection_manager([b.direct("/", 200, text)])


class TerminationTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.root = enter(Authority())
        cls.pairs = [cls.root.issue("a.test"), cls.root.issue("a.test", key="rsa"), cls.root.issue("wild", "DNS:*.wild.test")]
        cls.log = AccessLog()
        fields = {"tls": "%DOWNSTREAM_TLS_VERSION%", "cipher": "%DOWNSTREAM_TLS_CIPHER%", "sni": "%REQUESTED_SERVER_NAME%"}
        manager = b.connection_manager([b.direct("/", 200, "secret")], [b.file_log(cls.log.path, fields)])
        cls.proxy = enter(Proxy(weir(), b.bootstrap([tls_listener(chain(manager, downstream_tls(cls.pairs)))]), workers=1))
        cls.port = cls.proxy.port()

    def test_the_version_of_http_is_chosen_by_alpn(self):
        for http2 in (True, False):
            answer = fetch(self.port, "a.test", self.root, http2=http2)
            self.assertEqual((answer.exit_code, answer.status, answer.body), (0, 200, b"secret"))
            self.assertEqual(answer.version, "2" if http2 else "1.1")

    def test_certificates_are_chosen_by_name(self):
        for name in ("a.test", "x.wild.test"):
            self.assertEqual(fetch(self.port, name, self.root).status, 200)
        for name in ("x.y.wild.test", "other.test"):
            self.assertEqual(fetch(self.port, name, self.root).exit_code, 60)  # curl: the peer is not who it should be

    def test_rsa_and_ecdsa_side_by_side(self):
        for kind in ("RSA", "ECDSA"):
            answer = fetch(self.port, "a.test", self.root, "/" + kind, "--tls-max", "1.2",
                           "--ciphers", f"ECDHE-{kind}-AES128-GCM-SHA256")
            self.assertEqual(answer.status, 200)
            self.log.wait_for(lambda lines: any(kind in line["cipher"] for line in lines), f"a line with {kind}")

    def test_access_log(self):
        fetch(self.port, "a.test", self.root)
        self.log.wait_for(lambda lines: any(line["tls"] == "TLSv1.3" and line["sni"] == "a.test" for line in lines), "a TLSv1.3 line")

    def test_sessions_are_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with Client(self.port, "a.test", self.root, version=version) as first:
                self.assertEqual(first.get(), 200)
                session, context = first.socket.session, first.context
            with Client(self.port, "a.test", self.root, session, context=context) as second:
                self.assertEqual(second.get(), 200)
                self.assertTrue(second.socket.session_reused)

    def test_what_is_no_tls_is_let_go(self):
        with self.connect() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").read_rest()
        self.assertTrue(any(name.endswith("ssl.connection_error") and value > 0 for name, value in self.proxy.stats("ssl").items()),
                        self.proxy.stats("ssl"))

    def test_certificates_are_listed(self):
        shown = self.proxy.admin_json("/certs")["certificates"]
        names = {san["dns"] for entry in shown for cert in entry["cert_chain"] for san in cert["subject_alt_names"]}
        self.assertEqual(names, {"a.test", "*.wild.test"})
        self.assertTrue(all(28 <= int(cert["days_until_expiration"]) <= 30 for entry in shown for cert in entry["cert_chain"]))


class ClientCertificateTest(SharedProxyTestCase):
    @classmethod
    def set_up(cls, enter):
        cls.root, cls.clients, cls.others = enter(Authority()), enter(Authority("Clients")), enter(Authority("Others"))
        cls.backend = enter(Backend(answering(lambda request: response((request.header("x-forwarded-client-cert") or "none").encode()))))
        cls.log = AccessLog()
        fields = {"subject": "%DOWNSTREAM_PEER_SUBJECT%", "uri": "%DOWNSTREAM_PEER_URI_SAN%"}
        manager = b.connection_manager([b.route("/", "backend")], [b.file_log(cls.log.path, fields)],
                                       forward_client_cert_details="SANITIZE_SET",
                                       set_current_client_cert_details={"subject": True, "uri": True})
        socket_config = downstream_tls(
            [cls.root.issue("a.test")], require_client_certificate=True,
            common={"validation_context": {"trusted_ca": {"filename": cls.clients.path}, "match_typed_subject_alt_names": [
                {"san_type": "URI", "matcher": {"prefix": "spiffe://good/"}}]}})
        cls.proxy = enter(Proxy(weir(), b.bootstrap([tls_listener(chain(manager, socket_config))], [b.cluster([cls.backend.port])]),
                                workers=1))
        cls.port = cls.proxy.port()

    def fetch_as(self, authority, uri):
        pair = authority.issue("client", "URI:" + uri)
        return fetch(self.port, "a.test", self.root, "/", "--cert", pair.chain, "--key", pair.key, "-H", "x-forwarded-client-cert: forged")

    def test_a_good_one(self):
        answer = self.fetch_as(self.clients, "spiffe://good/one")
        self.assertEqual((answer.exit_code, answer.status), (0, 200))
        self.assertIn(b'Subject="CN=client";URI=spiffe://good/one', answer.body)
        self.assertNotIn(b"forged", answer.body)
        self.log.wait_for(lambda lines: any(line["uri"] == "spiffe://good/one" and line["subject"] == "CN=client" for line in lines),
                          "the client's names")

    def test_bad_ones(self):
        self.assertNotEqual(fetch(self.port, "a.test", self.root).exit_code, 0)
        self.assertNotEqual(self.fetch_as(self.others, "spiffe://good/one").exit_code, 0)
        self.assertNotEqual(self.fetch_as(self.clients, "spiffe://bad/one").exit_code, 0)


class UpstreamTest(ProxyTestCase):
    def setUp(self):
        self.root = self.enter(Authority())
        inner = b.connection_manager([b.direct("/", 200, "inner")])
        self.inner = self.start_proxy(b.bootstrap([tls_listener(chain(inner, downstream_tls([self.root.issue("up.test")])))]), workers=1)

    def start_outer(self, transport_socket, **fields):
        hosts = b.cluster([self.inner.port()], transport_socket=transport_socket, **fields)
        return self.start_proxy(b.bootstrap([b.listener(b.connection_manager([b.route("/", "backend")]))], [hosts]), workers=1)

    def fetch_through(self, transport_socket, **fields):
        proxy = self.start_outer(transport_socket, **fields)
        return curl.fetch(f"http://127.0.0.1:{proxy.port()}/", http2=False)

    def test_a_verified_host(self):
        socket_config = upstream_tls(self.root, sni="up.test", auto_sni_san_validation=True)
        self.assertEqual(self.fetch_through(socket_config).body, b"inner")
        self.assertEqual(self.inner.stat("http.test.downstream_cx_http2_total"), 0)

    def test_the_version_by_alpn(self):
        options = {"@type": "type.googleapis.com/" + b.HTTP_OPTIONS, "auto_config": {"http2_protocol_options": {}}}
        answer = self.fetch_through(upstream_tls(self.root, sni="up.test"), typed_extension_protocol_options={b.HTTP_OPTIONS: options})
        self.assertEqual(answer.body, b"inner")
        self.assertEqual(self.inner.stat("http.test.downstream_cx_http2_total"), 1)

    def test_another_name(self):
        self.assertEqual(self.fetch_through(upstream_tls(self.root, sni="other.test", auto_sni_san_validation=True)).status, 503)

    def test_another_authority(self):
        self.assertEqual(self.fetch_through(upstream_tls(self.enter(Authority("Others")), sni="up.test")).status, 503)

    def test_no_authority_is_refused(self):
        hosts = b.cluster([self.inner.port()], transport_socket=upstream_tls(None, sni="up.test"))
        run = subprocess.run([weir(), "--mode", "validate", "--config-yaml", json.dumps(b.bootstrap([], [hosts]))],
                             capture_output=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"validation_context", run.stdout + run.stderr)


class ChainChoiceTest(ProxyTestCase):
    def test_by_name_and_by_transport(self):
        root = self.enter(Authority())
        proxy = self.start_proxy(b.bootstrap([tls_listener(
            chain(says("one"), downstream_tls([root.issue("one.test")]), {"server_names": ["one.test"]}),
            chain(says("suffix"), downstream_tls([root.issue("wild", "DNS:*.two.test")]), {"server_names": ["*.two.test"]}),
            chain(says("h2"), downstream_tls([root.issue("one.test")]),
                  {"server_names": ["one.test"], "application_protocols": ["h2"]}),
            chain(says("plain"), match={"transport_protocol": "raw_buffer"}), inspects=True)]), workers=1)
        port = proxy.port()
        self.assertEqual(fetch(port, "one.test", root).body, b"h2")
        self.assertEqual(fetch(port, "one.test", root, http2=False).body, b"one")
        self.assertEqual(fetch(port, "x.two.test", root).body, b"suffix")
        self.assertNotEqual(fetch(port, "three.test", root).exit_code, 0)
        self.assertEqual(curl.fetch(f"http://127.0.0.1:{port}/", http2=False).body, b"plain")


class RotationTest(ProxyTestCase):
    def test_new_files_are_shown_and_no_connection_is_lost(self):
        root = self.enter(Authority())
        folder = self.enter(tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")))
        shown = os.path.join(folder, "shown")

        def show(pair, version):
            """As Kubernetes does: a folder of files behind a link that is moved in one step."""
            target = os.path.join(folder, version)
            os.mkdir(target)
            shutil.copy(pair.chain, os.path.join(target, "chain.pem"))
            shutil.copy(pair.key, os.path.join(target, "key.pem"))
            os.symlink(version, shown + ".new")
            os.rename(shown + ".new", shown)

        show(root.issue("a.test"), "v1")
        config = {"certificate_chain": {"filename": shown + "/chain.pem"}, "private_key": {"filename": shown + "/key.pem"},
                  "watched_directory": {"path": folder}}
        common = {"tls_certificates": [config]}
        proxy = self.start_proxy(b.bootstrap([tls_listener(chain(says("x"), downstream_tls([], common=common)))]), workers=1)
        port = proxy.port()
        with Client(port, "a.test", root) as old:
            serial = old.serial()
            self.assertEqual(old.get(), 200)
            show(root.issue("a.test"), "v2")

            def is_new():
                with Client(port, "a.test", root) as client:
                    return client.serial() != serial

            waiting.until(is_new, "the new certificate")
            self.assertEqual(old.get(), 200)


if __name__ == "__main__":
    unittest.main()
