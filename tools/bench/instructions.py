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
    return max(totals)


def _by_function(profile):
    """{function: instructions} of one run's profile."""
    text = subprocess.run(["callgrind_annotate", "--auto=no", "--threshold=100", profile], capture_output=True, text=True, check=False).stdout
    found = {}
    for row in re.finditer(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+\S*?:(.*?)(?: \[[^]]*\])?$", text, re.M):
        found[row[2]] = found.get(row[2], 0) + int(row[1].replace(",", ""))
    return found


def _costliest(short_profile, long_profile, requests, how_many):
    """{function: instructions a request}, dearest first."""
    short, long = _by_function(short_profile), _by_function(long_profile)
    cost = {name: (count - short.get(name, 0)) / requests for name, count in long.items()}
    return dict(sorted(cost.items(), key=lambda item: -item[1])[:how_many])


def count(programs, scenario, peer, costliest=0):
    """{"instructions": a request[, "functions": the costliest and what they cost]}; {} without valgrind."""
    if not shutil.which("valgrind"):
        return {}
    with tempfile.TemporaryDirectory(prefix="weir-bench.") as folder:
        os.chmod(folder, 0o777)  # nginx's worker, which is nobody when we are root, writes its profile too
        short, short_profile = _run(programs, scenario, peer, _SHORT, folder)
        long, long_profile = _run(programs, scenario, peer, _LONG, folder)
        found = {"instructions": (long - short) / (_LONG - _SHORT)}
        if costliest:
            found["functions"] = _costliest(short_profile, long_profile, _LONG - _SHORT, costliest)
        return found
