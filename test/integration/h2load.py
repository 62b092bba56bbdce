"""h2load as a client: many requests over few HTTP/2 connections.

curl 7.88 cannot make a second request by prior knowledge over one connection, to any server.
"""
import os
import re
import subprocess
from typing import NamedTuple


class Load(NamedTuple):
    done: int  # requests whose stream ended, well or badly
    succeeded: int  # of them, answered with 2xx or 3xx
    statuses: dict  # "2xx": how many


def run(url, *options, requests, connections, streams, deadline_s=60):
    """`streams`: at once on each connection."""
    command = ["h2load", "-n", str(requests), "-c", str(connections), "-m", str(streams), *options, url]
    out = subprocess.run(command, capture_output=True, timeout=deadline_s, check=True, env={"PATH": os.environ["PATH"]}).stdout.decode()
    totals = {name: int(count) for count, name in re.findall(r"(\d+) (total|started|done|succeeded|failed|errored|timeout)\b", out)}
    statuses = {name: int(count) for count, name in re.findall(r"(\d+) (\dxx)\b", out)}
    return Load(totals["done"], totals["succeeded"], {name: count for name, count in statuses.items() if count})
