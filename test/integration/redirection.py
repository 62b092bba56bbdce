"""A network of the test's own (network.py), in which connections are redirected as a sidecar's are.

redirect() adds a REDIRECT rule to it over nf_tables' netlink interface, so that neither nft nor iptables need be there.
"""
import os
import socket
import struct
import unittest

_NETLINK_ROUTE, _NETLINK_NETFILTER = 0, 12
_REQUEST, _ACK, _CREATE = 1, 4, 0x400
_NFTABLES = 10  # the subsystem
_NEW_TABLE, _NEW_CHAIN, _NEW_RULE = 0, 3, 6
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_ADDRESS, _WITHOUT_DETECTION = 20, 2
_OUTPUT_HOOK, _NAT_PRIORITY = 3, -100
_EQUAL, _UNEQUAL = 0, 1


def _attribute(kind, *parts):
    data = b"".join(parts)
    return struct.pack("HH", len(data) + 4, kind) + data + b"\0" * (-len(data) % 4)


def _number(kind, value):
    return _attribute(kind, struct.pack(">i", value))


def _text(kind, value):
    return _attribute(kind, value.encode() + b"\0")


def _nested(kind, *parts):
    return _attribute(kind | 0x8000, *parts)


def _message(kind, flags, body, sequence):
    return struct.pack("IHHII", len(body) + 16, kind, flags | _REQUEST, sequence, 0) + body


def _exchange(protocol, messages, acknowledged):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as netlink:
        netlink.settimeout(5)
        netlink.send(b"".join(messages))
        while acknowledged > 0:
            answer = netlink.recv(65536)
            while answer:
                size, kind = struct.unpack_from("IH", answer)
                error, = struct.unpack_from("i", answer, 16)
                if kind == 2 and error != 0:
                    raise OSError(-error, os.strerror(-error))
                acknowledged -= kind == 2
                answer = answer[size + 3 & ~3:]


def own_address(address):
    """Gives this network an address (ip address add ADDRESS dev lo)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    raw = socket.inet_pton(family, address)
    body = struct.pack("BBBBi", family, len(raw) * 8, _WITHOUT_DETECTION, 0, socket.if_nametoindex("lo"))
    _exchange(_NETLINK_ROUTE, [_message(_NEW_ADDRESS, _ACK | _CREATE, body + _attribute(1, raw) + _attribute(2, raw), 1)], 1)


def _expression(name, *data):
    return _nested(1, _text(1, name), _nested(2, *data))


def _address_is(family, is_source, comparison, address):
    """Loads the address of that end and ends the rule unless the comparison holds."""
    v6 = family == socket.AF_INET6
    size = 16 if v6 else 4
    first = 8 if v6 else 12
    return (_expression("payload", _number(1, 1), _number(2, 1), _number(3, first if is_source else first + size),
                        _number(4, size)) +
            _expression("cmp", _number(1, 1), _number(2, comparison), _nested(3, _attribute(1, address))))


def redirect(address, port, except_from):
    """Connections to any port of `address` go to `port` of this machine, but for those from `except_from`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def nft(kind, flags, body, sequence, subsystem=_NFTABLES):
        return _message(subsystem << 8 | kind, flags, struct.pack(">BBH", family, 0, 0) + body, sequence)

    def batch(kind, sequence):
        return _message(kind, 0, struct.pack(">BBH", 0, 0, _NFTABLES), sequence)

    expressions = (_address_is(family, False, _EQUAL, socket.inet_pton(family, address)) +
                   _address_is(family, True, _UNEQUAL, socket.inet_pton(family, except_from)) +
                   _expression("immediate", _number(1, 1), _nested(2, _attribute(1, struct.pack(">H", port)))) +
                   _expression("redir", _number(1, 1)))
    hook = _nested(4, _number(1, _OUTPUT_HOOK), _number(2, _NAT_PRIORITY))
    try:
        _exchange(_NETLINK_NETFILTER, [
            batch(_BATCH_BEGIN, 1),
            nft(_NEW_TABLE, _CREATE | _ACK, _text(1, "weir"), 2),
            nft(_NEW_CHAIN, _CREATE | _ACK, _text(1, "weir") + _text(3, "output") + hook + _text(7, "nat"), 3),
            nft(_NEW_RULE, _CREATE | _ACK | 0x800, _text(1, "weir") + _text(2, "output") + _nested(4, expressions), 4),
            batch(_BATCH_END, 5)], 3)
    except OSError as error:
        raise unittest.SkipTest(f"no rule can be added by nf_tables: {error}") from error
