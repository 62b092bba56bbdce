"""Runs the unittest cases of one file and reports each to Bazel in JUnit's XML.

usage: run_py_test.py FILE [ARGUMENT]...      from the top of the tree; FILE sees sys.argv = [FILE, ARGUMENT...]
"""
import importlib.util
import os
import sys
import time
import types
import unittest
import xml.etree.ElementTree as ElementTree


class CaseRecorder(unittest.TextTestResult):
    """Collects one <testcase> element for each test run."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases = []

    def startTest(self, test):
        super().startTest(test)
        name = test.id().split(".")
        self.case = ElementTree.Element("testcase", classname=name[-2] if len(name) > 1 else "", name=name[-1])
        self.started = time.monotonic()

    def stopTest(self, test):
        self.case.set("time", f"{time.monotonic() - self.started:.3f}")
        self.cases.append(self.case)
        super().stopTest(test)

    def _record(self, kind, text):
        # A failure outside any case (setUpClass) is a case of its own.
        if not hasattr(self, "case"):
            self.case = ElementTree.Element("testcase", classname="", name="set-up")
            self.cases.append(self.case)
        ElementTree.SubElement(self.case, kind, message=text.strip().splitlines()[-1]).text = text

    def addError(self, test, err):
        super().addError(test, err)
        self._record("error", self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._record("failure", self.failures[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._record("skipped", reason or "skipped")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            kind, found = ("failure", self.failures) if issubclass(err[0], test.failureException) else ("error", self.errors)
            self._record(kind, found[-1][1])

    def write(self, path):
        suites = ElementTree.Element("testsuites")
        suite = ElementTree.SubElement(suites, "testsuite", name="python", tests=str(len(self.cases)))
        suite.extend(self.cases)
        ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def main():
    sys.argv = sys.argv[1:]
    sys.path[0] = os.getcwd()
    # The standard library has a package `test`, which would hide ours.
    ours = types.ModuleType("test")
    ours.__path__ = [os.path.join(os.getcwd(), "test")]
    sys.modules["test"] = ours
    spec = importlib.util.spec_from_file_location("test_file", sys.argv[0])
    module = importlib.util.module_from_spec(spec)
    sys.modules["test_file"] = module
    spec.loader.exec_module(module)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(verbosity=2, resultclass=CaseRecorder).run(suite)
    if os.environ.get("XML_OUTPUT_FILE"):
        result.write(os.environ["XML_OUTPUT_FILE"])
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
