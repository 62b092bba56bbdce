"""HTTP/2 frames by hand, and a client that sends whatever a test makes of them.

Heads are written as literals that enter no table, and the peer is told to keep none either, so that a
frame means the same wherever it stands.
"""
import struct

from test.integration.raw_client import RawClient

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = range(1, 5)
ENABLE_CONNECT_PROTOCOL = 8

# RFC 7541 appendix A, from index 8; and the codes of digits in appendix B: (bits, length).
_STATUSES = ("200", "204", "206", "304", "400", "404", "500")
_DIGITS = {(code, 5 if code < 3 else 6): digit for digit, code in zip("0123456789", (0, 1, 2, *range(0x19, 0x20)))}


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def number(value):
    return struct.pack(">I", value)


def settings(*entries):
    """Of pairs (identifier, value)."""
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *entry) for entry in entries))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, number(increment))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, number(code))


def goaway(last_stream, code=NO_ERROR):
    return frame(GOAWAY, payload=number(last_stream) + number(code))


def integer(value, prefix_bits, first=0):
    """RFC 7541 section 5.1."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes((first | value,))
    out, value = bytearray((first | most,)), value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out) + bytes((value,))


def literal(name, value, enters_table=False):
    name, value = (text.encode("latin-1") if isinstance(text, str) else text for text in (name, value))
    return (b"\x40" if enters_table else b"\0") + integer(len(name), 7) + name + integer(len(value), 7) + value


def fields(*pairs):
    return b"".join(literal(name, value) for name, value in pairs)


def request(method="GET", path="/", *more, authority="test", scheme="http"):
    return fields((":method", method), (":path", path), (":scheme", scheme), (":authority", authority), *more)


def head(stream, block=None, ends=True, kind=HEADERS):
    flags = END_HEADERS | (END_STREAM if ends else 0)
    return frame(kind, flags, stream, request() if block is None else block)


def data(stream, payload=b"", ends=False):
    return frame(DATA, END_STREAM if ends else 0, stream, payload)


def status_of(block):
    """The status of a response's block, which begins with it, from an encoder without a table."""
    while block[0] >> 5 == 1:  # the size of the table
        block = block[1:]
    if block[0] & 0x80:
        return int(_STATUSES[(block[0] & 0x7f) - 8])
    text = block[2:2 + (block[1] & 0x7f)]
    if not block[1] & 0x80:
        return int(text)
    bits, found = "".join(f"{byte:08b}" for byte in text), ""
    while len(found) < 3:
        size = next(size for size in (5, 6) if (int(bits[:size], 2), size) in _DIGITS)
        found, bits = found + _DIGITS[int(bits[:size], 2), size], bits[size:]
    return int(found)


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def __repr__(self):
        return f"Frame({self.kind}, {self.flags:#x}, {self.stream}, {self.payload[:40]!r})"

    @property
    def ends(self):
        return self.kind in (DATA, HEADERS) and bool(self.flags & END_STREAM)

    @property
    def code(self):
        """Of an RST_STREAM or a GOAWAY."""
        return struct.unpack(">I", self.payload[-4:] if self.kind == RST_STREAM else self.payload[4:8])[0]


class Outcome:
    """How a stream ended: its statuses, its body, and whether it was whole or what reset it."""

    def __init__(self):
        self.statuses, self.body, self.is_whole, self.code = [], b"", False, None

    @property
    def status(self):
        return self.statuses[-1] if self.statuses else None


class H2Client(RawClient):
    """Says preface and settings at once, acknowledges the peer's, and answers its PINGs, while frames are read."""

    def __init__(self, port, *entries, opens=True):
        super().__init__(port)
        self.next_stream = 1
        self.seen = []  # all frames that were read
        if opens:
            self.send(PREFACE + settings((HEADER_TABLE_SIZE, 0), *entries))

    def ask(self, block=None, ends=True):
        """Sends a request's head; returns its stream."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.send(head(stream, block, ends))
        return stream

    def settle(self):
        """Until the peer's settings were read and answered."""
        self.read_until(lambda frame: frame.kind == SETTINGS and not frame.flags & ACK)
        return self

    def read_frame(self):
        """None at the end of the connection."""
        while True:
            size = int.from_bytes(self.received[:3], "big")
            if len(self.received) >= 9 + size:
                break
            if self.is_closed:
                return None
            self._receive()
        kind, flags, stream = struct.unpack(">BBI", self.received[3:9])
        found = Frame(kind, flags, stream & 0x7fffffff, self.received[9:9 + size])
        self.received = self.received[9 + size:]
        self.seen.append(found)
        if kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, payload=found.payload))
        return found

    def read_until(self, is_it):
        """The first frame that is; None when the connection ends before."""
        while (found := self.read_frame()) is not None and not is_it(found):
            pass
        return found

    def read_stream(self, stream):
        """Until the stream or the connection ends. A GOAWAY does not end it."""
        outcome = Outcome()
        for found in iter(self.read_frame, None):
            if found.stream != stream:
                continue
            if found.kind == RST_STREAM:
                outcome.code = found.code
                return outcome
            if found.kind == HEADERS and (not outcome.statuses or outcome.status < 200):
                outcome.statuses.append(status_of(found.payload))
            elif found.kind == DATA:
                outcome.body += found.payload
            if found.ends:
                outcome.is_whole = True
                return outcome
        return outcome

    def read_goaway(self):
        """Its code; None when the connection ends without one."""
        found = self.read_until(lambda frame: frame.kind == GOAWAY)
        return None if found is None else found.code


def serving(answer, *entries):
    """A backend's behaviour: speaks HTTP/2, and answer(connection, frame) hears each HEADERS and DATA frame."""
    def behave(connection):
        assert connection.read_bytes(len(PREFACE)) == PREFACE
        connection.send(settings(*entries))
        while True:
            start = connection.read_bytes(9)
            kind, flags, stream = struct.unpack(">BBI", start[3:])
            found = Frame(kind, flags, stream & 0x7fffffff, connection.read_bytes(int.from_bytes(start[:3], "big")))
            if kind == SETTINGS and not flags & ACK:
                connection.send(frame(SETTINGS, ACK))
            elif kind in (HEADERS, DATA):
                answer(connection, found)
    return behave
