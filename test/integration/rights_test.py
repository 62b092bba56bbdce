"""Who the process is and what it may do (P18 to P20): outside the sandbox, in which there is one user only."""
import json
import os
import pwd
import signal
import subprocess
import tempfile
import unittest

from test.integration import bootstrap as b
from test.integration.case import ProxyTestCase, is_instrumented, weir
from test.integration.proxy import LoggedProcess
from test.integration.raw_client import get


class RightsTest(ProxyTestCase):
    @staticmethod
    def status(proxy):
        with open(f"/proc/{proxy.pid}/status", encoding="ascii") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def test_p18_root_becomes_somebody_else(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        nobody = pwd.getpwnam("nobody")
        for more, owner in ((), 0), (("--enable-core-dump",), nobody.pw_uid):
            proxy = self.start_proxy(b.serving(), arguments=["--user", "nobody", *more])
            status = self.status(proxy)
            self.assertEqual(status["Uid"].split(), [str(nobody.pw_uid)] * 4)
            self.assertEqual(status["Gid"].split(), [str(nobody.pw_gid)] * 4)
            self.assertEqual(status["NoNewPrivs"], "1")
            # CAP_NET_BIND_SERVICE at most.
            self.assertEqual(int(status["CapPrm"], 16) | 1 << 10, 1 << 10)
            self.assertEqual(int(status["CapEff"], 16) | 1 << 10, 1 << 10)
            # P19: the files of a process that may not be looked into belong to root.
            self.assertEqual(os.stat(f"/proc/{proxy.pid}/environ").st_uid, owner)
            self.assertEqual(get(proxy.port()).body, b"hi")

    def test_p18_root_is_told(self):
        proxy = self.start_proxy(b.serving())
        said = "runs as root" in proxy.log()
        self.assertEqual(said, os.geteuid() == 0)

    def test_p10_another_user_may_not_take_over(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        folder = self.enter(tempfile.TemporaryDirectory(prefix="weir-", dir="/tmp"))
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "restart")
        proxy = self.start_proxy(b.serving(), arguments=["--hot-restart-path", path])
        script = "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(sys.argv[1])"
        nobody = subprocess.run(["/usr/bin/python3", "-c", script, path], user="nobody", capture_output=True, check=False)
        self.assertIn(b"PermissionError", nobody.stderr)
        # Nor where the file's mode does not keep it away.
        os.chmod(path, 0o666)
        subprocess.run(["/usr/bin/python3", "-c", script, path], user="nobody", check=True)
        proxy.wait_for_line("may not take over: it runs as another user")
        self.assertEqual(get(proxy.port()).body, b"hi")

    def test_p19_no_core(self):
        proxy = self.start_proxy(b.serving())
        with open(f"/proc/{proxy.pid}/limits", encoding="ascii") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")

    def test_p20_nothing_to_write_to(self):
        """A root that is read-only, no /tmp, no /proc."""
        hide = ("mount --make-rprivate / && mount -t tmpfs -o ro none /tmp && mount -t tmpfs -o ro none /proc "
                "&& mount -o remount,bind,ro / && exec \"$@\"")
        binary = os.path.realpath(weir())
        if binary.startswith("/tmp/") or subprocess.run(["unshare", "-m", "sh", "-c", hide, "sh", "true"],
                                                        capture_output=True, check=False).returncode != 0:
            self.skipTest("needs a mount namespace of its own")
        process = LoggedProcess(["unshare", "-m", "sh", "-c", hide, "sh", binary, "--concurrency", "2", "--config-yaml",
                                 json.dumps(b.serving())])
        self.addCleanup(process.kill)
        process.wait_for_line("all listeners are live")
        port = int(process.wait_for_line(r'listener "http" is live on 127\.0\.0\.1:(\d+)')[1])
        self.assertEqual(get(port).body, b"hi")
        process.send_signal(signal.SIGINT)
        status = process.wait()
        process.wait_for_line("ends with")
        # The search for leaks needs /proc, and so does being told not to search.
        if not is_instrumented():
            self.assertEqual(status, 0, process.log())


if __name__ == "__main__":
    unittest.main()
