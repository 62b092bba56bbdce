"""User-mode instructions a request, counted by valgrind's callgrind: blind to the machine's noise.

Two runs of different length are divided difference by difference, so start-up does not count.
"""
import os
import re
import shutil
import subprocess
import tempfile

from tools.bench import rig

_SHORT, _LONG = 2000, 8000
_TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.M)


def _run(programs, scenario, peer, requests, folder):
    """(instructions of the busiest process, its profile) after `requests` requests."""
    output = os.path.join(folder, f"callgrind.{requests}")
    wrap = [shutil.which("valgrind"), "-q", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={output}.%p"]
    with rig.Cell(programs, scenario, peer, wrap=wrap) as cell:
        report = cell.load("count", requests)[0]
    if report["errors"]:
        raise RuntimeError(f"{peer.name}: {report['errors']} errors under callgrind")
    totals = []
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if path.startswith(output + "."):
            with open(path, encoding="utf-8", errors="replace") as file:
                found = _TOTAL.search(file.read())
            if found:
                totals.append((int(found[1]), path))
    if not totals:
        raise RuntimeError(f"{peer.name}: callgrind wrote no totals: the proxy did not end by itself")
    return max(totals), report["requests"]


def count(programs, scenario, peer, costliest=0):
    """{"instructions": a request[, "functions": the costliest of the long run]}; {} without valgrind."""
    if not shutil.which("valgrind"):
        return {}
    with tempfile.TemporaryDirectory(prefix="weir-bench.") as folder:
        os.chmod(folder, 0o777)  # nginx's worker, which is nobody when we are root, writes its profile too
        (short, _), short_requests = _run(programs, scenario, peer, _SHORT, folder)
        (long, profile), long_requests = _run(programs, scenario, peer, _LONG, folder)
        found = {"instructions": (long - short) / (long_requests - short_requests)}
        if costliest:
            text = subprocess.run(["callgrind_annotate", "--auto=no", profile], capture_output=True, text=True, check=False).stdout
            rows = [line.strip() for line in text.splitlines() if re.match(r"\s*[\d,]+ \(\s*[\d.]+%\)", line)]
            found["functions"] = rows[1:costliest + 1]  # the first is the total
        return found
