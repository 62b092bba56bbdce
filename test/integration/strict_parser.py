"""A second opinion on HTTP/1.1: a strict parser that shares nothing with the proxy's.

It takes no liberties (RFC 9112 read literally: CRLF only, tokens, one framing field, no folding), so what the
proxy writes to either side must satisfy it byte for byte. It judges what was written upstream, which makes it
the oracle against request smuggling, and every response that a client gets.
"""
import re
from typing import NamedTuple

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([!-~]+) (HTTP/1\.[01])".encode())
_STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-5][0-9][0-9]) ([\t -~\x80-\xff]*)")
_FIELD = re.compile(rf"({_TOKEN}):[ \t]*(.*)".encode(), re.DOTALL)
_BAD_VALUE_BYTE = re.compile(rb"[^\t -~\x80-\xff]")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})")


class Malformed(Exception):
    """The bytes are no HTTP/1.1 message."""


class Request(NamedTuple):
    method: str
    target: str
    version: str
    headers: list  # of (lower-case name, value), in order
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def header(self, name):
        values = self.all(name)
        return values[0] if values else None


class Response(NamedTuple):
    status: int
    reason: str
    version: str
    headers: list
    body: bytes
    is_chunked: bool

    all = Request.all
    header = Request.header


def take_line(data, what):
    """(line without its CRLF, the rest); None while the line is not whole."""
    end = data.find(b"\n")
    if end < 0:
        return None
    if end == 0 or data[end - 1:end] != b"\r":
        raise Malformed(f"{what} ends in a bare LF")
    line = data[:end - 1]
    if b"\r" in line:
        raise Malformed(f"{what} has a bare CR")
    return line, data[end + 1:]


def take_fields(data):
    """([(name, value)], the rest after the empty line); None while they are not whole."""
    fields = []
    while True:
        taken = take_line(data, "a header line")
        if taken is None:
            return None
        line, data = taken
        if not line:
            return fields, data
        found = _FIELD.fullmatch(line)
        if found is None:
            raise Malformed(f"no header field: {line!r}")
        value = found[2].rstrip(b" \t")
        if _BAD_VALUE_BYTE.search(value):
            raise Malformed(f"a control byte in {line!r}")
        fields.append((found[1].decode().lower(), value.decode("latin-1")))


def _values(fields, name):
    return [value for key, value in fields if key == name]


def framing_of(fields, version):
    """("chunked", 0), ("length", n) or ("none", 0), by the header fields alone."""
    lengths = _values(fields, "content-length")
    codings = _values(fields, "transfer-encoding")
    if codings:
        if lengths:
            raise Malformed("content-length beside transfer-encoding")
        if codings != ["chunked"]:
            raise Malformed(f"transfer-encoding: {codings}")
        if version != "HTTP/1.1":
            raise Malformed("transfer-encoding in HTTP/1.0")
        return "chunked", 0
    if not lengths:
        return "none", 0
    if len(lengths) > 1 or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lengths[0]):
        raise Malformed(f"content-length: {lengths}")
    return "length", int(lengths[0])


def take_chunked(data):
    """(body, the rest after the trailer section); None while it is not whole."""
    body = b""
    while True:
        taken = take_line(data, "a chunk's size line")
        if taken is None:
            return None
        line, data = taken
        if not _CHUNK_LINE.fullmatch(line):
            raise Malformed(f"no chunk size: {line!r}")
        size = int(line, 16)
        if size == 0:
            taken = take_fields(data)
            return None if taken is None else (body, taken[1])
        if len(data) < size + 2:
            return None
        if data[size:size + 2] != b"\r\n":
            raise Malformed("a chunk does not end in CRLF")
        body += data[:size]
        data = data[size + 2:]


def _take_body(kind, length, data):
    if kind == "chunked":
        return take_chunked(data)
    if len(data) < length:
        return None
    return data[:length], data[length:]


def _take_head(data, start_line, name):
    """(The match of the start line, the fields, the rest); None while the head is not whole."""
    taken = take_line(data, f"the {name}")
    if taken is None:
        return None
    found = start_line.fullmatch(taken[0])
    if found is None:
        raise Malformed(f"no {name}: {taken[0]!r}")
    fields = take_fields(taken[1])
    return None if fields is None else (found, *fields)


def take_request_head(data):
    """(Request without a body, (kind, length), the rest); None while the head is not whole."""
    head = _take_head(data, _REQUEST_LINE, "request line")
    if head is None:
        return None
    found, fields, rest = head
    method, target, version = (part.decode() for part in found.groups())
    if version == "HTTP/1.1" and len(_values(fields, "host")) != 1:
        raise Malformed("not exactly one host")
    return Request(method, target, version, fields, b""), framing_of(fields, version), rest


def take_request_body(head, data):
    """(The request of that head, the rest); None while its body is not whole."""
    body = _take_body(*framing_of(head.headers, head.version), data)
    return None if body is None else (head._replace(body=body[0]), body[1])


def take_request(data):
    """(Request, the rest); None while it is not whole."""
    head = take_request_head(data)
    return None if head is None else take_request_body(head[0], head[2])


def requests_in(data):
    """([whole requests], what is left of an unfinished one)."""
    requests = []
    while data:
        taken = take_request(data)
        if taken is None:
            break
        requests.append(taken[0])
        data = taken[1]
    return requests, data


def take_response(data, method="GET", is_closed=False):
    """(Response, the rest); None while it is not whole. Interim responses are responses of their own."""
    head = _take_head(data, _STATUS_LINE, "status line")
    if head is None:
        return None
    found, headers, rest = head
    version, status, reason = found[1].decode(), int(found[2]), found[3].decode("latin-1")
    kind, length = framing_of(headers, version)
    response = Response(status, reason, version, headers, b"", kind == "chunked")
    if method == "HEAD" or status < 200 or status in (204, 304):
        return response, rest
    if kind == "none":
        return (response._replace(body=rest), b"") if is_closed else None
    body = _take_body(kind, length, rest)
    return None if body is None else (response._replace(body=body[0]), body[1])
