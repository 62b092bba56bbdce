#!/usr/bin/env python3
"""C++ is laid out as .clang-format says.

usage: tools/format [--check] [FILE]...     default: every C++ file; --check changes nothing
"""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from tools.tidy.includes import CPP
from tools.tidy.tree import Tree

_FORMATTER = "clang-format-14"
_BATCH = 16


def _run(tree, files, options):
    return subprocess.run([_FORMATTER, *options, *files], cwd=tree.root, capture_output=True, text=True, check=False)


def _in_batches(tree, files, options):
    batches = [files[i:i + _BATCH] for i in range(0, len(files), _BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda batch: _run(tree, batch, options), batches))


def cpp_files(tree):
    return tree.under("source/", "test/", "bazel/", "examples/", ends=CPP)


def check(tree, files=None):
    """One fault for each file that differs from its formatted self."""
    faults = {}
    for done in _in_batches(tree, cpp_files(tree) if files is None else files, ["--dry-run", "--Werror"]):
        violations = [line for line in done.stderr.splitlines() if "[-Wclang-format-violations]" in line]
        for line in violations:
            path, number = line.split(":")[:2]
            faults.setdefault(path, f"{path}:{number}: is not formatted: run tools/format {path}")
        if done.returncode != 0 and not violations:
            faults[_FORMATTER] = f"{_FORMATTER}: {done.stderr.strip()}"
    return list(faults.values())


def main(arguments):
    tree = Tree(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
    only_check = "--check" in arguments
    named = [os.path.relpath(os.path.realpath(a), tree.root) for a in arguments if a != "--check"]
    files = named or cpp_files(tree)
    if only_check:
        faults = check(tree, files)
        print("\n".join(faults) or f"{len(files)} files are formatted")
        return 1 if faults else 0
    done = _in_batches(tree, files, ["-i"])
    sys.stderr.write("".join(d.stderr for d in done))
    return max((d.returncode for d in done), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
