"""curl as a client: HTTP/2 by prior knowledge, or over TLS as the server likes it."""
import os
import subprocess
import tempfile
from typing import NamedTuple


class Answer(NamedTuple):
    exit_code: int  # 0: the transfer was whole
    status: int
    version: str  # "2", "1.1"
    connections: int  # made for this transfer
    body: bytes
    heads: str  # all heads and trailers as they came


def fetch(url, *options, http2=True, deadline_s=30):
    """One transfer; more options of curl's may follow."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
        body, heads = os.path.join(folder, "body"), os.path.join(folder, "heads")
        version = ["--http2-prior-knowledge"] if http2 and url.startswith("http:") else [] if http2 else ["--http1.1"]
        command = ["curl", "--silent", "--show-error", *version, "--output", body, "--dump-header", heads,
                   "--write-out", "%{http_code} %{http_version} %{num_connects}", *options, url]
        run = subprocess.run(command, capture_output=True, timeout=deadline_s, check=False, env={"PATH": os.environ["PATH"]})
        status, used, connections = run.stdout.decode().split()

        def content(path):
            if not os.path.exists(path):
                return b""
            with open(path, "rb") as file:
                return file.read()

        return Answer(run.returncode, int(status), used, int(connections), content(body), content(heads).decode("latin-1"))

