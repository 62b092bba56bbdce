from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import links


class LinksTest(TreeTestCase):
    def check(self, text, **files):
        return links.check(self.tree({"docs/page.md": text, "tools/test": "", "docs/other.md": "# A `good` heading!\n", **files}))

    def test_links_that_hold(self):
        for text in ["[a](other.md)", "[a](../tools/test)", "[a](https://example.com/x)", "[a](other.md#a-good-heading)",
                     "# Top\n[up](#top)", "[folder](../tools)", "`[no](link.md)`", "```\n[no](link.md)\n```"]:
            with self.subTest(text):
                self.assertEqual(self.check(text), [])

    def test_links_that_do_not(self):
        for text, words in [("[a](gone.md)", "gone.md"), ("[a](other.md#bad-heading)", "no such heading"),
                            ("[a](#nowhere)", "no such heading"), ("x [a](other.md) [b](../gone)", "../gone")]:
            with self.subTest(text):
                self.assert_fault(self.check(text), "docs/page.md:1", words)

    def test_paths_in_code(self):
        for text in ["`tools/test //test/...`", "`//docs:all`", "`source/extensions/CATEGORY/NAME`", "`a/b`", "`tools/*`", "`tools/test:12`"]:
            with self.subTest(text):
                self.assertEqual(self.check(text), [])
        for text in ["`tools/gone --x`", "`source/gone.h`", "`//tools/gone`"]:
            with self.subTest(text):
                self.assert_fault(self.check(text), "docs/page.md:1", "does not exist")
