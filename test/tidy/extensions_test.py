from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import extensions

_SOURCE = "source/extensions/http_filters/tag/"
_TEST = "test/extensions/http_filters/tag/"
_PROTO = "api/envoy/extensions/filters/http/tag/v3/tag.proto"
_WHOLE = {
    _SOURCE + "tag_filter.h": "", _SOURCE + "tag_filter.cc": "", _SOURCE + "BUILD.bazel": "",
    _TEST + "tag_filter_test.cc": "", _TEST + "BUILD.bazel": "",
    _PROTO: "message Tag {\n}\n",
    "source/extensions.cc": f'#include "{_SOURCE}tag_filter.h"\n',
    "source/extensions/README.md": "| [http_filters/tag](http_filters/tag) | envoy.filters.http.tag | `envoy.extensions.filters.http.tag.v3.Tag` | works |\n",
}


class ExtensionsTest(TreeTestCase):
    def check_without(self, *gone, **changed):
        files = {path: text for path, text in _WHOLE.items() if path not in gone}
        return extensions.check(self.tree({**files, **changed}))

    def test_whole_extension(self):
        self.assertEqual(self.check_without(), [])

    def test_each_touch_is_missed(self):
        for gone, words in [
                (_SOURCE + "tag_filter.h", "has no tag*.h"), (_SOURCE + "tag_filter.cc", "has no tag*.cc"),
                (_SOURCE + "BUILD.bazel", "BUILD.bazel is missing"), (_TEST + "BUILD.bazel", "BUILD.bazel is missing"),
                (_TEST + "tag_filter_test.cc", "has no test"), (_PROTO, "no proto that declares Tag"),
                ("source/extensions.cc", "is not in source/extensions.cc"), ("source/extensions/README.md", "has no row")]:
            with self.subTest(gone):
                self.assert_fault(self.check_without(gone), _SOURCE, words)

    def test_row_of_a_namesake_does_not_count(self):
        row = _WHOLE["source/extensions/README.md"].replace("http_filters/tag", "http_filters/tag_more")
        self.assert_fault(self.check_without(**{"source/extensions/README.md": row}), _SOURCE, "has no row")

    def test_row_without_a_message(self):
        self.assert_fault(self.check_without(**{"source/extensions/README.md": "| http_filters/tag | tag | |\n"}),
                          _SOURCE, "names no configuration message")

    def test_more_units_may_have_names_of_their_own(self):
        self.assertEqual(self.check_without(**{_SOURCE + "label.cc": "", _SOURCE + "label.h": ""}), [])

    def test_initials_stand_for_a_long_name(self):
        files = {path.replace("tag", "tag_map").replace("tag_map_filter", "tm_filter"): text.replace("/tag", "/tag_map").replace("tag_filter", "tm_filter")
                 for path, text in _WHOLE.items()}
        files["source/extensions.cc"] = '#include "source/extensions/http_filters/tag_map/tm_filter.h"'
        files["source/extensions/README.md"] = _WHOLE["source/extensions/README.md"].replace("http_filters/tag", "http_filters/tag_map").replace(".tag.v3", ".tag_map.v3")
        self.assertEqual(extensions.check(self.tree(files)), [])
