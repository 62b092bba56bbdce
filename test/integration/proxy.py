"""The real binary, run with a bootstrap, and asked through its admin endpoint.

Ports are any free ones; where it listens is read from its log (admin) and from /listeners. When it is stopped
it must end with code 0 and without a sanitizer's report: a case that leaves a crash behind fails.
"""
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading

from test.integration import bootstrap as bootstraps
from test.integration import waiting

_ADMIN_ADDRESS = re.compile(r"admin address: 127\.0\.0\.1:(\d+)")
_REPORT = re.compile(r"Sanitizer|runtime error:|CHECK failed|terminate called|Assertion")


def sanitized(options):
    """Environment in which sanitizers, where the process has any, are told `options` as well."""
    return {name: f"{os.environ.get(name, '')}:{options}" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}


class LoggedProcess:
    """A child whose output, of both streams, is kept line by line."""

    def __init__(self, arguments, environment=None, stdin=subprocess.DEVNULL, inherits=()):
        self.lines = []
        self._changed = threading.Condition()
        self._ended = False
        self.popen = subprocess.Popen(arguments, stdin=stdin, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, start_new_session=True, pass_fds=inherits,
                                      env={**os.environ, **(environment or {})})
        self.pid = self.popen.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.popen.stdout as stream:
            for line in stream:
                with self._changed:
                    self.lines.append(line.decode(errors="replace").rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for_line(self, pattern, since=0, deadline_s=waiting.DEADLINE_S):
        """The match in the first line from `since` on that has one."""
        def find():
            return next((m for line in self.lines[since:] if (m := re.search(pattern, line))), None)

        with self._changed:
            waiting.for_change(self._changed, lambda: find() or self._ended, lambda: f"a line {pattern!r} among\n{self.log()}",
                               deadline_s)
            found = find()
        if not found:
            raise AssertionError(f"the process ended without a line {pattern!r}:\n{self.log()}")
        return found

    def log(self):
        return "\n".join(self.lines)

    def send_signal(self, number):
        self.popen.send_signal(number)

    def wait(self, deadline_s=waiting.DEADLINE_S):
        """The exit code."""
        try:
            code = self.popen.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise waiting.TooLate(f"the process did not end within {deadline_s} s:\n{self.log()}") from None
        self._reader.join()
        return code

    def kill(self):
        """At once, and without a word. Does nothing to one that ended already."""
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self._reader.join()


class Proxy(LoggedProcess):
    def __init__(self, binary, config, workers=2, arguments=(), waits=True, environment=None):
        """`config`: a bootstrap as data. `waits`: until /ready says so. `environment`: more of it."""
        self.folder = tempfile.TemporaryDirectory(prefix="weir-test-", dir=os.environ.get("TEST_TMPDIR"))
        path = os.path.join(self.folder.name, "bootstrap.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        super().__init__([binary, "-c", path, "--concurrency", str(workers), *arguments], environment)
        try:
            self.admin_port = int(self.wait_for_line(_ADMIN_ADDRESS)[1])
            if waits:
                self.wait_for_line("all listeners are live")
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *exception):
        if kind is None:
            self.stop()
        else:
            self.kill()
        self.folder.cleanup()

    def admin(self, path, method="GET", headers=()):
        """(status, headers, text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=waiting.DEADLINE_S)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def admin_json(self, path):
        status, _, text = self.admin(path)
        assert status == 200, f"{path}: {status} {text}"
        return json.loads(text)

    def ports(self):
        """{listener: port}, of those that have one."""
        rows = self.admin_json("/listeners?format=json").get("listener_statuses", [])
        return {row["name"]: row["local_address"]["socket_address"]["port_value"] for row in rows
                if "socket_address" in row["local_address"]}

    def port(self, name="http"):
        return waiting.until(lambda: self.ports().get(name), f"listener {name}")

    def stats(self, pattern=""):
        """{name: value} of counters and gauges whose name matches."""
        status, _, text = self.admin(f"/stats?filter={pattern}")
        assert status == 200, text
        pairs = (line.split(": ", 1) for line in text.splitlines())
        return {name: int(value) for name, value in pairs if value.isdigit()}

    def stat(self, name):
        return self.stats("^" + name.replace(".", "[.]") + "$").get(name, 0)

    def wait_for_stat(self, name, value):
        waiting.until(lambda: self.stat(name) == value, lambda: f"{name} == {value} (it is {self.stat(name)})")

    def wait_for_silence(self, allowed=0):
        """Until nothing is open or active any more but `allowed` downstream connections."""
        def busy():
            gauges = self.stats("(cx_active|rq_active|rq_pending_active)$")
            return {name: value for name, value in gauges.items() if value > 0 and "upstream_cx" not in name
                    and not (name.endswith("cx_active") and value <= allowed)}

        waiting.until(lambda: not busy(), lambda: f"silence; still {busy()}")

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def stop(self):
        """Ends it gently but at once; complains about all that went wrong in it."""
        if self.popen.poll() is None:
            self.send_signal(signal.SIGINT)
        code = self.wait()
        self.check_log()
        assert code == 0, f"exit code {code}:\n{self.log()}"

    def check_log(self):
        found = _REPORT.search(self.log())
        assert found is None, self.log()


class AccessLog:
    """A file that a proxy logs to in JSON; lines are written a little after the fact."""

    def __init__(self, folder=None):
        descriptor, self.path = tempfile.mkstemp(prefix="access-", suffix=".log",
                                                 dir=folder or os.environ.get("TEST_TMPDIR"))
        os.close(descriptor)

    def config(self):
        return bootstraps.file_log(self.path, bootstraps.LOG_FIELDS)

    def text(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def lines(self):
        whole = self.text().split("\n")[:-1]
        return [json.loads(line) for line in whole]

    def wait_for(self, ready, what):
        """Until ready(lines); returns the lines."""
        waiting.until(lambda: ready(self.lines()), lambda: f"{what}; the log is\n{self.text()}")
        return self.lines()

    def last(self, path):
        """The last line about that path."""
        def of_path():
            return [line for line in self.lines() if line["path"] == path]

        return waiting.until(of_path, lambda: f"a line about {path}; the log is\n{self.text()}")[-1]
