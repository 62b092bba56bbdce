from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import layering

_BASE = {"source/base/buffer.h": "", "source/base/BUILD.bazel": 'module(name = "base")'}
_NET = {**_BASE, "source/net/socket.h": "", "source/net/BUILD.bazel": 'module(name = "net", deps = ["//source/base"])'}


class LayeringTest(TreeTestCase):
    def check(self, files):
        return layering.check(self.tree(files))

    def test_downward_include_with_its_dependency_is_right(self):
        self.assertEqual(self.check({**_NET, "source/net/dns.cc": '#include "source/base/buffer.h"\n'}), [])

    def test_include_within_the_folder_needs_nothing(self):
        self.assertEqual(self.check({**_BASE, "source/base/arena.cc": '#include "source/base/buffer.h"\n'}), [])

    def test_upward_include(self):
        faults = self.check({**_NET, "source/net/dns.cc": '#include "source/base/buffer.h"\n',
                             "source/base/arena.cc": '\n#include "source/net/socket.h"\n'})
        self.assert_fault(faults, "source/base/arena.cc:2", "source/base must not see source/net: layers.bzl has it above")

    def test_sideways_include(self):
        faults = self.check({**_BASE, "source/net/socket.h": "",
                             "source/http/BUILD.bazel": "", "source/http/codec.cc": '#include "source/net/socket.h"\n'})
        self.assert_fault(faults, "source/http/codec.cc:1", "beside")

    def test_extension_must_not_see_another(self):
        faults = self.check({"source/extensions/f/one/one.h": "",
                             "source/extensions/f/two/two.cc": '#include "source/extensions/f/one/one.h"\n'})
        self.assert_fault(faults, "two.cc:1", "source/extensions/f/two must not see source/extensions/f/one")

    def test_folder_outside_the_layers(self):
        faults = self.check({**_BASE, "source/odd/thing.cc": '#include "source/base/buffer.h"\n'})
        self.assert_fault(faults, "source/odd/thing.cc:1", "source/odd is not in source/layers.bzl")

    def test_include_that_builds_only_by_chance(self):
        faults = self.check({**_BASE, "source/net/BUILD.bazel": 'module(name = "net", deps = ["@sys//:absl"])',
                             "source/net/dns.cc": '#include "source/base/buffer.h"\n'})
        self.assert_fault(faults, "source/net/dns.cc:1", "no dependency on //source/base")

    def test_dependency_inside_select_counts(self):
        build = 'module(name = "net", deps = ["@sys//:absl"] + select({"a": ["//source/base:base"], "b": []}))'
        self.assertEqual(self.check({**_BASE, "source/net/BUILD.bazel": build,
                                     "source/net/dns.cc": '#include "source/base/buffer.h"\n'}), [])

    def test_dependency_written_by_a_loop_counts(self):
        build = '[weir_cc_test(name = n, deps = d) for n, d in {"buffer_test": ["//source/base"]}.items()]'
        self.assertEqual(self.check({**_BASE, "test/base/BUILD.bazel": build,
                                     "test/base/buffer_test.cc": '#include "source/base/buffer.h"\n'}), [])

    def test_visibility_is_no_dependency(self):
        build = 'module(name = "net", visibility = ["//source/base:__pkg__"])'
        faults = self.check({**_BASE, "source/net/BUILD.bazel": build, "source/net/dns.cc": '#include "source/base/buffer.h"\n'})
        self.assert_fault(faults, "source/net/dns.cc:1", "no dependency on //source/base")

    def test_test_needs_the_dependency_too(self):
        faults = self.check({**_BASE, "test/base/BUILD.bazel": 'weir_cc_test(name = "x", deps = [])',
                             "test/base/buffer_test.cc": '#include "source/base/buffer.h"\n'})
        self.assert_fault(faults, "test/base/buffer_test.cc:1", "test/base/BUILD.bazel has no dependency on //source/base")

    def test_source_must_not_see_tests(self):
        faults = self.check({"test/support/fake.h": "", "source/base/arena.cc": '#include "test/support/fake.h"\n'})
        self.assert_fault(faults, "source/base/arena.cc:1", "must not include test/support/fake.h")

    def test_header_that_does_not_exist(self):
        self.assert_fault(self.check({"source/base/arena.cc": '#include "source/base/gone.h"\n'}), "arena.cc:1", "no such header")

    def test_header_that_a_rule_writes(self):
        files = {"source/base/BUILD.bazel": 'genrule(name = "made", outs = ["made.inc"])', "source/base/arena.cc": '#include "source/base/made.inc"\n'}
        self.assertEqual(self.check(files), [])

    def test_dependency_without_an_include(self):
        self.assert_fault(self.check(_NET), "source/net/BUILD.bazel", "includes nothing of it")
