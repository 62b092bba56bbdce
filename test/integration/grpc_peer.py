"""gRPC's own C++ client and server (grpc_peer.cc), run as processes of their own."""
import subprocess
from typing import NamedTuple

from test.integration import waiting
from test.integration.case import grpc_peer
from test.integration.proxy import LoggedProcess, sanitized


class Result(NamedTuple):
    """How a call ended."""

    code: int
    sizes: list  # of the messages that came
    is_same: bool  # they are together what was sent
    message: str  # of the status
    initial: dict
    trailing: dict


class GrpcServer(LoggedProcess):
    def __init__(self):
        # The thread sanitizer sees a part of gRPC only, and halts on what it makes of that.
        super().__init__([grpc_peer(), "serve"], sanitized("report_bugs=0"))
        self.port = int(self.wait_for_line(r"port (\d+)")[1])

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.kill()


class GrpcClient(LoggedProcess):
    """A call that runs."""

    def __init__(self, port, method, *options):
        super().__init__([grpc_peer(), "call", str(port), method, *options])

    def results(self):
        """Of all its calls, in the order they ended in."""
        assert self.wait() == 0, self.log()
        return _parse(self.lines)


def _parse(lines):
    results = []
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "status":
            numbers, _, text = rest.partition(" text ")
            words = numbers.split(" ")
            results.append(Result(int(words[0]), [int(word) for word in words[2:-1]], words[-1] == "same", text, {}, {}))
        elif kind in ("initial", "trailing"):
            name, value = rest.split(" ") if " " in rest else (rest, "")
            getattr(results[-1], kind)[name] = bytes.fromhex(value)
    return results


def call(port, method, *options):
    """One call, from its start to its end."""
    run = subprocess.run([grpc_peer(), "call", str(port), method, *options], capture_output=True, timeout=waiting.DEADLINE_S * 2,
                         check=True)
    return _parse(run.stdout.decode().splitlines())[0]
