"""Our own cc_* rules: warnings as errors for our code only, a precompiled header for tests."""

_COPTS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]

def weir_cc_library(name, copts = [], **kwargs):
    native.cc_library(name = name, copts = _COPTS + copts, linkstatic = True, **kwargs)

def weir_cc_binary(name, copts = [], **kwargs):
    native.cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def weir_cc_test(name, copts = [], deps = [], size = "small", timeout = None, **kwargs):
    """A GoogleTest; `deps` need not name the framework."""
    native.cc_test(
        name = name,
        copts = _COPTS + copts + select({
            "//bazel:clang": [],
            # -fpch-deps: else the .d file hides the header from Bazel and a change is missed.
            "//conditions:default": ["-include", "$(GENDIR)/bazel/pch/weir_pch.h", "-fpch-deps", "-Winvalid-pch"],
        }),
        size = size,
        timeout = timeout,
        deps = deps + ["@sys//:gmock", "@sys//:gtest_main"] + select({
            "//bazel:clang": [],
            "//conditions:default": ["//bazel:pch"],
        }),
        **kwargs
    )

def weir_fuzz_test(name, corpus, copts = [], **kwargs):
    """A libFuzzer binary `name`_bin, and a test that fuzzes briefly from `corpus`.

    Both are tagged manual: build them with --config=fuzz (clang-14) only.

    Args:
      name: the test.
      corpus: seed files; all in one directory.
      copts: more compiler options.
      **kwargs: cc_binary's other attributes.
    """
    native.cc_binary(
        name = name + "_bin",
        testonly = True,
        copts = _COPTS + copts,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        **kwargs
    )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//bazel:run_fuzz.sh"],
        args = ["$(location :%s_bin)" % name] + ["$(location %s)" % c for c in corpus],
        data = [name + "_bin"] + corpus,
        tags = ["fuzz", "manual"],
    )
