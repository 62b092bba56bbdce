"""A proxy that weir-control steers, under traffic that must not notice."""
import contextlib

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import answering, response
from test.integration.canary import Canary
from test.integration.case import ProxyTestCase, weir_control
from test.integration.control import Control, manager_over_ads, over_ads
from test.integration.raw_client import RawClient

_CLIENTS = 4


def weighted(**weights):
    return {"weighted_clusters": {"clusters": [{"name": name, "weight": weight} for name, weight in weights.items()]}}


def routes(*rows, name="routes"):
    return b.route_config(list(rows), name=name)


class SteeredTestCase(ProxyTestCase):
    """Backends a and b, which say their names; cluster `one` leads to a, `two` to b."""

    arguments = ()  # of the proxy
    api_type = "GRPC"  # or DELTA_GRPC

    def setUp(self):
        self.backends = {name: self.start_backend(answering(lambda _, name=name: response(name.encode())))
                         for name in "ab"}
        self.control = self.enter(Control(weir_control()))
        self.control.serve(
            clusters=[over_ads("one"), over_ads("two")], endpoints=[self.endpoints("one", "a"), self.endpoints("two", "b")],
            listeners=[b.listener(manager_over_ads())], routes=[routes(b.route("/", "one"))])
        self.proxy = self.start_proxy(b.ads(self.control.port, api_type=self.api_type), arguments=self.arguments)
        self.port = self.proxy.port()

    def endpoints(self, cluster, *names):
        return b.load_assignment([self.backends[name].port for name in names], cluster)

    @contextlib.contextmanager
    def steady_clients(self):
        """Their connections stay and every request gets its answer, or the case fails."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Canary(self.port)) for _ in range(_CLIENTS)]
            self.wait_for_progress(clients)
            yield clients
            self.wait_for_progress(clients)
        self.assertEqual(self.proxy.stats(r"^http\.test\.downstream_rq_[45]xx$"),
                         {"http.test.downstream_rq_4xx": 0, "http.test.downstream_rq_5xx": 0})

    @staticmethod
    def wait_for_progress(clients, more=5):
        before = [client.answered for client in clients]
        waiting.until(lambda: all(client.answered >= count + more for client, count in zip(clients, before)),
                      lambda: f"answers; so far {[(c.answered, c.trouble) for c in clients]}")

    def answers(self, count=20):
        """Who answers, in how many of `count` requests."""
        with RawClient(self.port) as client:
            bodies = [client.get().body.decode() for _ in range(count)]
        return {name: bodies.count(name) for name in set(bodies)}

    def wait_for_answers(self, *names):
        """Until these answer, and no other."""
        waiting.until(lambda: set(self.answers()) == set(names), lambda: f"answers of {names} only, not {self.answers()}")
