"""One cell of the xDS benchmark: a fleet with its control plane, and a proxy that is steered by it."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from typing import NamedTuple

from tools.bench import counters, rig

_ADS = {"ads": {}, "resource_api_version": "V3"}
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_LONGEST = re.compile(r"^server\.dispatcher\.loop_duration_us: .*P100\([^,]*,([0-9.e+]+)\)", re.M)


class Fleet(NamedTuple):
    """What the control plane serves, and how."""
    clusters: int = 10
    endpoints: int = 10
    routes: int = -1  # virtual hosts; -1: one for each cluster
    is_delta: bool = False


class Proxy(NamedTuple):
    name: str
    program: str  # "" when this machine does not have it
    arguments: list
    fields: dict  # more of its bootstrap


def known_proxies(weir):
    """Weir and Envoy by name; `weir` is the path of what the caller built."""
    envoy = os.environ.get("ENVOY", "")
    quick_end = ["--drain-time-s", "1"]
    return {
        "weir": Proxy("weir", weir, quick_end, {}),
        # What is needed to be told how long the main thread's loop was busy.
        "envoy": Proxy("envoy", shutil.which(envoy) or "" if envoy else "", ["--disable-hot-restart", *quick_end],
                       {"enable_dispatcher_stats": True}),
    }


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def bootstrap(proxy, is_delta, control_port, admin_port):
    """Everything but the control plane's own cluster comes over ADS."""
    control = {
        "name": "control", "type": "STATIC", "connect_timeout": "5s",
        "typed_extension_protocol_options": {_HTTP_OPTIONS: {
            "@type": "type.googleapis.com/" + _HTTP_OPTIONS, "explicit_http_config": {"http2_protocol_options": {}}}},
        "load_assignment": {"cluster_name": "control", "endpoints": [
            {"lb_endpoints": [{"endpoint": {"address": _address(control_port)}}]}]}}
    ads = {"api_type": "DELTA_GRPC" if is_delta else "GRPC", "transport_api_version": "V3", "set_node_on_first_message_only": True,
           "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}]}
    return {"node": {"id": "bench", "cluster": "bench"}, "admin": {"address": _address(admin_port)},
            "dynamic_resources": {"ads_config": ads, "cds_config": _ADS, "lds_config": _ADS},
            "static_resources": {"clusters": [control]}, **proxy.fields}


class XdsCell:
    """A running fleet and a proxy that it steers; use as `with XdsCell(...) as cell`."""

    def __init__(self, xds_fleet, proxy, fleet, workers=1, connections=1):
        self._xds_fleet, self._proxy, self._fleet = xds_fleet, proxy, fleet
        self._workers, self._connections = workers, connections
        self._open = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-xds-bench."))
            self._errors = stack.enter_context(open(os.path.join(folder, "stderr"), "w+", encoding="utf-8", errors="replace"))
            cpus = os.sched_getaffinity(0)
            fleet = self._fleet
            command = [self._xds_fleet, fleet.clusters, fleet.endpoints, fleet.routes, rig.free_port(), self._connections]
            self._control = stack.enter_context(rig.Process([str(word) for word in command], cpus, stdin=subprocess.PIPE,
                                                            stdout=subprocess.PIPE, text=True))
            control_port = int(self._control.stdout.readline().rsplit(":", 1)[1])
            self.admin_port = rig.free_port()
            path = os.path.join(folder, "bootstrap.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(bootstrap(self._proxy, fleet.is_delta, control_port, self.admin_port), file)
            command = [self._proxy.program, "-c", path, "--concurrency", str(self._workers), "-l", "error", *self._proxy.arguments]
            self.process = stack.enter_context(rig.Process(command, cpus, stdout=subprocess.DEVNULL, stderr=self._errors, cwd=folder))
            self._open = stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._open.close()

    def tell(self, *words):
        """One command to xds_fleet; what it answers."""
        self._control.stdin.write(" ".join(map(str, words)) + "\n")
        self._control.stdin.flush()
        answer = self._control.stdout.readline()
        if not answer:
            raise RuntimeError(f"xds_fleet ended at: {words}")
        found = json.loads(answer)
        if found["refusals"]:
            raise RuntimeError(f"{self._proxy.name} refused what it was sent: {found['refusal']}")
        if self.process.poll() is not None:
            raise RuntimeError(f"{self._proxy.name} exited with {self.process.returncode}: {self._said()}")
        return found

    def wait_until_serving(self, patience_s=120):
        found = self.tell("serving", patience_s)
        if not found["is_serving"]:
            raise RuntimeError(f"{self._proxy.name} does not serve after {patience_s} s: {self._said()}")
        return found

    def _said(self):
        self._errors.seek(0)
        return self._errors.read()[-500:].strip()

    def cpu_ms(self):
        """Spent since the start: what a busy machine disturbs least."""
        return counters.cpu_ns([self.process.pid]) / 1e6

    def rss_kib(self, settle_s=1.0):
        """Once what a change left behind has been given back."""
        time.sleep(settle_s)
        return counters.rss_kib([self.process.pid])

    def longest_turn_ms(self, patience_s=12):
        """Of the main thread's loop since the start. Envoy sums histograms up every five seconds only; None when a proxy never says."""
        url = f"http://127.0.0.1:{self.admin_port}/stats?filter=server.dispatcher.loop_duration_us"
        end = time.monotonic() + patience_s
        while True:
            with urllib.request.urlopen(url, timeout=60) as reply:
                found = _LONGEST.search(reply.read().decode())
            if found:
                return float(found[1]) / 1e3
            if time.monotonic() > end:
                return None
            time.sleep(0.2)
