"""The parts of the quick start: backends, traffic, and the two processes it is about."""
import asyncio
import bisect
import collections
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time


class Child:
    """A process whose output is kept line by line, and that ends with us."""

    def __init__(self, arguments, log_path):
        self.lines = []
        self._log = open(log_path, "w", encoding="utf-8")
        self._changed = threading.Condition()
        self.popen = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.popen.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
            self._log.write(line)
            self._log.flush()
        with self._changed:
            self.lines.append("(ended)")
            self._changed.notify_all()

    def wait_for(self, pattern, since=0, seconds=20):
        """The match of the first line from `since` on; None when there was none in time."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for line in self.lines[since:]:
                    if match := re.search(pattern, line):
                        return match
                left = end - time.monotonic()
                if left <= 0 or (self.lines and self.lines[-1] == "(ended)"):
                    return None
                self._changed.wait(left)

    def stop(self, number=signal.SIGTERM):
        """The exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()


def backend(name):
    """A tiny HTTP server process that answers with its name; (process, port)."""
    popen = subprocess.Popen([sys.executable, __file__, name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             text=True, start_new_session=True)
    return popen, int(popen.stdout.readline())


async def _serve(reader, writer, name):
    body = f"{name}\n".encode()
    reply = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nx-backend: %s\r\n\r\n%s" % (len(body), name.encode(), body)
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(reply)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def _run_backend(name):
    server = await asyncio.start_server(lambda r, w: _serve(r, w, name), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Traffic:
    """Keep-alive clients that ask without end, and count who answered."""

    CLIENTS = 4
    PAUSE_S = 0.005

    def __init__(self, port):
        self._port = port
        self._lock = threading.Lock()
        self._stopped = False
        self.reset()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(self.CLIENTS)]
        for thread in self._threads:
            thread.start()

    def reset(self):
        with self._lock:
            self._by_backend = collections.Counter()
            self._errors = []
            self._times = []

    def _ask(self):
        connection = None
        while not self._stopped:
            began = time.monotonic()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
                connection.request("GET", "/")
                answer = connection.getresponse()
                body = answer.read().decode().strip()
                outcome = body if answer.status == 200 else None
                error = None if outcome else f"{answer.status} {body}"
            except (OSError, http.client.HTTPException) as problem:
                outcome, error, connection = None, repr(problem), None
            with self._lock:
                if outcome:
                    self._by_backend[outcome] += 1
                    bisect.insort(self._times, time.monotonic() - began)
                else:
                    self._errors.append(error)
            time.sleep(self.PAUSE_S)

    def stop(self):
        self._stopped = True
        for thread in self._threads:
            thread.join()

    def counts(self):
        """({backend: requests}, [errors], p50 ms, p99 ms) since the last reset."""
        with self._lock:
            times = self._times
            at = lambda share: 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else 0.0
            return dict(self._by_backend), list(self._errors), at(0.5), at(0.99)


class Admin:
    """Weir's admin endpoint."""

    def __init__(self, port):
        self._port = port

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def listener_port(self, name):
        for line in self.get("/listeners").splitlines():
            if line.startswith(name + "::"):
                return int(line.rsplit(":", 1)[1])
        return None

    def version(self, kind):
        """The version that serves of the kind's (only) dynamic resource, and why a newer was refused."""
        for section in json.loads(self.get(f"/config_dump?include_eds&resource={kind}")).get("configs", []):
            for entry in section.get(kind, []):
                return entry.get("version_info", ""), entry.get("error_state", {}).get("details", "")
        return "", ""

    def health(self):
        """{address: "healthy" or why not, with failed connects}"""
        rows = {}
        for line in self.get("/clusters").splitlines():
            parts = line.split("::")
            if len(parts) == 4 and parts[0] in ("stable", "canary") and ":" in parts[1]:
                rows.setdefault(parts[1], {})[parts[2]] = parts[3]
        return {address: row["health_flags"] + (f" ({row['cx_connect_fail']} refused)"
                                                if row["cx_connect_fail"] != "0" else "")
                for address, row in rows.items()}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    asyncio.run(_run_backend(sys.argv[1]))
