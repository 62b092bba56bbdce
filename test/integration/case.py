"""What test cases share: the binaries they were given, and things that end with the case."""
import contextlib
import os
import sys
import unittest

from test.integration.backend import Backend, answering
from test.integration.proxy import AccessLog, Proxy
from test.integration.raw_client import RawClient


def _binary(position):
    return os.path.abspath(sys.argv[position])


def weir():
    return _binary(1)


def weir_control():
    return _binary(2)


def malloc_counter():
    return _binary(3)


def grpc_peer():
    return _binary(4)


def script_peer():
    return _binary(5)


def is_instrumented():
    """Whether a sanitizer is in the binary: it has an allocator of its own then, and needs more memory."""
    with open(weir(), "rb") as file:
        content = file.read()
    return any(name in content for name in (b"libasan.so", b"libtsan.so", b"libubsan.so"))


class ProxyTestCase(unittest.TestCase):
    """Whatever enter() or start_…() is given ends after the case, last first; and so do the class's."""

    maxDiff = None

    def enter(self, context):
        return self.enterContext(context)

    def start_backend(self, behave=None, **options):
        return self.enter(Backend(behave or answering(), **options))

    def start_proxy(self, config, **options):
        return self.enter(Proxy(weir(), config, **options))

    def connect(self, port=None):
        return self.enter(RawClient(port or self.port))

    def access_log(self):
        return AccessLog()


class SharedProxyTestCase(ProxyTestCase):
    """One proxy for all cases of a class: the class's set_up(enter) makes what they share."""

    @classmethod
    def set_up(cls, enter):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        if cls is SharedProxyTestCase:
            raise unittest.SkipTest("has no cases")
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(stack.close)
            cls.set_up(stack.enter_context)
            on_failure.pop_all()

    def setUp(self):
        self.assertIsNone(self.proxy.popen.poll(), self.proxy.log())

    def tearDown(self):
        self.assertIsNone(self.proxy.popen.poll(), "the proxy ended:\n" + self.proxy.log())
