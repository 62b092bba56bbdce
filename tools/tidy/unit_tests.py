"""Every unit has a test, and every test is built.

A unit is a .cc file under source/. Its test is test/<same folders>/<unit>_test.cc; a unit that is
tested through a neighbour says where: `// Tested by test/http/http1_server_test.cc`.
"""
import re

from tools.tidy import build_files
from tools.tidy.tree import folder_of, stem_of

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


def _tests_never_built(tree):
    """A test file that no BUILD.bazel names passes for ever."""
    faults = []
    for path in tree.under("test/"):
        if not _TEST_FILE.match(path):
            continue
        package = build_files.package_of(tree, path)
        relative = path[len(package) + 1:] if package else None
        named = build_files.strings_of(tree, package, {"src", "srcs", "name"}) if package else set()
        # A comprehension over names writes "x_test" and srcs = [name + ".cc"].
        if package is None or not ({relative, ":" + relative, stem_of(relative)} & named or _is_looped(tree, package, path)):
            faults.append(f"{path}:1: is in no target of {(package or folder_of(path))}/BUILD.bazel: it never runs")
    return faults


def _is_looped(tree, package, path):
    """`[weir_cc_test(name = unit + "_test", ...) for unit in ["buffer", ...]]`"""
    unit = stem_of(path)[:-len("_test")]
    text = tree.text(f"{package}/BUILD.bazel")
    return re.search(rf'^\s*"{re.escape(unit)}",?$|[\[(, ]"{re.escape(unit)}"[\],):]', text, re.M) is not None
