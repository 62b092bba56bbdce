"""Every unit has a test, and every test is built.

A unit is a .cc file under source/. Its test is test/<same folders>/<unit>_test.cc; a unit that is
tested through a neighbour says where: `// Tested by test/http/http1_server_test.cc`.
"""
import fnmatch
import re

from tools.tidy import build_files
from tools.tidy.tree import folder_of

# Lists and flags, exercised by everything that runs the binary.
_NOT_UNITS = re.compile(r"(^|/)(main|extensions)\.cc$")
_TESTED_BY = re.compile(r"// Tested by (test/\S+)")
_TEST_FILE = re.compile(r".*_test\.(cc|py|sh)$")


def _missing_test(tree, unit):
    expected = "test/" + unit[len("source/"):-len(".cc")] + "_test.cc"
    if tree.has(expected):
        return None
    elsewhere = _TESTED_BY.findall(tree.text(unit))
    if not elsewhere:
        return f"{unit}:1: has no test: add {expected}, or a line '// Tested by test/...'"
    gone = [t for t in elsewhere if not tree.has(t.rstrip(".,;:"))]
    return f"{unit}:1: is tested by {gone[0]}, which does not exist" if gone else None


def check(tree):
    units = [u for u in tree.under("source/", ends=(".cc",)) if not _NOT_UNITS.search(u)]
    faults = [fault for unit in units if (fault := _missing_test(tree, unit))]
    return faults + _tests_never_built(tree)


def _is_named(tree, package, path):
    """Is the file in a target? Named itself, by a glob, or by a loop that adds "_test" or ".cc"."""
    relative = path[len(package) + 1:]
    stem = relative.rsplit(".", 1)[0]
    spellings = {relative, ":" + relative, stem, stem.removesuffix("_test")}
    return any(s in spellings or ("*" in s and fnmatch.fnmatch(relative, s)) for s in build_files.strings_of(tree, package))


def _tests_never_built(tree):
    """A test file that no BUILD.bazel names passes for ever."""
    faults = []
    for path in tree.under("test/"):
        if _TEST_FILE.match(path):
            package = build_files.package_of(tree, path)
            if package is None or not _is_named(tree, package, path):
                faults.append(f"{path}:1: is in no target of {package or folder_of(path)}/BUILD.bazel: it never runs")
    return faults
