"""The files of the checkout, as every check sees them."""
import os

# Never ours: Bazel's links, version control, and what tools leave behind.
_PASSED_OVER = {".git", "__pycache__"}


class Tree:
    """Paths are relative to the root, with slashes, sorted."""

    def __init__(self, root):
        self.root = root
        self.files = sorted(self._walk())
        self._known = set(self.files)
        self._folders = {parent for path in self.files for parent in parents(path)}
        self._texts = {}

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            at_top = folder == self.root
            folders[:] = [d for d in folders if d not in _PASSED_OVER and not (at_top and d.startswith("bazel-"))]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")

    def under(self, *prefixes, ends=()):
        """Files whose path begins with one of `prefixes` (all when none) and ends with one of `ends`."""
        return [f for f in self.files if (not prefixes or f.startswith(prefixes)) and (not ends or f.endswith(tuple(ends)))]

    def has(self, path):
        """Is there such a file or folder?"""
        return path in self._known or path.rstrip("/") in self._folders

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def lines(self, path):
        """(number, line) pairs, from 1."""
        return enumerate(self.text(path).splitlines(), 1)


def parents(path):
    """Every folder above `path`, nearest first."""
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        yield path


def folder_of(path):
    return path.rsplit("/", 1)[0] if "/" in path else ""


def stem_of(path):
    """The file's name without folder and extension."""
    return path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
