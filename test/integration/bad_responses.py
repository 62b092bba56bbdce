"""Group G of the catalogue: what upstreams may say wrong, and what the client gets instead.

RELAYED bodies reach the client, the connection that brought them is not used again; BROKEN_OFF responses have
begun when the fault comes, so the client's connection ends before they are whole; the rest is a 502.
"""
_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _field(line):
    return _OK + line + b"\r\nContent-Length: 2\r\n\r\nok"


BAD_GATEWAY = {
    "G01.0": _OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "G01.1": _OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "G02.0": _OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "G02.1": _OK + b"Content-Length: 5, 5\r\n\r\nhello",
    "G02.2": _OK + b"Content-Length: 5x\r\n\r\nhello",
    "G02.3": _OK + b"Content-Length: -5\r\n\r\nhello",
    "G03.0": _OK + b"Transfer-Encoding: xchunked\r\n\r\n",
    "G03.1": _OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n",
    "G03.2": _OK + b"Transfer-Encoding: gzip\r\n\r\n",
    "G04": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "G14.bare_lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "G14.cr_in_value": _field(b"X: a\rb"),
    "G14.nul": _field(b"X: a\x00b"),
    "G14.control": _field(b"X: a\x01b"),
    "G14.high_name": _field(b"X\xe9: 1"),
    "G14.fold": _field(b"X: a\r\n b"),
    "G14.no_colon": _field(b"X"),
    "G14.no_name": _field(b": x"),
    "G14.space_in_name": _field(b"X Y: 1"),
    "G14.space_before_colon": _field(b"X : 1"),
    "G15.size": _field(b"X: " + b"x" * 70_000),
    "G15.count": _OK + b"".join(b"X-%d: 1\r\n" % i for i in range(101)) + b"\r\n",
    "G16.garbage": b"what is this\r\n\r\n",
    "G16.version": b"HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n",
    "G16.short": b"HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
    "G16.long": b"HTTP/1.1 9999 OK\r\nContent-Length: 0\r\n\r\n",
    "G17.low": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "G17.high": b"HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n",
    "G18": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000 + _field(b"X: 1"),
    "G31": _OK + b"Location: /a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n",
}

# name: (what the upstream sends, the body that the client gets)
RELAYED = {
    "G07": (_OK + b"Content-Length: 5\r\n\r\nhello-more", b"hello"),
    "G11": (b"HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    "G16.no_reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "G16.empty_reason": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", b"ok"),
    "G34": (_CHUNKED + b"2\r\nok\r\n0\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\n\r\n", b"ok"),
    "G35": (_OK + b"Date: a\r\nDate: b\r\nServer: c\r\nServer: d\r\nContent-Length: 2\r\n\r\nok", b"ok"),
}

# name: what the upstream sends before it closes (FIN) or, with ".rst", resets.
BROKEN_OFF = {
    "G05.rst": _OK + b"\r\nhello",
    "G06.fin": _OK + b"Content-Length: 10\r\n\r\nhello",
    "G12.fin": _CHUNKED + b"5\r\nhello\r\n",
    "G12.rst": _CHUNKED + b"5\r\nhello\r\n",
    "G13.hex": _CHUNKED + b"5\r\nhello\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "G13.space": _CHUNKED + b"5\r\nhello\r\n5 \r\nhello\r\n0\r\n\r\n",
    "G13.empty": _CHUNKED + b"5\r\nhello\r\n\r\n",
    "G13.bare_lf": _CHUNKED + b"5\r\nhello\r\n5\nhello\r\n0\r\n\r\n",
    "G13.spill": _CHUNKED + b"5\r\nhello\r\n1\r\nABC\r\n0\r\n\r\n",
    "G13.end": _CHUNKED + b"5\r\nhelloXX0\r\n\r\n",
    "G26.rst": _OK + b"Content-Length: 10\r\n\r\nhello",
}
