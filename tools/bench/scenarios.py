"""What is measured: which traffic goes through a proxy, and how."""
from typing import NamedTuple


class Scenario(NamedTuple):
    load: str  # protocol and options of test/bench/load
    backend: list  # arguments of test/bench/backend
    connections: int
    unit: str = "request"
    mode: str = "http"  # or "tcp": bytes are relayed
    downstream: str = "http1"  # or "h2", in plaintext
    upstream: str = "http1"  # or "h2"
    tls: bool = False  # downstream
    is_idle: bool = False  # memory of connections that have made one exchange and wait
    flood: str = ""  # a second load beside the measured one, whose latency is what matters
    flood_connections: int = 0


_KIBIBYTE, _GRPC_KIBIBYTE = ["http", "1024"], ["grpc", "1024"]

# One worker; answers of 1 KiB by three endpoints in turn; keep-alive unless told otherwise.
SCENARIOS = {
    "http1": Scenario("http", _KIBIBYTE, 100),
    "tcp": Scenario("tcp", ["echo"], 100, "round trip", mode="tcp"),  # 64 bytes there and 64 back
    "h2-h1": Scenario("h2", _KIBIBYTE, 10, downstream="h2"),  # ten requests at once on each connection
    "h2-h2": Scenario("grpc", _GRPC_KIBIBYTE, 10, downstream="h2", upstream="h2"),  # unary calls
    "tls": Scenario("http+tls", _KIBIBYTE, 100, tls=True),
    "tls-hs": Scenario("http+tls+fresh", _KIBIBYTE, 20, "handshake and request", tls=True),
    "tls-flood": Scenario("http+tls", _KIBIBYTE, 10, tls=True, flood="http+tls+fresh", flood_connections=200),
    "idle-http1": Scenario("http", _KIBIBYTE, 8000, "connection", is_idle=True),
    "idle-tls": Scenario("http+tls", _KIBIBYTE, 8000, "connection", tls=True, is_idle=True),
    "idle-h2": Scenario("h2", _KIBIBYTE, 8000, "connection", downstream="h2", is_idle=True),
}
