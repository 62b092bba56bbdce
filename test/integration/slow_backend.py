"""An upstream that answers half, and the rest when it is told to; that switches protocols; that answers at once."""
import threading

from test.integration import waiting
from test.integration.backend import Backend, response

_SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")


class SlowBackend(Backend):
    """/slow: FIRST_HALF, and SECOND_HALF once go_on is set. /socket: a tunnel that echoes. Anything else: "ok"."""

    FIRST_HALF = b"first half, "
    SECOND_HALF = b"second half"

    def __init__(self):
        self.go_on = threading.Event()
        super().__init__(self._answer)

    def _answer(self, connection):
        while True:
            path = connection.read_request().target
            if path == "/slow":
                head, body = response(self.FIRST_HALF + self.SECOND_HALF).split(b"\r\n\r\n")
                connection.send(head + b"\r\n\r\n" + body[:len(self.FIRST_HALF)])
                self.go_on.wait(waiting.DEADLINE_S * 2)
                connection.send(self.SECOND_HALF)
            elif path == "/socket":
                connection.send(_SWITCH)
                while True:
                    connection.send(connection.receive())
            else:
                connection.send(response())

    def stop(self):
        self.go_on.set()
        super().stop()


def half_answered(client):
    """The client, when it has got the first half of a response."""
    client.request("GET", "/slow")
    client.read_head()
    client.read_bytes(len(SlowBackend.FIRST_HALF))
    return client
