"""Includes follow source/layers.bzl, and BUILD files name what is included.

Bazel's visibility refuses a wrong dependency; it does not see an include that builds only because
some other dependency brings the header along. This check does.
"""
from tools.tidy import build_files
from tools.tidy.includes import CPP, includes_of
from tools.tidy.tree import folder_of


class Layers:
    """The rank of a folder of source/; files directly in source/ stand above all."""

    def __init__(self, layers):
        self._ranks = {name: rank for rank, names in enumerate(layers) for name in names}
        self._top = len(layers)

    def rank(self, folder):
        parts = folder.split("/")
        return self._top if len(parts) == 1 else self._ranks.get(parts[1])


def _layer_fault(layers, own, other):
    own_rank, other_rank = layers.rank(own), layers.rank(other)
    if own_rank is None or other_rank is None:
        return f"{own if own_rank is None else other} is not in source/layers.bzl"
    if own_rank <= other_rank:
        return f"{own} must not see {other}: layers.bzl has it {'beside' if own_rank == other_rank else 'above'}"
    return None


def _is_generated(tree, target):
    """A rule of the package may write it."""
    package = build_files.package_of(tree, target)
    return package is not None and target[len(package) + 1:] in build_files.strings_of(tree, package)


def _check_include(tree, layers, path, target):
    """What is wrong with `path` including `target` of our own tree, or None."""
    if not tree.has(target) and not _is_generated(tree, target):
        return f"no such header: {target}"
    own, other = folder_of(path), folder_of(target)
    if own == other:
        return None
    if path.startswith("source/"):
        if not target.startswith("source/"):
            return f"source/ must not include {target}"
        fault = _layer_fault(layers, own, other)
        if fault:
            return fault
    package = build_files.package_of(tree, path)
    provider = build_files.package_of(tree, target)
    if package is not None and package != provider and provider not in build_files.packages_used(tree, package):
        return f"{target} is included, but {package}/BUILD.bazel has no dependency on //{provider}"
    return None


def check(tree):
    layers = Layers(build_files.layers(tree))
    faults = []
    for path in tree.under("source/", "test/", "examples/", ends=CPP):
        for number, target in includes_of(tree, path):
            if target.startswith(("source/", "test/", "examples/")):
                fault = _check_include(tree, layers, path, target)
                if fault:
                    faults.append(f"{path}:{number}: {fault}")
    return faults + _unused_dependencies(tree)


def _unused_dependencies(tree):
    """A module that names a lower folder and includes nothing of it costs build time and misleads."""
    faults = []
    for build in tree.under("source/", ends=("/BUILD.bazel",)):
        package = folder_of(build)
        if package == "source":
            continue
        own = [f for f in tree.under(package + "/", ends=CPP) if build_files.package_of(tree, f) == package]
        seen = {folder_of(target) for f in own for _, target in includes_of(tree, f)}
        for used in sorted(build_files.packages_used(tree, package)):
            if used.startswith("source/") and used not in seen:
                faults.append(f"{build}:1: depends on //{used} but includes nothing of it")
    return faults
