"""The access log: Envoy's default format, JSON, filters, standard output; nothing a client says breaks a line."""
import json
import os
import re
import signal
import unittest

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.case import ProxyTestCase
from test.integration.proxy import AccessLog
from test.integration.raw_client import exchange, get

_DEFAULT_LINE = re.compile(
    r'^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "GET /log\?q=1 HTTP/1\.1" 200 - 0 2 \d+ \d+ "127\.0\.0\.1" "agent" '
    r'"[0-9a-f-]{36}" "test" "127\.0\.0\.1:(\d+)"$')


class AccessLogTest(ProxyTestCase):
    def serve(self, *logs):
        self.backend = self.start_backend()
        self.proxy = self.start_proxy(b.bootstrap(
            [b.listener(b.connection_manager([b.route("/", "backend")], logs))], [b.cluster([self.backend.port])]))
        return self.proxy.port()

    def test_the_default_format(self):
        log = AccessLog()
        get(self.serve(b.file_log(log.path)), "/log?q=1", ["User-Agent: agent"])
        waiting.until(lambda: log.text().endswith("\n"), "a line")
        found = _DEFAULT_LINE.match(log.text().rstrip("\n"))
        self.assertIsNotNone(found, log.text())
        self.assertEqual(int(found[1]), self.backend.port)

    def test_to_standard_output(self):
        stdout = {"name": "stdout", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"text_format_source": {"inline_string": "LINE %REQ(:PATH)% %RESPONSE_CODE%\n"}}}}
        get(self.serve(stdout), "/out")
        self.proxy.wait_for_line("^LINE /out 200$")

    def test_nothing_from_a_request_breaks_a_line(self):
        log = AccessLog()
        fields = {"agent": "%REQ(USER-AGENT)%", "path": "%REQ(:PATH)%"}
        get(self.serve(b.file_log(log.path, fields)), "/q?%22%0a", ['User-Agent: a"b\\c\td\xff'.encode("utf-8").decode()])
        line = log.wait_for(bool, "a line")[0]
        self.assertTrue(line["agent"].startswith('a"b\\c'), line)

    def test_filters(self):
        log = AccessLog()
        entry = {**log.config(), "filter": {"status_code_filter": {"comparison": {
            "op": "GE", "value": {"default_value": 400, "runtime_key": "x"}}}}}
        port = self.serve(entry)
        get(port, "/good")
        exchange(port, b"GET / HTTP/9.9\r\n\r\n")
        self.assertEqual([line["code"] >= 400 for line in log.wait_for(bool, "a line")], [True])

    def test_logs_can_be_moved_away(self):
        log = AccessLog()
        port = self.serve(log.config())
        get(port, "/before")
        log.wait_for(lambda lines: len(lines) == 1, "the first line")
        os.rename(log.path, log.path + ".old")
        self.proxy.send_signal(signal.SIGUSR1)
        waiting.until(lambda: os.path.exists(log.path), "a new file")
        get(port, "/after")
        self.assertEqual([line["path"] for line in log.wait_for(bool, "a line")], ["/after"])
        with open(log.path + ".old", encoding="utf-8") as old:
            self.assertEqual(json.loads(old.read())["path"], "/before")


if __name__ == "__main__":
    unittest.main()
