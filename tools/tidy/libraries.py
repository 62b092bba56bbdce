"""A third-party library is seen by its owner folder only (ARCHITECTURE.md, "Dependencies").

Everybody else uses the owner's headers, so that a library can be replaced, upgraded or fuzzed in one
place. abseil and the standard library are everybody's.
"""
import re
from typing import NamedTuple

from tools.tidy.includes import CPP, includes_of


class Library(NamedTuple):
    name: str
    headers: str  # matches the included name
    owners: str  # matches the path of a file that may include it


# Protobuf stops at the parsers, which turn messages into plain structs: nothing of it is on the data
# path. Beside them messages are held, not looked into, by those who find the parser that an Any names,
# tell whether a definition changed, or print what was loaded.
_PARSERS = (r"source/health/check_event_log\.cc$|source/(config|xds|xds_files|admin|discovery|server|control)/|source/main\.cc$|.*_(parser|config)\.(h|cc)$"
            r"|source/filter/(registry|route_table_builder)\.|source/routing/route_table_(filler|reader)\."
            r"|source/clusters/(cluster_registry|message_hash)\.")

LIBRARIES = [
    Library("libevent", r"event2/|event\.h$", r"source/event/"),
    Library("spdlog", r"spdlog/|fmt/", r"source/base/log\.cc$"),
    Library("c-ares", r"ares", r"source/net/"),
    Library("yaml-cpp", r"yaml-cpp/", r"source/config/"),
    Library("RE2", r"re2/", r"source/config/"),
    Library("gRPC", r"grpc(pp)?/(?!health/v1/health\.pb\.h)|.*\.grpc\.pb\.h$", r"source/(rpc|control)/.*\.cc$"),
    Library("the TLS library", r"openssl/", r"source/tls/"),
    Library("nghttp2", r"nghttp2/", r"source/http2/"),
    Library("xxHash", r"xxhash\.h$", r"source/balancing/"),
    Library("protobuf", r"google/protobuf/|.*(?<!\.grpc)\.pb\.h$", _PARSERS),
    Library("GoogleTest", r"gtest/|gmock/", r"$^"),
    Library("RapidCheck", r"rapidcheck", r"$^"),
    Library("google-benchmark", r"benchmark/", r"$^"),
]


def check(tree, libraries=tuple(LIBRARIES)):
    faults = []
    for path in tree.under("source/", ends=CPP):
        for number, target in includes_of(tree, path):
            for library in libraries:
                if re.match(library.headers, target) and not re.match(library.owners, path):
                    faults.append(f"{path}:{number}: {target} belongs to {library.name}, whose owner is elsewhere: tools/tidy/libraries.py")
    return faults
