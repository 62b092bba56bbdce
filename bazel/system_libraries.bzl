"""Debian's libraries as cc_library targets of one repository, @sys. Nothing is downloaded.

Headers are found in /usr/include, which Bazel's autoconfigured toolchain counts among the
compiler's own directories: no hdrs, includes or -I, but for those of _HEADERS. Link flags come from
pkg-config.
"""

# target: (Debian package, pkg-config modules, other targets)
_LIBS = {
    "absl": ("libabsl-dev", "absl_base absl_any_invocable absl_flat_hash_map absl_hash absl_inlined_vector absl_status absl_statusor absl_str_format absl_strings absl_synchronization absl_time", []),
    "benchmark": ("libbenchmark-dev", "benchmark", []),
    "boringssl": ("android-libboringssl-dev", "", []),
    "cares": ("libc-ares-dev", "libcares", []),
    "event": ("libevent-dev", "libevent_core", []),
    "fmt": ("libfmt-dev", "fmt", []),
    "gmock": ("libgmock-dev", "gmock gtest", []),
    "gtest": ("libgtest-dev", "gtest", []),
    "gtest_main": ("libgtest-dev", "gtest_main gtest", []),
    # The unsecure library: the secure one would load OpenSSL beside our own TLS library.
    "grpc++": ("libgrpc++-dev", "", [":absl", ":protobuf"]),
    "nghttp2": ("libnghttp2-dev", "libnghttp2", []),
    "openssl": ("libssl-dev", "openssl", []),
    "protobuf": ("libprotobuf-dev", "protobuf", []),
    "rapidcheck": ("librapidcheck-dev", "", []),
    "re2": ("libre2-dev", "re2", []),
    "spdlog": ("libspdlog-dev", "spdlog", [":fmt"]),
    "xxhash": ("libxxhash-dev", "libxxhash", []),
    "yaml_cpp": ("libyaml-cpp-dev", "yaml-cpp", []),
}

# Libraries whose pkg-config file is missing or names more than we may link.
_PLAIN_LIBS = {
    # By file name: -lssl is OpenSSL.
    "boringssl": [
        "-L/usr/lib/x86_64-linux-gnu/android",
        "-Wl,-rpath,/usr/lib/x86_64-linux-gnu/android",
        "-l:libssl.so.0",
        "-l:libcrypto.so.0",
    ],
    "grpc++": ["-lgrpc++_unsecure", "-lgrpc_unsecure", "-lgpr"],
    "rapidcheck": ["-lrapidcheck"],
}

# Libraries whose headers stand apart in /usr/include, with the directory: theirs are OpenSSL's names.
_HEADERS = {"boringssl": "/usr/include/android"}

_TOOLS = ["protoc", "grpc_cpp_plugin"]

def _run(ctx, args):
    res = ctx.execute(args)
    if res.return_code != 0:
        fail("%s failed; is everything in tools/setup installed?\n%s" % (" ".join(args), res.stderr))
    return res.stdout.strip()

def _keep_last(items):
    """Drops all but each item's last occurrence: the order that static linking needs."""
    seen, out = {}, []
    for item in reversed(items):
        if item not in seen:
            seen[item] = True
            out.append(item)
    return [x for x in reversed(out)]

def _impl(ctx):
    out = ['package(default_visibility = ["//visibility:public"])']
    for name, (deb, mods, deps) in sorted(_LIBS.items()):
        version = _run(ctx, ["dpkg-query", "-W", "-f", "${Version}", deb])
        cflags, libs = [], _PLAIN_LIBS.get(name, [])
        if mods:
            cflags = _run(ctx, ["pkg-config", "--cflags"] + mods.split(" ")).split(" ")
            libs = _run(ctx, ["pkg-config", "--libs"] + mods.split(" ")).split(" ")
            libs = [f for f in libs if f.startswith("-l")]
        headers = []
        if name in _HEADERS:
            ctx.symlink(_HEADERS[name], "include/" + name)
            headers = ["include/" + name]
        out.append("""
cc_library(
    name = "%s",
    hdrs = glob(%r),
    includes = %r,
    defines = %r,
    linkopts = %r,
    deps = %r,
)""" % (
            name,
            [h + "/**/*.h" for h in headers],
            headers,
            # System headers are not inputs of an action. The version on the command line makes
            # an upgraded package miss both the local action cache and the disk cache.
            [f[2:] for f in cflags if f.startswith("-D")] + ["SYS_%s=%s" % (name.upper().replace("+", "X"), version)],
            # The toolchain's default is -no-as-needed, and grpc++.pc alone names 60 libraries.
            ["-Wl,--as-needed"] + _keep_last(libs) + ["-pthread"],
            deps,
        ))
    for tool in _TOOLS:
        path = ctx.which(tool)
        if not path:
            fail("%s is not in PATH; see tools/setup" % tool)
        ctx.symlink(path, "bin/" + tool)
    ctx.symlink("/usr/include/google/protobuf", "include/google/protobuf")
    out.append("""
exports_files(glob(["bin/*"]))

filegroup(
    name = "well_known_protos",
    srcs = glob(["include/google/protobuf/**/*.proto"]),
)""")
    ctx.file("BUILD.bazel", "\n".join(out) + "\n", executable = False)

_system_libraries = repository_rule(
    implementation = _impl,
    environ = ["PATH", "PKG_CONFIG_PATH", "DPKG_ADMINDIR"],
    local = True,  # evaluated again whenever a Bazel server starts
)

def system_libraries():
    _system_libraries(name = "sys")
