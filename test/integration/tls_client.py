"""Clients of TLS: curl, Python's ssl, and openssl's s_client for what the other two do not do."""
import os
import socket
import ssl
import subprocess

from test.integration import curl, waiting


def fetch(port, name, authority, path="/", *options, http2=True):
    return curl.fetch(f"https://{name}:{port}{path}", "--resolve", f"{name}:{port}:127.0.0.1", "--cacert", authority.path,
                      *options, http2=http2)


class Client:
    """A TLS connection of Python's, with its own HTTP/1 requests."""

    def __init__(self, port, name, authority, session=None, version=None, context=None):
        self.context = context or ssl.create_default_context(cafile=authority.path)
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        plain = socket.create_connection(("127.0.0.1", port), timeout=waiting.DEADLINE_S)
        self.socket = self.context.wrap_socket(plain, server_hostname=name, session=session)

    def get(self):
        self.socket.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(65536)
        return int(answer.split()[1])

    def serial(self):
        return self.socket.getpeercert()["serialNumber"]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()


def s_client(port, *options, say=b""):
    """All that `openssl s_client` prints, whatever becomes of the connection."""
    run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options], input=say, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=waiting.DEADLINE_S, env={"PATH": os.environ["PATH"]})
    return run.stdout.decode("latin-1")
