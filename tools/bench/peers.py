"""The proxies that are compared: how each is found and started."""
import os
import shutil
from typing import NamedTuple

from tools.bench import configs


def _anything(_scenario):
    return True


def _http1_only(scenario):
    return scenario.downstream == scenario.upstream == "http1"


def _nginx_can(scenario):
    return scenario.mode == "http" or os.path.exists(configs.STREAM_MODULE)


class Peer(NamedTuple):
    name: str
    program: str  # "" when this machine does not have it
    arguments: list  # with {config}, {mode}, {endpoints} and the fields of configs.Place
    config: object = None  # of (scenario, place); None: arguments say all
    suffix: str = ".yaml"
    can: object = _anything  # of (scenario)
    tls_arguments: list = []  # when the scenario has TLS

    def command(self, scenario, place):
        """Writes the configuration into the place's folder; returns the argument vector."""
        path = os.path.join(place.folder, self.name + self.suffix)
        if self.config is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.config(scenario, place))
        words = {"config": path, "mode": scenario.mode, "endpoints": ",".join(map(str, place.ports)), **place._asdict()}
        arguments = self.arguments + (self.tls_arguments if scenario.tls else [])
        return [self.program] + [a.format(**words) for a in arguments]


def _found(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") or ""


def known_peers(floor, weir):
    """Every peer by name. `floor` and `weir` are the paths of what the caller built; "" when absent."""
    envoy = os.environ.get("ENVOY", "")
    one_worker = ["-c", "{config}", "--concurrency", "1", "-l", "error"]
    peers = [
        Peer("floor", floor, ["{mode}", "{port}", "{endpoints}"], can=_http1_only, tls_arguments=["{certificate}", "{key}"]),
        # Counters of a process of one's own need one that may be looked into.
        Peer("weir", weir, one_worker + ["--drain-time-s", "1", "--enable-core-dump"], configs.weir),
        Peer("nginx", _found("nginx"), ["-p", "{folder}", "-c", "{config}"], configs.nginx, ".conf", _nginx_can),
        Peer("haproxy", _found("haproxy"), ["-db", "-f", "{config}"], configs.haproxy, ".cfg"),
        Peer("envoy", _found(envoy) if envoy else "", one_worker + ["--disable-hot-restart"], configs.envoy),
    ]
    return {peer.name: peer for peer in peers}
