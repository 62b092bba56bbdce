"""The examples hold: the real binaries accept them, and those for a start do what their comments say."""
import glob
import http.client
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest

_WEIR, _CONTROL = sys.argv[1:3]
_DEADLINE_S = 30


class _Backend(socketserver.ThreadingTCPServer):
    """Answers what `answer(bytes)` says to the first bytes of each connection, then closes it."""

    daemon_threads = True

    def __init__(self, answer):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(answer(self.request.recv(65536)))

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Running:
    """Weir with an example, its ports replaced by free ones."""

    def __init__(self, test, example, backend_ports):
        with open(example, encoding="utf-8") as file:
            text = re.sub(r"port_value: \d+(?=.*\n *filter_chains)", "port_value: 0", file.read())
        text = re.sub(r"0\.0\.0\.0|port_value: 9901", lambda m: "127.0.0.1" if m[0] == "0.0.0.0" else "port_value: 0", text)
        for old, new in backend_ports.items():
            text = text.replace(f"port_value: {old}", f"port_value: {new}")
        config = tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=os.environ.get("TEST_TMPDIR"))
        test.addCleanup(config.close)
        config.write(text)
        config.flush()
        self._process = subprocess.Popen([_WEIR, "-c", config.name, "--concurrency", "1"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        test.addCleanup(self._end, test)
        log = iter(self._process.stderr.readline, "")
        self._admin_port = int(next(m for line in log if (m := re.search(r"admin address: 127\.0\.0\.1:(\d+)", line)))[1])
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        while self.admin("/ready")[0] != 200:
            pass
        addresses = json.loads(self.admin("/listeners?format=json")[1])["listener_statuses"]
        self.port = addresses[0]["local_address"]["socket_address"]["port_value"]

    def _end(self, test):
        self._process.send_signal(signal.SIGTERM)
        test.assertEqual(self._process.wait(_DEADLINE_S), 0)

    def admin(self, path):
        return get(self._admin_port, path)


def get(port, path):
    """(status, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_DEADLINE_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class ExamplesTest(unittest.TestCase):
    def backend(self, answer):
        server = _Backend(answer)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def test_every_bootstrap_is_valid(self):
        bootstraps = [f for f in glob.glob("examples/**/*.yaml", recursive=True) if "/resources/" not in f]
        self.assertGreaterEqual(len(bootstraps), 4)
        for bootstrap in bootstraps:
            with self.subTest(bootstrap):
                checked = subprocess.run([_WEIR, "--mode", "validate", "-c", bootstrap], capture_output=True, text=True, check=False)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_every_folder_of_resources_is_valid(self):
        folders = {os.path.dirname(f) for f in glob.glob("examples/**/resources/*.yaml", recursive=True)}
        self.assertGreaterEqual(len(folders), 1)
        for folder in folders:
            with self.subTest(folder):
                checked = subprocess.run([_CONTROL, "--mode", "validate", "--directory", folder], capture_output=True, text=True, check=False)
                self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_http(self):
        def host(name):
            def answer(request):
                path = request.split()[1].decode()
                body = f"{name} {path}".encode()
                return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            return answer

        weir = _Running(self, "examples/http.yaml", {8081: self.backend(host("one")), 8082: self.backend(host("two"))})
        status, body = get(weir.port, "/")
        self.assertEqual(status, 200)
        self.assertIn("Weir is here", body)
        answers = sorted(get(weir.port, "/api/x") for _ in range(4))
        self.assertEqual(answers, [(200, "one /x")] * 2 + [(200, "two /x")] * 2)

    def test_tcp(self):
        echo = [self.backend(lambda question: b"answer to " + question) for _ in range(2)]
        weir = _Running(self, "examples/tcp.yaml", {5433: echo[0], 5434: echo[1]})
        with socket.create_connection(("127.0.0.1", weir.port), _DEADLINE_S) as client:
            client.sendall(b"select 1")
            self.assertEqual(client.recv(100), b"answer to select 1")


if __name__ == "__main__":
    unittest.main()
