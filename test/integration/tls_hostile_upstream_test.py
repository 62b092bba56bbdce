"""What upstreams of TLS do wrong, through the binary: group M of the catalogue. They speak by Python's ssl."""
import socket
import ssl
import unittest

from test.integration import bootstrap as b
from test.integration import curl
from test.integration.backend import Backend, answering
from test.integration.case import ProxyTestCase
from test.integration.certificates import Authority
from test.integration.proxy import AccessLog
from test.integration.tls_sockets import upstream_tls


class TlsBackend(Backend):
    """Python's ssl as an upstream: `behave` gets the connection when the handshake is over."""

    def __init__(self, pair, behave, prepare=lambda context: None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.chain, pair.key)
        prepare(context)

        def secured(connection):
            connection.socket = context.wrap_socket(connection.socket, server_side=True)
            behave(connection)

        super().__init__(secured)


class HostileUpstreamTest(ProxyTestCase):
    def setUp(self):
        self.root = self.enter(Authority())
        self.log = AccessLog()

    def start(self, pair=None, behave=answering(), prepare=lambda context: None, authority=None):
        backend = self.enter(TlsBackend(pair or self.root.issue("up.test"), behave, prepare))
        socket_config = upstream_tls(authority or self.root, sni="up.test", auto_sni_san_validation=True)
        fields = {"path": "%REQ(:PATH)%", "flags": "%RESPONSE_FLAGS%", "reason": "%UPSTREAM_TRANSPORT_FAILURE_REASON%"}
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")], [b.file_log(self.log.path, fields)]))],
            [b.cluster([backend.port], transport_socket=socket_config)]), workers=1)
        return self.proxy.port()

    def test_one_that_is_not_who_it_should_be(self):
        """M14, M26"""
        cases = [{"pair": self.root.issue("other.test")}, {"pair": self.root.issue("up.test", days=-1)},
                 {"authority": self.enter(Authority("Others"))}]
        for number, case in enumerate(cases):
            answer = curl.fetch(f"http://127.0.0.1:{self.start(**case)}/{number}", http2=False)
            self.assertEqual(answer.status, 503)
            line = self.log.last(f"/{number}")
            self.assertIn("UF", line["flags"].split(","))
            self.assertIn("CERTIFICATE_VERIFY_FAILED", line["reason"])

    def test_old_versions_only(self):
        """M27"""
        def weaken(context):
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1

        self.assertEqual(curl.fetch(f"http://127.0.0.1:{self.start(prepare=weaken)}/", http2=False).status, 503)

    def test_an_end_without_close_notify(self):
        """M20: the end of the connection ends the body; whoever cut it need not be the upstream."""
        def announce(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole body")
            connection.socket.unwrap()

        def cut(connection):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf a body")
            socket.socket(fileno=connection.socket.detach()).close()

        self.assertEqual(curl.fetch(f"http://127.0.0.1:{self.start(behave=announce)}/", http2=False).body, b"whole body")
        self.assertNotEqual(curl.fetch(f"http://127.0.0.1:{self.start(behave=cut)}/", http2=False).exit_code, 0)

    def test_authentication_after_the_handshake(self):
        """M29: we do not offer it, so nobody may ask."""
        faults = []

        def ask(connection):
            try:
                connection.socket.verify_client_post_handshake()
            except ssl.SSLError as error:
                faults.append(error.reason)
            answering()(connection)

        def prepare(context):
            context.verify_mode = ssl.CERT_OPTIONAL
            context.post_handshake_auth = True
            context.load_verify_locations(self.root.path)

        answer = curl.fetch(f"http://127.0.0.1:{self.start(behave=ask, prepare=prepare)}/", http2=False)
        self.assertEqual((answer.status, faults), (200, ["EXTENSION_NOT_RECEIVED"]))


if __name__ == "__main__":
    unittest.main()
