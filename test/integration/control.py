"""weir-control serving a folder, which the test changes the way an editor does."""
import json
import os
import tempfile

from test.integration import bootstrap as b
from test.integration.proxy import LoggedProcess

_ADS = {"ads": {}, "resource_api_version": "V3"}


def over_ads(cluster_name, **more):
    """A cluster that gets its endpoints over ADS."""
    return {"name": cluster_name, "type": "EDS", "connect_timeout": "2s",
            "eds_cluster_config": {"eds_config": _ADS}, **more}


def manager_over_ads(routes="routes", **fields):
    """A connection manager that gets its routes over ADS."""
    return b.connection_manager(rds={"config_source": _ADS, "route_config_name": routes}, **fields)


class Control:
    """A control plane that can be killed and started again, at the same port and with the same folder."""

    def __init__(self, binary):
        self._binary = binary
        self._folder = tempfile.TemporaryDirectory(prefix="weir-control-", dir=os.environ.get("TEST_TMPDIR"))
        self.directory = os.path.join(self._folder.name, "resources")
        os.mkdir(self.directory)
        self.port = 0
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.kill()
        self._folder.cleanup()

    def start(self):
        self.process = LoggedProcess([self._binary, "--directory", self.directory, "--listen", f"127.0.0.1:{self.port}"])
        self.port = int(self.process.wait_for_line(r"listening on 127\.0\.0\.1:(\d+)")[1])

    def kill(self):
        """At once: its clients hear nothing but the end of their connections."""
        self.process.kill()

    def serve(self, **lists):
        """`clusters`, `endpoints`, `listeners`, `routes`: what is given takes the place of what there was, in one push."""
        for kind, resources in lists.items():
            beside = os.path.join(self._folder.name, "beside")
            with open(beside, "w", encoding="utf-8") as file:
                json.dump({kind: resources}, file)
            os.replace(beside, os.path.join(self.directory, f"{kind}.json"))

    def refusal(self, since=0):
        """The reason of the first NACK after so many lines of its log."""
        return self.process.wait_for_line(r'NACK .*detail="(.*)"', since)[1]

    def lines_so_far(self):
        return len(self.process.lines)
