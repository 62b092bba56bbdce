"""Small habits that keep a large tree readable: short finished files, one name for one thing."""
import re
from collections import defaultdict

from tools.tidy.includes import CPP
from tools.tidy.tree import folder_of, stem_of

MAX_LINES = 600
MAX_COLUMNS = 100

_CODE_FOLDERS = ("source/", "test/", "tools/", "ci/", "bazel/", "examples/")
_CODE_ENDS = CPP + (".py", ".sh", ".bzl")
# Spelled so that this file does not find itself.
_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# Each says nothing about what the thing is.
_EMPTY_NAME = re.compile(r"^\s*(?:class|struct)\s+(?:\[\[\w+\]\]\s*)?(\w*(?:Impl|Base|Util|Utils|Helper|Helpers|Common|Data))\b(?=[^;]*$|.*\{)")
_RAW_STRING = re.compile(r'R"(\w*)\(.*?\)\1"', re.S)
_EMPTY_STEM = re.compile(r"(^|_)(impl|base|util|utils|helper|helpers|common|data)$")


def check_length(tree):
    faults = []
    for path in tree.under(*_CODE_FOLDERS, ends=_CODE_ENDS):
        count = len(tree.text(path).splitlines())
        if count > MAX_LINES:
            faults.append(f"{path}:{count}: has {count} lines; past {MAX_LINES} something wants to be two things")
    return faults


def _without_raw_strings(text):
    """The text with R"(...)" literals, which cannot be broken, emptied; lines stay where they are."""
    return _RAW_STRING.sub(lambda literal: "\n" * literal[0].count("\n"), text)


def check_columns(tree):
    """Comments and strings, which the formatter does not break. Links and names of headers may be longer."""
    return [f"{path}:{number}: {len(line)} columns, at most {MAX_COLUMNS}"
            for path in tree.under("source/", "test/", ends=CPP)
            for number, line in enumerate(_without_raw_strings(tree.text(path)).split("\n"), 1)
            if len(line) > MAX_COLUMNS and "://" not in line and not line.startswith("#include ")]


def check_unfinished(tree):
    return [f"{path}:{number}: unfinished: {line.strip()[:80]}"
            for path in tree.under(*_CODE_FOLDERS, "api/", ends=_CODE_ENDS + (".proto", ".bazel"))
            for number, line in tree.lines(path) if _UNFINISHED.search(line)]


def check_headers(tree):
    """A header says first what it is for, then guards itself with #pragma once."""
    faults = []
    for path in tree.under("source/", "test/", ends=(".h",)):
        lines = tree.text(path).splitlines()
        if not lines or not lines[0].startswith("//"):
            faults.append(f"{path}:1: must open with a comment: what, why, thread, owner, limits")
        if "#pragma once" not in lines:
            faults.append(f"{path}:1: has no #pragma once")
    return faults


def check_names(tree):
    """Base names are unique under source/ (a .h and its .cc are one), and no name is empty talk."""
    faults, places = [], defaultdict(set)
    for path in tree.under("source/", ends=CPP):
        places[stem_of(path)].add(folder_of(path))
        if _EMPTY_STEM.search(stem_of(path)):
            faults.append(f"{path}:1: the name says nothing: name what it is")
        for number, line in tree.lines(path):
            found = _EMPTY_NAME.match(line)
            if found:
                faults.append(f"{path}:{number}: {found[1]} says nothing: name what it is")
    for stem, folders in sorted(places.items()):
        if len(folders) > 1 and stem != "main":
            faults.append(f"{sorted(folders)[0]}/{stem}: also in {', '.join(sorted(folders)[1:])}: base names are unique")
    return faults
