"""What the kernel counts for a process and its descendants."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time


def tree(pid):
    """`pid` and every process that descends from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_ns(pids):
    """Time on a CPU of all their threads, user and kernel, in nanoseconds."""
    total = 0
    for pid in pids:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as schedstat:
                    total += int(schedstat.read().split()[0])
        except OSError:
            continue
    return total


def rss_kib(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
                total += int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
        except (OSError, TypeError):
            continue
    return total


class _PerfCounter:
    """All system calls of the processes, by the kernel's tracepoint; costs them little."""

    def start(self, pids):
        """False where this is not allowed, or the kernel has no tracepoints."""
        self._perf = subprocess.Popen(["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", ",".join(map(str, pids))],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        return self._perf.poll() is None

    def stop(self):
        self._perf.send_signal(signal.SIGINT)
        counted = re.search(r"^(\d+),", self._perf.communicate()[1], re.M)
        return {"all": int(counted[1])} if counted else {}


class _StraceCounter:
    """System calls by name. Slows the processes, so that more events share an epoll_wait."""

    def start(self, pids):
        self._output = tempfile.NamedTemporaryFile("r", suffix=".strace")
        attach = [word for pid in pids for word in ("-p", str(pid))]
        self._strace = subprocess.Popen(["strace", "-c", "-f", "-o", self._output.name, *attach],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        return self._strace.poll() is None

    def stop(self):
        self._strace.send_signal(signal.SIGINT)
        self._strace.wait()
        with self._output:
            rows = [line.split() for line in self._output.read().splitlines()]
        return {row[-1]: int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total"}


class SyscallCounter:
    """Counts between start() and stop(), by whatever is here: perf, or strace when names are wanted."""

    def __init__(self, pids, by_name=False):
        self._pids = pids
        kinds = {"strace": _StraceCounter} if by_name else {"perf": _PerfCounter, "strace": _StraceCounter}
        self._candidates = [kind() for program, kind in kinds.items() if shutil.which(program)]
        self._counter = None

    def start(self):
        self._counter = next((c for c in self._candidates if c.start(self._pids)), None)

    def stop(self):
        """{name: calls}; one entry "all" when they have no names; {} when nothing here can count."""
        return self._counter.stop() if self._counter else {}
