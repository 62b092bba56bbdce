"""What BUILD.bazel files and layers.bzl say. Their syntax is Python's, so Python's parser reads them."""
import ast


def layers(tree):
    """source/layers.bzl's LAYERS: lists of folder names, lowest first."""
    for node in ast.parse(tree.text("source/layers.bzl")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "LAYERS":
            return ast.literal_eval(node.value)
    raise ValueError("source/layers.bzl has no LAYERS")


# Attributes whose labels are no dependencies.
_NOT_DEPENDENCIES = {"visibility", "data", "tags"}


def strings_of(tree, package):
    """Every string of a package's BUILD.bazel but those of load() and of `visibility` and its like.

    Not only those inside `deps`: rules are also written by loops over lists and dictionaries.
    """
    path = f"{package}/BUILD.bazel" if package else "BUILD.bazel"
    if not tree.has(path):
        return set()
    found, todo = set(), [ast.parse(tree.text(path))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "load":
            continue
        todo += [n for n in ast.iter_child_nodes(node) if not (isinstance(n, ast.keyword) and n.arg in _NOT_DEPENDENCIES)]
    return found


def packages_used(tree, package):
    """The packages that a package depends on: "//source/base" and "//source/base:base" → source/base."""
    return {label[2:].split(":")[0] for label in strings_of(tree, package) if label.startswith("//")}


def package_of(tree, path):
    """The nearest folder above `path` with a BUILD.bazel; None when there is none below the root."""
    folder = path
    while "/" in folder:
        folder = folder.rsplit("/", 1)[0]
        if tree.has(f"{folder}/BUILD.bazel"):
            return folder
    return None
