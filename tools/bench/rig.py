"""One cell of the benchmark: an origin, a proxy before it, a load, and what the proxy spent.

The proxy has a CPU to itself, everything else shares the others. Its CPU time is read at the load's
"start" and "end" marks, so neither start-up nor shut-down counts. On loopback the sender of a segment
also pays for the receiver's TCP input: a proxy's figure includes its peers' and not its own, the same
for every proxy.
"""
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
from typing import NamedTuple

from tools.bench import counters, peers

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


def wait_until_serving(mode, port, proxy, seconds=60):
    """Until one exchange through the proxy succeeds."""
    question = b"GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n" if mode == "http" else b"ping"
    expected = b"HTTP/1.1 200" if mode == "http" else b"ping"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if proxy.poll() is not None:
            raise RuntimeError(f"it exited with {proxy.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.settimeout(2)
                connection.sendall(question)
                if connection.recv(64).startswith(expected):
                    return
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError("it gave no good answer")


class Cell:
    """A running origin and proxy; use as `with Cell(...) as cell`."""

    def __init__(self, programs, scenario, peer, cpus=None, wrap=(), environment=None):
        self.scenario = peers.SCENARIOS[scenario]
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
            mode, *rest = self.scenario["backend"]
            backend = self._enter(Process([self._programs.backend, mode, ",".join(["0"] * _ENDPOINTS), *rest],
                                          self._cpus.others, stdout=subprocess.PIPE, text=True))
            ports = [int(p) for p in backend.stdout.readline().split()[1].split(",")]
            self.port = free_port()
            command = self._wrap + self._peer.command(self.scenario["mode"], folder, self.port, ports)
            self.proxy = self._enter(Process(command, self._cpus.proxy, stdout=subprocess.DEVNULL, stderr=errors,
                                             cwd=folder, env=self._environment))
            try:
                wait_until_serving(self.scenario["mode"], self.port, self.proxy)
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

    def load(self, *how, at_start=lambda: None, at_end=lambda: None):
        """Runs the load: (its report, at_start(), at_end()). `how`: WARM_S, SECONDS or "count", REQUESTS."""
        arguments = [self._programs.load, self.scenario["mode"], self.port, self.scenario["connections"], *how]
        with Process([str(a) for a in arguments], self._cpus.others, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
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


def measure(cell, seconds, warm=0.7):
    """One record: CPU time, throughput, latencies and memory under load."""
    idle_rss = counters.rss_kib(cell.pids)
    report, before, (after, rss) = cell.load(
        warm, seconds, at_start=lambda: counters.cpu_ns(cell.pids),
        at_end=lambda: (counters.cpu_ns(cell.pids), counters.rss_kib(cell.pids)))
    requests = max(1, report["requests"])
    return {**report, "cpu_us": (after - before) / 1e3 / requests, "per_second": requests / report["seconds"],
            "rss_kib": rss, "idle_rss_kib": idle_rss}


def count_syscalls(cell, by_name=False, requests=20000):
    """System calls a steady request, in a run of its own; {} where they cannot be counted."""
    counter = counters.SyscallCounter(cell.pids, by_name)
    calls = cell.load("count", requests, at_start=counter.start, at_end=counter.stop)[2]
    if not calls:
        return {}
    found = {"syscalls": sum(calls.values()) / requests}
    if by_name:
        found["syscalls_by_name"] = {name: n / requests for name, n in sorted(calls.items(), key=lambda item: -item[1])}
    return found
