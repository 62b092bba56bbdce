"""What BUILD.bazel files and layers.bzl say. Their syntax is Python's, so Python's parser reads them."""
import ast


def layers(tree):
    """source/layers.bzl's LAYERS: lists of folder names, lowest first."""
    for node in ast.parse(tree.text("source/layers.bzl")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "LAYERS":
            return ast.literal_eval(node.value)
    raise ValueError("source/layers.bzl has no LAYERS")


def strings_of(tree, package, attributes):
    """Every string inside the named attributes of all rules of a package, select() branches included."""
    path = f"{package}/BUILD.bazel" if package else "BUILD.bazel"
    if not tree.has(path):
        return set()
    found = set()
    for node in ast.walk(ast.parse(tree.text(path))):
        if isinstance(node, ast.keyword) and node.arg in attributes:
            found |= {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def packages_used(tree, package):
    """The packages that a package's deps name: "//source/base" and "//source/base:base" → source/base."""
    used = set()
    for label in strings_of(tree, package, {"deps"}):
        if label.startswith("//"):
            used.add(label[2:].split(":")[0])
    return used


def package_of(tree, path):
    """The nearest folder above `path` with a BUILD.bazel; None when there is none below the root."""
    folder = path
    while "/" in folder:
        folder = folder.rsplit("/", 1)[0]
        if tree.has(f"{folder}/BUILD.bazel"):
            return folder
    return None
