"""The five touches of an extension, source/extensions/CATEGORY/NAME:

1. its folder with .h, .cc and a BUILD.bazel; one unit at least is named NAME… (or its initials…);
2. test/extensions/CATEGORY/NAME with a test and a BUILD.bazel;
3. the proto of its configuration, under api/, declaring the message that its row names;
4. its line in source/extensions.cc;
5. its row in source/extensions/README.md: folder, Envoy's name, type URL, status.
"""
import re

from tools.tidy.tree import stem_of

_LIST = "source/extensions.cc"
_TABLE = "source/extensions/README.md"
_TYPE = re.compile(r"\b((?:envoy|weir|xds)(?:\.[a-z0-9_]+)+)\.([A-Z]\w*)\b")


def names(tree):
    """(CATEGORY, NAME) of every extension folder."""
    found = {tuple(f.split("/")[2:4]) for f in tree.under("source/extensions/") if f.count("/") >= 4}
    return sorted(found)


def _row_of(tree, category, name):
    """The table row that names the folder CATEGORY/NAME, or None."""
    if not tree.has(_TABLE):
        return None
    place = re.compile(rf"\b{re.escape(category)}/{re.escape(name)}(?![\w])")
    return next((line for _, line in tree.lines(_TABLE) if line.startswith("|") and place.search(line)), None)


def _proto_fault(tree, row):
    """The row's message must be declared under api/, in the folder that its package names."""
    types = _TYPE.findall(row)
    if not types:
        return "its row names no configuration message (envoy.….v3.Message)"
    for package, message in types:
        folder = "api/" + package.replace(".", "/") + "/"
        declared = re.compile(rf"^message {message}\b", re.M)
        if not any(declared.search(tree.text(f)) for f in tree.under(folder, ends=(".proto",))):
            return f"{folder} has no proto that declares {message}"
    return None


def _faults_of(tree, category, name):
    folder, test = f"source/extensions/{category}/{name}/", f"test/extensions/{category}/{name}/"
    sources = tree.under(folder, ends=(".h", ".cc"))
    initials = "".join(word[0] for word in name.split("_"))
    for end in (".h", ".cc"):
        stems = [stem_of(f) for f in sources if f.endswith(end)]
        if not any(stem.startswith((name, initials + "_")) for stem in stems):
            yield f"{folder}: has no {name}*{end}"
    for path in (folder + "BUILD.bazel", test + "BUILD.bazel"):
        if not tree.has(path):
            yield f"{folder}: {path} is missing"
    if not tree.under(test, ends=("_test.cc",)):
        yield f"{folder}: {test} has no test"
    if not tree.has(_LIST) or f'"{folder}' not in tree.text(_LIST):
        yield f"{folder}: is not in {_LIST}"
    row = _row_of(tree, category, name)
    fault = f"has no row with {category}/{name} in {_TABLE}" if row is None else _proto_fault(tree, row)
    if fault:
        yield f"{folder}: {fault}"


def check(tree):
    return [fault for category, name in names(tree) for fault in _faults_of(tree, category, name)]
