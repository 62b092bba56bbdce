"""A proxy that gets everything from go-control-plane, in one of the protocol's variants, under traffic that must not notice."""
import contextlib
from typing import NamedTuple

from go_control_plane.control import GoControl  # first: it makes `test` ours

from test.integration import bootstrap as b
from test.integration import tls_client, waiting
from test.integration.backend import Backend, answering, response
from test.integration.canary import Canary
from test.integration.proxy import Proxy
from test.integration.raw_client import get

_TLS_CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
_KEPT_CLIENTS = 3


class Variant(NamedTuple):
    is_aggregated: bool
    is_delta: bool

    def __str__(self):
        return ("delta" if self.is_delta else "state of the world") + (", aggregated" if self.is_aggregated else ", a stream per type")

    @property
    def api_type(self):
        return "DELTA_GRPC" if self.is_delta else "GRPC"

    def source(self):
        if self.is_aggregated:
            return {"ads": {}, "resource_api_version": "V3"}
        service = {"envoy_grpc": {"cluster_name": "control"}}
        return {"api_config_source": {"api_type": self.api_type, "transport_api_version": "V3", "grpc_services": [service]},
                "resource_api_version": "V3"}

    def bootstrap(self, port):
        if self.is_aggregated:
            return b.ads(port, api_type=self.api_type)
        return b.bootstrap(clusters=[b.cluster([port], "control")], node={"id": "test-node", "cluster": "tests"},
                           dynamic_resources={"cds_config": self.source(), "lds_config": self.source()})


class _Newcomers(Canary):
    """A connection for each request."""

    def _run(self):
        try:
            while not self._ends.wait(self.PAUSE_S):
                answer = get(self._port, self._path)
                if answer.status != 200:
                    self.trouble.append(answer)
                self.answered += 1
        except Exception as trouble:  # whatever it is belongs to the report
            self.trouble.append(trouble)


def _text(path):
    with open(path, encoding="ascii") as file:
        return {"inline_string": file.read()}


class Steered:
    """Backends a and b, which say their names. Cluster `one` leads to a, `two` (under /two) to b; listener `tls` is `http` with TLS."""

    def __init__(self, weir, server, variant, authority, *options):
        self.proxy = self.port = None  # the listener `http`'s
        self._weir, self.variant, self._authority = weir, variant, authority
        self._stack = contextlib.ExitStack()
        self.backends = {name: self._stack.enter_context(Backend(answering(lambda _, name=name: response(name.encode()))))
                         for name in "ab"}
        self.control = GoControl(server, *(["-ordered"] if variant.is_aggregated else []), *options)

    def __enter__(self):
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._stack.close)
            self.control.prepare(clusters=[self.cluster("one"), self.cluster("two")], listeners=[self.http(), self.tls()],
                                 routes=[self.routes()], secrets=[self.secret()],
                                 endpoints=[self.endpoints("one", "a"), self.endpoints("two", "b")])
            self._stack.enter_context(self.control)
            self.start_proxy()
            self.port = self.proxy.port()
            self.proxy.port("tls")
            on_failure.pop_all()
        return self

    def start_proxy(self):
        self.proxy = self._stack.enter_context(Proxy(self._weir, self.variant.bootstrap(self.control.port), waits=False))

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    # What is served.

    def cluster(self, name, source=None, **more):
        return {"name": name, "type": "EDS", "connect_timeout": "2s",
                "eds_cluster_config": {"eds_config": {**self.variant.source(), **(source or {})}}, **more}

    def endpoints(self, cluster, *names):
        return b.load_assignment([self.backends[name].port for name in names], cluster)

    def routes(self, *rows, other="one"):
        return b.route_config([*rows, b.route("/two", "two"), b.route("/", other)])

    def manager(self, **fields):
        return b.connection_manager(rds={"config_source": self.variant.source(), "route_config_name": "routes"}, **fields)

    def http(self, name="http", **fields):
        return b.listener(self.manager(**fields), name)

    def tls(self, **fields):
        context = {"@type": _TLS_CONTEXT, "common_tls_context": {
            "tls_certificate_sds_secret_configs": [{"name": "server", "sds_config": self.variant.source()}]}}
        chain = {"filters": [self.manager(**fields)], "transport_socket": {"name": "tls", "typed_config": context}}
        return {"name": "tls", "address": b.address(), "filter_chains": [chain]}

    def secret(self):
        """A new one each time."""
        pair = self._authority.issue("a.test")
        return {"name": "server", "tls_certificate": {"certificate_chain": _text(pair.chain), "private_key": _text(pair.key)}}

    # What it makes of it.

    def body(self, path="/", listener="http"):
        answer = get(self.proxy.port(listener), path)
        return answer.body.decode() if answer.status == 200 else str(answer.status)

    def wait_for_body(self, body, path="/", **options):
        waiting.until(lambda: self.body(path, **options) == body, lambda: f"{body!r} from {path}, not {self.body(path, **options)!r}")

    def certificate(self):
        """The serial number of the one shown to a new client, whose request is answered."""
        with tls_client.Client(self.proxy.port("tls"), "a.test", self._authority) as client:
            assert client.get() == 200
            return client.serial()

    def cluster_names(self):
        return {row["name"] for row in self.proxy.admin_json("/clusters?format=json")["cluster_statuses"]} - {"control"}

    def wait_for_clusters(self, *names):
        waiting.until(lambda: self.cluster_names() == set(names), lambda: f"clusters {names}, not {self.cluster_names()}")

    def wait_for_outage(self):
        waiting.until(lambda: not any(self.proxy.stats("^control_plane.*connected_state$").values()), "all streams to end")

    @contextlib.contextmanager
    def traffic(self, keeps_connections=True):
        """Until the end, every request gets its answer, and (unless its listener is to change) connections stay."""
        with contextlib.ExitStack() as stack:
            kept = [Canary(self.port, path) for path in ("/", "/two", "/three")[:_KEPT_CLIENTS if keeps_connections else 0]]
            clients = [stack.enter_context(client) for client in [*kept, _Newcomers(self.port), _Newcomers(self.port, "/two")]]
            self._wait_for_progress(clients)
            yield
            self._wait_for_progress(clients)
        failed = {name: count for name, count in self.proxy.stats(r"^http\.test\.downstream_rq_[45]xx$").items() if count}
        assert not failed, failed

    @staticmethod
    def _wait_for_progress(clients, more=5):
        before = [client.answered for client in clients]
        waiting.until(lambda: all(client.answered >= count + more for client, count in zip(clients, before)),
                      lambda: f"answers; so far {[(client.answered, client.trouble) for client in clients]}")
