"""What the documents point at exists: Markdown links, their #headings, and paths in `code`."""
import posixpath
import re

from tools.tidy.tree import folder_of

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+\s+(.*?)\s*$")
# Only paths that begin with one of these are taken for promises; `a/b` alone may be anything.
_TOP_FOLDERS = ("api/", "bazel/", "ci/", ".ci/", "docs/", "examples/", "source/", "test/", "tools/")


def documents(tree):
    return [f for f in tree.files if f.endswith(".md")]


def anchors(text):
    """The anchors that a Markdown page offers, as hosts of repositories make them."""
    found = set()
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            slug = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading[1]).lower()).replace(" ", "-")
            found.add(slug)
    return found


def _link_fault(tree, page, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    resolved = posixpath.normpath(posixpath.join(folder_of(page), path)) if path else page
    if not tree.has(resolved):
        return f"link to {target}, which does not exist"
    if anchor and resolved.endswith(".md") and anchor not in anchors(tree.text(resolved)):
        return f"link to {target}: the page has no such heading"
    return None


def _code_fault(tree, code):
    """`tools/test //x` promises tools/test; `//source:weir` the package source; placeholders nothing."""
    word = code.split()[0] if code.split() else ""
    if word.startswith("//"):
        word = word[2:].split(":")[0].removesuffix("...").rstrip("/") + "/"
    if not word.startswith(_TOP_FOLDERS) or re.search(r"[*<>{}$…]|[A-Z]{3,}(?!\w*\.md)", word):
        return None
    path = re.sub(r"(:\d+)?[.,;:]*$", "", word)
    return None if tree.has(path) else f"`{code}` names {path}, which does not exist"


def check(tree):
    faults = []
    for page in documents(tree):
        fenced = False
        for number, line in tree.lines(page):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            found = [_link_fault(tree, page, m[1]) for m in _LINK.finditer(_CODE.sub("", line))]
            found += [_code_fault(tree, m[1]) for m in _CODE.finditer(line)]
            faults += [f"{page}:{number}: {fault}" for fault in found if fault]
    return faults
