"""#include lines."""
import re

_INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]')

CPP = (".h", ".cc")


def includes_of(tree, path):
    """(line number, included name) pairs."""
    return [(number, match[1]) for number, line in tree.lines(path) if (match := _INCLUDE.match(line))]
