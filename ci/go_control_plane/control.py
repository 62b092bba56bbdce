"""main.go as a process: what it serves is changed here, and what its callbacks heard is asked here."""
import json
import subprocess

import tally  # pylint: disable=unused-import  # first: it makes `test` ours

from test.integration import waiting
from test.integration.proxy import LoggedProcess

TYPES = {
    "clusters": "envoy.config.cluster.v3.Cluster",
    "endpoints": "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "listeners": "envoy.config.listener.v3.Listener",
    "routes": "envoy.config.route.v3.RouteConfiguration",
    "secrets": "envoy.extensions.transport_sockets.tls.v3.Secret",
}
WILDCARDS = ("clusters", "listeners")  # asked for without names


def _type_url(kind):
    return "type.googleapis.com/" + TYPES[kind]


class GoControl:
    """Kinds are TYPES' keys. It can be killed and started again, at the same port; events are of the running process."""

    def __init__(self, program, *options):
        self._command = [program, *options]
        self._groups = {}
        self._versions = 0
        self._process = None
        self.port = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.kill()

    def start(self):
        self._events, self._read = [], 0
        self._process = LoggedProcess([*self._command, "-port", str(self.port)], stdin=subprocess.PIPE)
        self._tell(self._groups)
        self.port = int(self._process.wait_for_line(r'"port":(\d+)')[1])

    def kill(self):
        """At once: its clients hear nothing but the end of their connections."""
        self._process.kill()
        self._process.popen.stdin.close()

    def _tell(self, groups):
        self._process.popen.stdin.write(json.dumps(groups).encode() + b"\n")
        self._process.popen.stdin.flush()

    def prepare(self, ttl_ms=0, **lists):
        """What is served from the next start on; returns it by type."""
        self._versions += 1
        groups = {_type_url(kind): {"version": f"v{self._versions}", "ttl_ms": ttl_ms,
                                    "resources": [{"@type": _type_url(kind), **resource} for resource in resources]}
                  for kind, resources in lists.items()}
        self._groups.update(groups)
        return groups

    def serve(self, **lists):
        """Takes the place of what there was of these kinds, in one snapshot; other kinds keep their versions."""
        self._tell(self.prepare(**lists))

    def version(self, kind):
        return self._groups[_type_url(kind)]["version"]

    def resources(self, kind):
        return self._groups[_type_url(kind)]["resources"]

    def events(self):
        lines = self._process.lines
        while self._read < len(lines):
            if lines[self._read].startswith("{"):
                self._events.append(json.loads(lines[self._read]))
            self._read += 1
        return self._events

    def _said(self, what, kind, since):
        return [{**event[what], "stream": event["stream"]} for event in self.events()[since:]
                if what in event and event[what]["type_url"] == _type_url(kind)]

    def requests(self, kind, since=0):
        return self._said("request", kind, since)

    def responses(self, kind, since=0):
        return self._said("response", kind, since)

    def answers(self, response, kind):
        """All requests that carry its nonce: the answer, and in the state of the world changes of what is wanted."""
        return [request for request in self.requests(kind)
                if (request["stream"], request.get("response_nonce")) == (response["stream"], response["nonce"])]

    def answer(self, kind, since=0, deadline_s=waiting.DEADLINE_S):
        """Of the last response after so many events."""
        def find():
            responses = self.responses(kind, since)
            return next(iter(self.answers(responses[-1], kind)), None) if responses else None

        return waiting.until(find, lambda: f"an answer about {kind}: {self.events()[since:]}", deadline_s)

    def wait_for_ack(self, kind, since):
        """Of the last response, which is of what is served now."""
        def accepts():
            return "error_detail" not in self.answer(kind, since)

        waiting.until(accepts, lambda: f"an ACK about {kind}: {self.events()[since:]}")
        version = self.answer(kind, since).get("version_info")
        assert version in (None, self.version(kind)), f"{version}, and {self.version(kind)} is served"

    def wait_for_nack(self, kind, since):
        """The request that refused."""
        def find():
            return next((request for request in self.requests(kind, since) if "error_detail" in request), None)

        return waiting.until(find, lambda: f"a NACK about {kind}: {self.events()[since:]}")
