"""A client that says exactly what it is told to, byte for byte, and reads strictly what comes back."""
import socket
import struct

from test.integration import strict_parser
from test.integration.waiting import DEADLINE_S


class Closed(AssertionError):
    """The connection ended before the response did."""


class RawClient:
    def __init__(self, port, deadline_s=DEADLINE_S):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), deadline_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""  # and not yet taken by read_response
        self.is_closed = False
        self.was_reset = False

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def send(self, *parts):
        """Each part in a segment of its own. A peer that has closed already is no error: see what it said."""
        for part in parts:
            try:
                self.socket.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                return self
        return self

    def request(self, method="GET", target="/", body=None, headers=(), host="test"):
        """Sends one well-formed request."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join(lines + ["", ""]).encode() + (body or b""))

    def get(self, target="/", headers=(), host="test"):
        """One request and its response."""
        return self.request("GET", target, None, headers, host).read_response()

    def _receive(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data, self.was_reset = b"", True
        self.is_closed = self.is_closed or not data
        self.received += data
        return data

    def read_response(self, method="GET"):
        while True:
            taken = strict_parser.take_response(self.received, method, self.is_closed and not self.was_reset)
            if taken is not None:
                response, self.received = taken
                return response
            if self.is_closed:
                raise Closed(f"after {self.received!r}" + (" (reset)" if self.was_reset else ""))
            self._receive()

    def read_bytes(self, count):
        while len(self.received) < count:
            if not self._receive():
                raise Closed(f"after {self.received!r}")
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def read_head(self):
        """The bytes up to and with the empty line."""
        while b"\r\n\r\n" not in self.received:
            if not self._receive():
                raise Closed(f"after {self.received!r}")
        end = self.received.index(b"\r\n\r\n") + 4
        head, self.received = self.received[:end], self.received[end:]
        return head

    def read_rest(self):
        """All until the peer closes."""
        while not self.is_closed:
            self._receive()
        rest, self.received = self.received, b""
        return rest

    def has_nothing_to_read(self, patience_s):
        """True when not a byte and no close comes within that time."""
        self.socket.settimeout(patience_s)
        try:
            return not self.received and not self._receive() and not self.is_closed
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(DEADLINE_S)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def exchange(port, *parts):
    """Sends the parts on a new connection and returns all that comes until the peer closes it."""
    with RawClient(port) as client:
        return client.send(*parts).read_rest()


def get(port, target="/", headers=(), host="test"):
    """One request on a connection of its own."""
    with RawClient(port) as client:
        return client.get(target, headers, host)


def is_refused(port):
    """Whether nobody listens there, or just stopped: who still stood in its queue is reset."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False
