"""One cell of the benchmark: an origin, a proxy before it, a load, and what the proxy spent.

The proxy has a CPU to itself, everything else shares the others. Its CPU time is read at the load's
"start" and "end" marks, so neither start-up nor shut-down counts. On loopback the sender of a segment
also pays for the receiver's TCP input: a proxy's figure includes its peers' and not its own, the same
for every proxy.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import signal
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from typing import NamedTuple

from tools.bench import configs, counters
from tools.bench.scenarios import SCENARIOS

_ENDPOINTS = 3
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


def enter_private_network():
    """A network of our own with nothing but a loopback: runs do not meet other users of the machine.

    Returns False, and changes nothing, where the kernel does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWNET) != 0:
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            return False
        for name, text in [("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")]:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    with socket.socket() as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))
    return True


def raise_descriptor_limit():
    """As far as we may; children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cpus(NamedTuple):
    proxy: set
    others: set

    @staticmethod
    def of_this_machine():
        allowed = sorted(os.sched_getaffinity(0))
        return Cpus({allowed[-1]}, set(allowed[:-1]) or set(allowed))


class Process:
    """A child on given CPUs, in a session of its own; ended, with its descendants, on leaving `with`."""

    def __init__(self, arguments, cpus, **options):
        self.popen = subprocess.Popen(arguments, start_new_session=True,
                                      preexec_fn=lambda: os.sched_setaffinity(0, cpus), **options)

    def __enter__(self):
        return self.popen

    def __exit__(self, *exception):
        family = counters.tree(self.popen.pid)
        self.popen.terminate()
        try:
            self.popen.wait(15)
        except subprocess.TimeoutExpired:
            for pid in family:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                pipe.close()


class Programs(NamedTuple):
    backend: str
    load: str


# The connection preface with an empty SETTINGS frame; a server answers with SETTINGS (RFC 9113 §3.4).
_HTTP2_OPENING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def _answers(scenario, port):
    """Whether one exchange through the proxy succeeds."""
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 1))
        connection.settimeout(2)
        if scenario.tls:
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            connection = stack.enter_context(trusting.wrap_socket(connection))
        if scenario.mode == "tcp":
            connection.sendall(b"ping")
            return connection.recv(64) == b"ping"
        if scenario.downstream == "h2":
            connection.sendall(_HTTP2_OPENING)
            return connection.recv(64)[3:4] == b"\x04"
        connection.sendall(b"GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n")
        return connection.recv(64).startswith(b"HTTP/1.1 200")


def wait_until_serving(scenario, port, proxy, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if proxy.poll() is not None:
            raise RuntimeError(f"it exited with {proxy.returncode}")
        with contextlib.suppress(OSError):
            if _answers(scenario, port):
                return
        time.sleep(0.01)
    raise RuntimeError("it gave no good answer")


def make_certificate(folder):
    """(certificate, key, both in one file): self-signed, P-256."""
    certificate, key, both = (os.path.join(folder, name) for name in ("certificate.pem", "key.pem", "both.pem"))
    subprocess.run([shutil.which("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=bench.test", "-addext", "subjectAltName=DNS:bench.test",
                    "-keyout", key, "-out", certificate], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(both, "w", encoding="ascii") as file:
        for path in (certificate, key):
            with open(path, encoding="ascii") as part:
                file.write(part.read())
    return certificate, key, both


class Cell:
    """A running origin and proxy; use as `with Cell(...) as cell`."""

    def __init__(self, programs, scenario, peer, cpus=None, wrap=(), environment=None):
        self.scenario = SCENARIOS[scenario]
        self._programs, self._peer = programs, peer
        self._cpus = cpus or Cpus.of_this_machine()
        self._wrap, self._environment = list(wrap), environment
        self._open = []

    def _enter(self, context):
        self._open.append(context)
        return context.__enter__()

    def __enter__(self):
        try:
            folder = self._enter(tempfile.TemporaryDirectory(prefix="weir-bench."))
            errors = self._enter(open(os.path.join(folder, "stderr"), "w+", encoding="utf-8", errors="replace"))
            mode, *rest = self.scenario.backend
            backend = self._enter(Process([self._programs.backend, mode, ",".join(["0"] * _ENDPOINTS), *rest],
                                          self._cpus.others, stdout=subprocess.PIPE, text=True))
            ports = [int(p) for p in backend.stdout.readline().split()[1].split(",")]
            self.port = free_port()
            certificate = make_certificate(folder) if self.scenario.tls else ("", "", "")
            place = configs.Place(folder, self.port, ports, *certificate)
            command = self._wrap + self._peer.command(self.scenario, place)
            self.proxy = self._enter(Process(command, self._cpus.proxy, stdout=subprocess.DEVNULL, stderr=errors,
                                             cwd=folder, env=self._environment))
            try:
                wait_until_serving(self.scenario, self.port, self.proxy)
            except RuntimeError as error:
                errors.seek(0)
                raise RuntimeError(f"{self._peer.name}: {error}: {errors.read()[-500:].strip()}") from error
            self.pids = counters.tree(self.proxy.pid)
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exception):
        while self._open:
            self._open.pop().__exit__(None, None, None)

    def _loading(self, protocol, connections, *how):
        arguments = [self._programs.load, protocol, self.port, connections, *how]
        return Process([str(a) for a in arguments], self._cpus.others, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def load(self, *how, at_start=lambda: None, at_end=lambda: None):
        """Runs the load: (its report, at_start(), at_end()). `how`: WARM_S, SECONDS or "count", REQUESTS."""
        with self._loading(self.scenario.load, self.scenario.connections, *how) as load:
            before = None
            for line in load.stdout:
                if line.startswith("start"):
                    before = at_start()
                    if how[0] == "count":
                        load.stdin.write("go\n")
                        load.stdin.flush()
                elif line.startswith("end "):
                    after = at_end()
                    load.stdin.close()
                    return json.loads(line[4:]), before, after
        raise RuntimeError(f"{self._peer.name}: the load gave no result")

    def flood(self):
        """The scenario's second load, for as long as `with` lasts."""
        if not self.scenario.flood:
            return contextlib.nullcontext()
        return self._loading(self.scenario.flood, self.scenario.flood_connections, 0, 3600)


def _measure_idle(cell):
    """Memory of a connection that has made one exchange and waits; the whole process's growth, shared out."""
    base = counters.rss_kib(cell.pids)
    report, held, _ = cell.load("count", 1, at_start=lambda: counters.rss_kib(cell.pids))
    return {"errors": report["errors"], "rss_kib": held, "idle_rss_kib": base,
            "idle_bytes": (held - base) * 1024 / cell.scenario.connections}


def measure(cell, seconds, warm=0.7):
    """One record: CPU time, throughput, latencies and memory under load."""
    if cell.scenario.is_idle:
        return _measure_idle(cell)
    idle_rss = counters.rss_kib(cell.pids)
    with cell.flood():
        report, before, (after, rss) = cell.load(
            warm, seconds, at_start=lambda: counters.cpu_ns(cell.pids),
            at_end=lambda: (counters.cpu_ns(cell.pids), counters.rss_kib(cell.pids)))
    requests = max(1, report["requests"])
    record = {**report, "per_second": requests / report["seconds"], "rss_kib": rss, "idle_rss_kib": idle_rss}
    if not cell.scenario.flood:  # else most of it is the flood's
        record["cpu_us"] = (after - before) / 1e3 / requests
    return record


def count_syscalls(cell, by_name=False, requests=20000):
    """System calls a steady request, in a run of its own; {} where they cannot be counted."""
    if cell.scenario.is_idle or cell.scenario.flood:
        return {}
    counter = counters.SyscallCounter(cell.pids, by_name)
    calls = cell.load("count", requests, at_start=counter.start, at_end=counter.stop)[2]
    if not calls:
        return {}
    found = {"syscalls": sum(calls.values()) / requests}
    if by_name:
        found["syscalls_by_name"] = {name: n / requests for name, n in sorted(calls.items(), key=lambda item: -item[1])}
    return found
