"""The layers of source/, lowest first, and the macros that hold every folder to its place.

A folder sees the folders of lower layers only: not its neighbours, nothing above. Visibility
enforces it, so a wrong dependency does not build; //tools/tidy compares #includes with it.
"""

load("//bazel:weir_build.bzl", "weir_cc_library")

LAYERS = [
    ["base"],
    ["stats", "event", "config"],
    ["net", "http", "rpc"],
    ["xds", "http2", "restart", "balancing"],
    ["xds_files", "tls", "routing", "upstream", "health"],
    ["clusters"],
    ["filter"],
    ["extensions", "admin"],
    ["discovery"],
    ["server", "control"],
]

def _above(index):
    return ["//source/%s/..." % folder for layer in LAYERS[index + 1:] for folder in layer]

def layer_groups():
    """One package_group a folder, `above_FOLDER`: who may depend on it."""
    for index, layer in enumerate(LAYERS):
        for folder in layer:
            native.package_group(
                name = "above_" + folder,
                packages = _above(index) + ["//source", "//test/...", "//examples/..."],
            )

def module(name, deps = [], **kwargs):
    """The one library of a folder of source/, with every .cc and .h in it."""
    weir_cc_library(
        name = name,
        srcs = native.glob(["*.cc"]),
        hdrs = native.glob(["*.h"]),
        visibility = ["//source:above_" + name],
        deps = deps,
        **kwargs
    )

def extension(name, deps = [], visibility = [], **kwargs):
    """A folder of source/extensions/CATEGORY/: seen only by the list of extensions and by tests."""
    weir_cc_library(
        name = name,
        srcs = native.glob(["*.cc"]),
        hdrs = native.glob(["*.h"]),
        visibility = ["//source:__pkg__", "//test:__subpackages__", "//examples:__subpackages__"] + visibility,
        deps = deps,
        **kwargs
    )
