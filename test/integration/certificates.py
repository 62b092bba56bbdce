"""Certificates made for one test by the openssl program: an authority, and what it signs."""
import os
import subprocess
import tempfile
from typing import NamedTuple


class Pair(NamedTuple):
    chain: str  # paths of PEM files
    key: str

    def config(self):
        """A TlsCertificate."""
        return {"certificate_chain": {"filename": self.chain}, "private_key": {"filename": self.key}}


def _openssl(*arguments):
    run = subprocess.run(["openssl", *arguments], check=True, capture_output=True, env={"PATH": os.environ["PATH"]})
    return run.stdout.decode()


_NEW_KEY = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["-newkey", "rsa:2048"]}


def inline(path):
    """What the file holds, as a DataSource."""
    with open(path, encoding="ascii") as file:
        return {"inline_string": file.read()}


class Authority:
    """A folder with a root certificate in `path`, and everything it issued; gone on exit."""

    def __init__(self, name="Test Root"):
        self._folder = tempfile.TemporaryDirectory(prefix="weir-ca-", dir=os.environ.get("TEST_TMPDIR"))
        self._count = 0
        self.path, self._key = self._file("root.pem"), self._file("root.key")
        _openssl("req", "-x509", *_NEW_KEY["ec"], "-nodes", "-days", "30", "-subj", "/CN=" + name,
                 "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign,cRLSign",
                 "-keyout", self._key, "-out", self.path)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._folder.cleanup()

    def _file(self, name):
        return os.path.join(self._folder.name, name)

    def issue(self, name, *sans, key="ec", days=30, use=None):
        """`sans`: as openssl writes them, "DNS:a.test"; without any, DNS:`name`. `use`: the extended key usage."""
        self._count += 1
        base = self._file(str(self._count))
        with open(base + ".ext", "w", encoding="ascii") as file:
            file.write("subjectAltName=" + ",".join(sans or ["DNS:" + name]) + "\n")
            if use:
                file.write("extendedKeyUsage=" + use + "\n")
        _openssl("req", *_NEW_KEY[key], "-nodes", "-subj", "/CN=" + name, "-keyout", base + ".key", "-out", base + ".csr")
        _openssl("x509", "-req", "-in", base + ".csr", "-CA", self.path, "-CAkey", self._key, "-CAcreateserial",
                 "-days", str(days), "-extfile", base + ".ext", "-out", base + ".pem")
        return Pair(base + ".pem", base + ".key")

    def revoke(self, *pairs):
        """The path of a revocation list with those in it."""
        self._count += 1
        base = self._file(f"{self._count}.crl")
        with open(base + ".index", "w", encoding="ascii") as file:
            for pair in pairs:
                serial = _openssl("x509", "-in", pair.chain, "-noout", "-serial").strip().partition("=")[2]
                file.write(f"R\t491231235959Z\t250101000000Z\t{serial}\tunknown\t/CN=revoked\n")
        with open(base + ".conf", "w", encoding="ascii") as file:
            file.write(f"[ca]\ndefault_ca=one\n[one]\ndatabase={base}.index\ndefault_md=sha256\n")
        _openssl("ca", "-gencrl", "-config", base + ".conf", "-cert", self.path, "-keyfile", self._key, "-crldays", "30",
                 "-out", base + ".pem")
        return base + ".pem"
