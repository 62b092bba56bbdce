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

def weir_py_test(name, src, data = [], args = [], size = "small", **kwargs):
    """A unittest file run by the system's python3, each case reported as one.

    It imports by path from the top of the tree (`from tools.tidy import links`) what `data` brings.

    Args:
      name: the test.
      src: the file with the unittest.TestCase classes.
      data: all it imports, opens or runs.
      args: what the file finds in sys.argv[1:].
      size: as of any test.
      **kwargs: sh_test's other attributes.
    """
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//bazel:run_py_test.sh"],
        args = ["$(location //bazel:run_py_test.py)", "$(location %s)" % src] + args,
        data = [src, "//bazel:run_py_test.py"] + data,
        **kwargs
    )

def weir_fuzz_test(name, corpus, copts = [], deps = [], **kwargs):
    """A test of one LLVMFuzzerTestOneInput: it gets every seed, and with --config=fuzz many more.

    Args:
      name: the test; its binary is `name`_bin.
      corpus: seed files, all in one directory.
      copts: more compiler options.
      deps: of the binary.
      **kwargs: cc_binary's other attributes, `srcs` above all.
    """
    native.cc_binary(
        name = name + "_bin",
        testonly = True,
        copts = _COPTS + copts,
        linkopts = select({
            "//bazel:fuzz": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//bazel:fuzz": [],
            "//conditions:default": ["//bazel:fuzz_replay"],
        }),
        **kwargs
    )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//bazel:run_fuzz.sh"],
        args = select({
            "//bazel:fuzz": ["search"],
            "//conditions:default": ["replay"],
        }) + ["$(location :%s_bin)" % name] + ["$(location %s)" % c for c in corpus],
        data = [name + "_bin"] + corpus,
        tags = ["fuzz"],
    )
