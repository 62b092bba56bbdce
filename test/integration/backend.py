"""Scripted upstreams: each connection runs a behaviour in a thread, and every byte received is kept.

A behaviour is a function of one UpstreamConnection. It may answer well, break off, stall or lie:

    def half_an_answer(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nhello")
        connection.reset()

    with Backend(half_an_answer) as backend: ...
"""
import socket
import struct
import threading

from test.integration import strict_parser, waiting


class Gone(Exception):
    """The peer closed the connection, or the backend stops."""


class UpstreamConnection:
    def __init__(self, backend, accepted):
        self.backend = backend
        self.socket = accepted
        self.received = b""  # everything, in order
        self._parsed = 0  # how much of it read_… returned
        self.has_ended = False  # the peer sent FIN or RST
        self.was_reset = False

    def receive(self):
        """More bytes; raises Gone when there will be none."""
        try:
            data = self.socket.recv(65536)
        except OSError:
            data, self.was_reset = b"", True
        with self.backend.changed:
            self.received += data
            self.has_ended = self.has_ended or not data
            self.backend.changed.notify_all()
        if not data:
            raise Gone
        return data

    def read_head(self):
        """The head of the next request; its body is left unread."""
        while True:
            taken = strict_parser.take_request_head(self.received[self._parsed:])
            if taken is not None:
                request, _, rest = taken
                self._parsed = len(self.received) - len(rest)
                return request
            self.receive()

    def read_body(self, head):
        """The request whose head was read, with its body."""
        while True:
            taken = strict_parser.take_request_body(head, self.received[self._parsed:])
            if taken is not None:
                request, rest = taken
                self._parsed = len(self.received) - len(rest)
                self.backend.count(request)
                return request
            self.receive()

    def read_request(self):
        while True:
            taken = strict_parser.take_request(self.received[self._parsed:])
            if taken is not None:
                request, rest = taken
                self._parsed = len(self.received) - len(rest)
                self.backend.count(request)
                return request
            self.receive()

    def read_bytes(self, count):
        while len(self.received) - self._parsed < count:
            self.receive()
        taken = self.received[self._parsed:self._parsed + count]
        self._parsed += count
        return taken

    def read_to_end(self):
        """Waits for the peer to close."""
        try:
            while True:
                self.receive()
        except Gone:
            return

    def send(self, *parts):
        for part in parts:
            try:
                self.socket.sendall(part)
            except OSError as error:
                raise Gone from error

    def finish(self):
        """FIN."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def response(body=b"ok", status="200 OK", headers=()):
    """The bytes of a well-formed response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines + ["", ""]).encode() + body


def answering(make_response=lambda request: response()):
    """Answers each request with the bytes that make_response(request) gives; keeps the connection."""
    def behave(connection):
        while True:
            connection.send(make_response(connection.read_request()))
    return behave


def saying(*parts, then="wait"):
    """Answers one request with the parts; then waits for the peer to close, or does `finish`, `reset`."""
    def behave(connection):
        connection.read_request()
        connection.send(*parts)
        if then != "wait":
            getattr(connection, then)()
        connection.read_to_end()
    return behave


def stalling(connection):
    """Reads, and never says a word."""
    connection.read_to_end()


def closing(connection):
    """Accepts and closes at once."""
    connection.finish()
    connection.read_to_end()


def resetting(connection):
    """Resets as soon as the first byte of a request is there."""
    connection.receive()
    connection.reset()


class Backend:
    def __init__(self, behave=answering(), address="127.0.0.1", port=0):
        self.behave = behave
        self.changed = threading.Condition()
        self.connections = []
        self.requests = []
        self.faults = []  # what the strict parser said of bytes that came
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = UpstreamConnection(self, accepted)
            with self.changed:
                self.connections.append(connection)
                self.changed.notify_all()
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            self.behave(connection)
        except strict_parser.Malformed as fault:
            with self.changed:
                self.faults.append(f"{fault} in {connection.received!r}")
            connection.reset()
            return
        except (Gone, OSError):
            with self.changed:
                connection.has_ended = True
                self.changed.notify_all()
        connection.socket.close()

    def count(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def wait_for(self, ready, what, deadline_s=waiting.DEADLINE_S):
        """Until ready(), which is asked whenever something arrives."""
        with self.changed:
            waiting.for_change(self.changed, ready, what, deadline_s)

    def received(self):
        """All bytes of all connections, for searching."""
        with self.changed:
            return b"".join(connection.received for connection in self.connections)

    def stop(self):
        """Refuses new connections and breaks those there are."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self._listener.close()
        for connection in self.connections:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def unused_port():
    """A port that nobody listens on: connecting is refused."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
