"""A network of the test's own: own_network() gives the process, and what it starts from then on, a network namespace."""
import ctypes
import fcntl
import os
import socket
import struct
import unittest

_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFADDR = 0x8913, 0x8914, 0x8916
_IFF_UP = 1


def own_network():
    """With an interface lo that is up; skips the case where there can be none."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        raise unittest.SkipTest("a network namespace cannot be made: " + os.strerror(ctypes.get_errno()))
    bring("lo", True)


def _configure(command, interface, argument):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return fcntl.ioctl(any_socket, command, struct.pack("16s16s", interface.encode(), argument))


def bring(interface, up):
    flags, = struct.unpack_from("h", _configure(_SIOCGIFFLAGS, interface, b""), 16)
    _configure(_SIOCSIFFLAGS, interface, struct.pack("h", flags | _IFF_UP if up else flags & ~_IFF_UP))


def add_address(interface, address):
    _configure(_SIOCSIFADDR, interface, struct.pack("hH4s", socket.AF_INET, 0, socket.inet_aton(address)))
