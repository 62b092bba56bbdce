from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import formatting

_STYLE = {".clang-format": "BasedOnStyle: Google\n"}


class FormattingTest(TreeTestCase):
    def test_formatted(self):
        self.assertEqual(formatting.check(self.tree({**_STYLE, "source/a.cc": "int a = 1;\n"})), [])

    def test_not_formatted(self):
        faults = formatting.check(self.tree({**_STYLE, "source/a.cc": "int a = 1;\nint  b=2;\n", "test/b.h": "int a = 1;\n"}))
        self.assert_fault(faults, "source/a.cc:2", "run tools/format source/a.cc")

    def test_formatter_that_cannot_run(self):
        faults = formatting.check(self.tree({".clang-format": "BasedOnStyle: NoSuchStyle\n", "source/a.cc": "int a;\n"}))
        self.assert_fault(faults, "clang-format-14", "NoSuchStyle")
