from test.tidy.tree_fixture import TreeTestCase
from tools.tidy import libraries


class LibrariesTest(TreeTestCase):
    def faults(self, path, header):
        return libraries.check(self.tree({path: f"#include <{header}>\n"}))

    def test_owners_include_their_library(self):
        for path, header in [("source/event/loop.cc", "event2/event.h"), ("source/base/log.cc", "spdlog/spdlog.h"),
                             ("source/net/dns.cc", "ares.h"), ("source/config/yaml.cc", "yaml-cpp/yaml.h"),
                             ("source/rpc/channel.cc", "grpcpp/grpcpp.h"), ("source/balancing/ring.cc", "xxhash.h"),
                             ("source/clusters/cluster_parser.cc", "envoy/config/cluster/v3/cluster.pb.h"),
                             ("source/filter/chain.cc", "absl/strings/str_cat.h")]:
            with self.subTest(path):
                self.assertEqual(self.faults(path, header), [])

    def test_others_do_not(self):
        for path, header, name in [
                ("source/net/dns.cc", "event2/event.h", "libevent"), ("source/base/check.cc", "spdlog/spdlog.h", "spdlog"),
                ("source/http/codec.cc", "ares.h", "c-ares"), ("source/routing/regex.cc", "re2/re2.h", "RE2"),
                ("source/rpc/channel.h", "grpcpp/grpcpp.h", "gRPC"), ("source/xds/stream.cc", "envoy/service/x.grpc.pb.h", "gRPC"),
                ("source/filter/chain.cc", "nghttp2/nghttp2.h", "nghttp2"), ("source/base/hash.cc", "xxhash.h", "xxHash"),
                ("source/upstream/host.cc", "envoy/config/core/v3/base.pb.h", "protobuf"),
                ("source/base/log.cc", "gtest/gtest.h", "GoogleTest")]:
            with self.subTest(path):
                self.assert_fault(self.faults(path, header), f"{path}:1", name)
