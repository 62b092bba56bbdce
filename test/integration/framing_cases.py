"""Groups A and B of the catalogue of bad inputs: how a request's framing may be said, and may not.

Each case is a message and a verdict. Messages carry their case's path, so that what reached the upstream can be
told apart: `refused` ones must not reach it at all, `forwarded` ones exactly once and in canonical form.
"""
from typing import NamedTuple

SMUGGLED = "/smuggled"
_SMUGGLED_REQUEST = f"GET {SMUGGLED} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
_CHUNKED_HELLO = b"5\r\nhello\r\n0\r\n\r\n"


class Case(NamedTuple):
    name: str
    message: bytes
    status: int
    # Of what goes upstream, when the status is 200.
    body: bytes = b""
    fields: dict = {}  # that it must have; a value None: that it must not have


def path_of(name):
    return "/" + name


def message(name, *lines, method="POST", version="1.1", body=b"hello"):
    """A request in well-formed CRLF lines but for what `lines` hold; each of them bytes or ASCII text."""
    head = [f"{method} {path_of(name)} HTTP/{version}", "Host: test", *lines, "", ""]
    return b"\r\n".join(line.encode("latin-1") if isinstance(line, str) else line for line in head) + body


def refused(name, *lines, status=400, **options):
    return Case(name, message(name, *lines, **options), status)


def forwarded(name, *lines, fields, sent=None, body=b"hello", **options):
    return Case(name, message(name, *lines, body=body if sent is None else sent, **options), 200, body, fields)


def _each(name, lines, **options):
    """The same verdict for several spellings."""
    return [refused(f"{name}.{i}", line, **options) for i, line in enumerate(lines)]


_LENGTH_5 = {"content-length": "5", "transfer-encoding": None}
_CHUNKED = {"content-length": None, "transfer-encoding": "chunked"}
_FILLERS = [f"X-Filler-{i}: {i}" for i in range(98)]

CONTENT_LENGTH = [
    refused("A01", "Content-Length: 5", "Content-Length: 5"),
    refused("A02", "Content-Length: 5", "Content-Length: 6"),
    refused("A03", "Content-Length: 5, 5"),
    refused("A04", "Content-Length: 5, 6"),
    refused("A05", "Content-Length: +5"),
    *_each("A06", ["Content-Length: -5", "Content-Length: -0"]),
    refused("A07", "Content-Length: 0x5"),
    refused("A08", "Content-Length: 5 5"),
    *_each("A09", [f"Content-Length: {v}" for v in ("5a", "a5", "5;x=y", "5.0", "5_0")]),
    *_each("A10", ["Content-Length:", "Content-Length:    "]),
    forwarded("A11", "Content-Length: 005", fields=_LENGTH_5),
    refused("A12", "Content-Length: " + "0" * 21 + "5"),
    *_each("A14", [f"Content-Length: {v}" for v in (2**63, 2**64 - 1, 2**64)]),
    refused("A15", f"Content-Length: {2**64 + 1}", body=b"x" + _SMUGGLED_REQUEST),
    *_each("A16", [b"Content-Length: \xef\xbc\x95", b"Content-Length: \x0b5", b"Content-Length: 5\x00"]),
    forwarded("A17.0", "Content-Length: 5 \t", fields=_LENGTH_5),
    forwarded("A17.1", "Content-Length:     5", fields=_LENGTH_5),
    refused("A18", "Content-Length : 5"),
    refused("A19", "Content_Length: 5"),
    *[forwarded(f"A23.{m}", "Content-Length: 5", method=m, fields=_LENGTH_5) for m in ("GET", "DELETE", "OPTIONS")],
    forwarded("A29.0", *_FILLERS, "Content-Length: 5", fields=_LENGTH_5),
    refused("A29.1", *_FILLERS, "Content-Length: 5, 5"),
    refused("A30", "Content-Length: 5", "Connection: Content-Length"),
]

TRANSFER_ENCODING = [
    refused("B01", "Content-Length: 5", "Transfer-Encoding: chunked", body=_CHUNKED_HELLO),
    refused("B02", "Transfer-Encoding: chunked", "Content-Length: 5", body=_CHUNKED_HELLO),
    refused("B03", "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close", body=_CHUNKED_HELLO),
    refused("B04", "Content-Length: 6", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + _SMUGGLED_REQUEST),
    refused("B05", "Transfer-Encoding: xchunked", status=501),
    refused("B06", "Transfer-Encoding : chunked", body=_CHUNKED_HELLO),
    forwarded("B07", "Transfer-Encoding:\tchunked", sent=_CHUNKED_HELLO, fields=_CHUNKED),
    *_each("B08", [b"Transfer-Encoding: " + v
                   for v in (b"\x0bchunked", b"\x0cchunked", b"chunked\x00", b"\xa0chunked", b"\x85chunked")]),
    refused("B09", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=_CHUNKED_HELLO),
    refused("B10", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=_CHUNKED_HELLO),
    refused("B11", "Transfer-Encoding: chunked, chunked", body=_CHUNKED_HELLO),
    *_each("B12", ["Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked, gzip"]),
    refused("B13", "Transfer-Encoding: gzip, chunked", status=501),
    refused("B14", "Transfer-Encoding: identity", "Content-Length: 5", status=501),
    *_each("B15", [f"Transfer-Encoding: {v}" for v in (",chunked", "chunked,", ", ,chunked")]),
    *_each("B16", [f"Transfer-Encoding: {v}" for v in ("chunked;a=b", '"chunked"', "chun ked")]),
    refused("B17", "Transfer-Encoding:", " chunked", body=_CHUNKED_HELLO),
    refused("B18.0", "Transfer-Encoding:"),
    refused("B18.1", "Transfer-Encoding:", "Content-Length: 5"),
    refused("B20", "Transfer_Encoding: chunked", "Content-Length: 5"),
    refused("B21", "Foo: x\nTransfer-Encoding: chunked", body=_CHUNKED_HELLO),
    refused("B22", "Foo: x\rTransfer-Encoding: chunked", body=_CHUNKED_HELLO),
    *_each("B23", [b"Transfer-Encoding\x00: chunked", b"Transfer-Encoding\r: chunked"]),
    refused("B24.0", " Transfer-Encoding: chunked", body=_CHUNKED_HELLO),
    Case("B24.1", b"POST /B24.1 HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: test\r\n\r\n" + _CHUNKED_HELLO, 400),
    forwarded("B25", "Transfer-Encoding: CHUNKED", sent=_CHUNKED_HELLO, fields=_CHUNKED),
    forwarded("B26", "TE: trailers, gzip;q=0.5", "Connection: TE", "Content-Length: 5",
              fields={"te": "trailers", **_LENGTH_5}),
    refused("B27", "Transfer-Encoding: chunked", "Connection: Transfer-Encoding", body=_CHUNKED_HELLO),
    forwarded("B28", "Transfer-Encoding: chunked", method="GET", sent=_CHUNKED_HELLO, fields=_CHUNKED),
    refused("B29", "Transfer-Encoding: chunked", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", method="GET",
            body=_CHUNKED_HELLO),
    forwarded("B30", "Transfer-Encoding: chunked", sent=b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
              fields=_CHUNKED),
    forwarded("B31", "X-Transfer-Encoding: chunked", "Transfer-Encoding2: chunked", "Content-Length: 5",
              fields={"x-transfer-encoding": "chunked", "transfer-encoding2": "chunked", **_LENGTH_5}),
]

# Aliases of framing names, sent where other names with underscores are allowed.
ALIASES = [
    refused("A19.allow", "Content_Length: 5"),
    refused("B20.allow", "Transfer_Encoding: chunked", "Content-Length: 5"),
    forwarded("A19.ordinary", "My_Name: x", "Content-Length: 5", fields={"my_name": "x", **_LENGTH_5}),
]

_TOKEN_BYTES = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def coding_sweep():
    """B32: (case, is it accepted) for every byte before, in the middle of and after `chunked`."""
    for value in range(256):
        byte = bytes([value])
        for place, coding in (("before", byte + b"chunked"), ("middle", b"chu" + byte + b"nked"),
                              ("after", b"chunked" + byte)):
            is_list_of_unknown = value in _TOKEN_BYTES or (place == "middle" and byte == b",")
            accepted = place != "middle" and byte in b" \t"
            status = 200 if accepted else 501 if is_list_of_unknown else 400
            name = f"B32.{place}.{value:02x}"
            yield Case(name, message(name, b"Transfer-Encoding: " + coding, body=_CHUNKED_HELLO), status,
                       b"hello", _CHUNKED)
