"""A control plane that says what the test tells it to, word by word (script_peer.cc), and hears every word.

    control = self.enter(ScriptedControl())
    stream = control.stream()                       # the proxy has come
    request = stream.request("Cluster")             # its next message about clusters
    stream.send("Cluster", [b.cluster([port])], version="1")
    stream.accepted("Cluster", "1")                 # its ACK, or the case fails
"""
import base64
import json
import subprocess

from test.integration import waiting
from test.integration.case import script_peer
from test.integration.proxy import LoggedProcess

TYPES = {
    "Cluster": "envoy.config.cluster.v3.Cluster",
    "ClusterLoadAssignment": "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "Listener": "envoy.config.listener.v3.Listener",
    "RouteConfiguration": "envoy.config.route.v3.RouteConfiguration",
    "Secret": "envoy.extensions.transport_sockets.tls.v3.Secret",
}


def type_url(kind):
    return "type.googleapis.com/" + TYPES.get(kind, kind)


class ScriptedControl(LoggedProcess):
    def __init__(self, port=0):
        super().__init__([script_peer(), str(port)], stdin=subprocess.PIPE)
        self.port = int(self.wait_for_line(r"^port (\d+)")[1])
        self._taken = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()

    def kill(self):
        super().kill()
        self.popen.stdin.close()

    def tell(self, **command):
        self.popen.stdin.write(json.dumps(command).encode() + b"\n")
        self.popen.stdin.flush()

    def events(self):
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def stream(self, method="", deadline_s=waiting.DEADLINE_S):
        """The next stream that was opened, of a method that ends so, once its client has said something: an answer to
        what was not asked yet is ignored."""
        def opened():
            events = self.events()
            heard = {event["stream"] for event in events if "message" in event}
            return next((event for event in events if event.get("method", "").endswith(method) and "method" in event
                         and event["stream"] > self._taken and event["stream"] in heard), None)

        event = waiting.until(opened, "a stream", deadline_s=deadline_s)
        self._taken = event["stream"]
        return Stream(self, event)

    def stream_count(self):
        return sum("method" in event for event in self.events())


class Stream:
    def __init__(self, control, opening):
        self.control, self.number = control, opening["stream"]
        self.method, self.metadata = opening["method"], opening["metadata"]
        self._read = {}
        self._nonces = 0

    def messages(self, kind=None):
        """What it said about a type, or altogether."""
        said = [event["message"] for event in self.control.events()
                if event["stream"] == self.number and "message" in event]
        return [message for message in said if kind is None or message.get("type_url") == type_url(kind)]

    def request(self, kind=None):
        """The next of them."""
        place = self._read.get(kind, 0)
        waiting.until(lambda: len(self.messages(kind)) > place, lambda: f"a request about {kind}: {self.messages()}")
        self._read[kind] = place + 1
        return self.messages(kind)[place]

    def has_ended(self):
        return any(event["stream"] == self.number and "end" in event for event in self.control.events())

    def wait_for_end(self):
        waiting.until(self.has_ended, "the stream to end")

    def send(self, kind, resources=(), version="1", nonce=None, **fields):
        """State of the world. The nonce, unless it is given, is a new one; it is returned."""
        self._nonces += 1
        nonce = nonce or f"n{self._nonces}"
        self.send_message({"version_info": version, "nonce": nonce, "type_url": type_url(kind),
                           "resources": [_packed(kind, resource) for resource in resources], **fields})
        return nonce

    def send_delta(self, kind, resources=(), removed=(), version="1", **fields):
        """Incremental: `resources` by name, each (name, resource) or (name, resource, version)."""
        self._nonces += 1
        rows = [{"name": row[0], "version": row[2] if len(row) > 2 else version, "resource": _packed(kind, row[1])}
                for row in resources]
        self.send_message({"nonce": f"n{self._nonces}", "type_url": type_url(kind), "resources": rows,
                           "removed_resources": list(removed), **fields})
        return f"n{self._nonces}"

    def send_message(self, message):
        self.tell(send=json.dumps(message))

    def send_bytes(self, data):
        self.tell(raw=base64.b64encode(data).decode())

    def finish(self, code, text=""):
        self.tell(finish=code, text=text)

    def tell(self, **command):
        self.control.tell(stream=self.number, **command)

    def answer(self, kind, nonce):
        """The ACK or NACK of that response."""
        return waiting.until(lambda: next((message for message in self.messages(kind)
                                           if message.get("response_nonce") == nonce), None),
                             lambda: f"an answer to {nonce}: {self.messages(kind)}")

    def push(self, kind, resources=(), **fields):
        """Sends, and waits for the ACK."""
        answer = self.answer(kind, self.send(kind, resources, **fields))
        assert "error_detail" not in answer, answer
        return answer

    def refusal(self, kind, resources=(), **fields):
        """Sends, and waits for the NACK: its text."""
        answer = self.answer(kind, self.send(kind, resources, **fields))
        assert "error_detail" in answer, answer
        return answer["error_detail"]["message"]


def _packed(kind, resource):
    return resource if "@type" in resource else {"@type": type_url(kind), **resource}
