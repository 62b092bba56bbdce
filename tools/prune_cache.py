#!/usr/bin/env python3
"""Keeps Bazel's disk cache small: Bazel itself never deletes from it.

usage: prune_cache.py FOLDER [MAX_DAYS [MAX_MIB]]     (14 days, 5,000 MiB)

Removes files that nobody read or wrote for MAX_DAYS, then the longest unused ones until the rest
fits. A blob that is gone is a cache miss, nothing worse, so this is safe beside a running build.
"""
import os
import sys
import time


def entries(folder):
    """(last use, bytes, path) of every file; files that vanish meanwhile are passed over."""
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            try:
                info = os.stat(path)
            except OSError:
                continue
            found.append((max(info.st_atime, info.st_mtime), info.st_size, path))
    return sorted(found)


def prune(folder, max_days=14, max_mib=5000, now=None):
    """Deletes what is too old or too much; returns how many files that were."""
    oldest_allowed = (time.time() if now is None else now) - max_days * 86400
    found = entries(folder)
    total = sum(size for _, size, _ in found)
    removed = 0
    for last_use, size, path in found:
        if last_use >= oldest_allowed and total <= max_mib * 1024 * 1024:
            break
        try:
            os.unlink(path)
        except OSError:
            continue
        total -= size
        removed += 1
    return removed


if __name__ == "__main__":
    prune(sys.argv[1], *(float(a) for a in sys.argv[2:4]))
