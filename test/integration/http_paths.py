"""Every way through the proxy: versions of HTTP and transports down, times those up.

The outer proxy is the one under test. Its upstreams are the backend itself, in HTTP/1, and an inner proxy that
speaks HTTP/1 to the same backend (and answers /load itself): in HTTP/2, over TLS in either version, and over TLS
in the version that ALPN chose.
"""
import subprocess

from test.integration import bootstrap as b
from test.integration import curl
from test.integration.backend import Backend
from test.integration.case import weir
from test.integration.certificates import Authority
from test.integration.proxy import AccessLog, Proxy
from test.integration.tls_sockets import chain, downstream_tls, tls_listener, upstream_tls

DOWN = ("h1", "h2c", "tls-h1", "tls-h2")
UP = ("h1", "h2c", "tls-h1", "tls-h2", "tls-auto")
PATHS = [(down, up) for down in DOWN for up in UP]
_NAME = "a.test"
_HTTP1 = {"enable_trailers": True}
_ALPN = {"tls-h1": "http/1.1", "tls-h2": "h2"}


def is_http2(way):
    return way.endswith(("h2", "h2c", "auto"))


def is_secure(way):
    return way.startswith("tls")


def _options(up):
    versions = {"http_protocol_options": _HTTP1, "http2_protocol_options": {}}
    auto = {"auto_config": versions}
    chosen = "http2_protocol_options" if is_http2(up) else "http_protocol_options"
    explicit = {"explicit_http_config": {chosen: versions[chosen]}}
    return {b.HTTP_OPTIONS: {"@type": "type.googleapis.com/" + b.HTTP_OPTIONS, **(auto if up.endswith("auto") else explicit)}}


class HttpPaths:
    """Owns what it starts through `enter`; the path of a request is /UP/…"""

    def __init__(self, enter, behave, rewrite=False):
        """`rewrite`: /UP is taken away."""
        self.root = enter(Authority())
        pair = self.root.issue(_NAME)
        self.backend = enter(Backend(behave))
        self.log = AccessLog()
        inner_routes = [*(b.direct(f"/{up}/load") for up in UP), b.route("/", "backend", timeout="0s")]
        to_backend = self._listeners(b.connection_manager(inner_routes, http_protocol_options=_HTTP1), pair)
        cluster = b.cluster([self.backend.port], typed_extension_protocol_options=_options("h1"))
        self.inner = enter(Proxy(weir(), b.bootstrap(to_backend, [cluster]), workers=1))
        clusters = [b.cluster([self.backend.port if up == "h1" else self.inner.port("tls" if is_secure(up) else "plain")], up,
                              typed_extension_protocol_options=_options(up), **self._transport(up)) for up in UP]
        action = {"timeout": "0s", **({"prefix_rewrite": "/"} if rewrite else {})}
        routes = [b.route(f"/{up}/", up, **action) for up in UP]
        manager = b.connection_manager(routes, [self.log.config()], http_protocol_options=_HTTP1)
        listeners = self._listeners(manager, pair)
        self.proxy = enter(Proxy(weir(), b.bootstrap(listeners, clusters), workers=1))
        self.ports = self.proxy.ports()

    @staticmethod
    def _listeners(manager, pair):
        return [b.listener(manager, "plain"), tls_listener(chain(manager, downstream_tls([pair])), name="tls")]

    def _transport(self, up):
        if not is_secure(up):
            return {}
        socket = upstream_tls(self.root, sni=_NAME)
        if up in _ALPN:
            socket["typed_config"]["common_tls_context"]["alpn_protocols"] = [_ALPN[up]]
        return {"transport_socket": socket}

    def port(self, down):
        return self.ports["tls" if is_secure(down) else "plain"]

    def url(self, down, up, path):
        return f"{'https' if is_secure(down) else 'http'}://{_NAME}:{self.port(down)}/{up}{path}"

    def fetch(self, down, up, path, *options):
        return curl.fetch(self.url(down, up, path), "--resolve", f"{_NAME}:{self.port(down)}:127.0.0.1", "--cacert", self.root.path,
                          *options, http2=is_http2(down))

    def start_curl(self, down, up, path, *options):
        """A process that throws away what it gets."""
        version = ["--http1.1"] if not is_http2(down) else [] if is_secure(down) else ["--http2-prior-knowledge"]
        command = ["curl", "--silent", "--output", "/dev/null", *version, "--resolve", f"{_NAME}:{self.port(down)}:127.0.0.1",
                   "--cacert", self.root.path, *options, self.url(down, up, path)]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def load_url(self, down, up, path):
        """For clients that verify nothing."""
        return f"{'https' if is_secure(down) else 'http'}://127.0.0.1:{self.port(down)}/{up}{path}"
