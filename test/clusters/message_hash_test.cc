#include "source/clusters/message_hash.h"

#include <gtest/gtest.h>

#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

TEST(HashMessage, SaysWhetherMessagesAreEqual) {
  const auto web = ClusterFromYaml("{name: web, connect_timeout: 1s}");
  EXPECT_EQ(HashMessage(web), HashMessage(ClusterFromYaml("{connect_timeout: 1s, name: web}")));
  EXPECT_NE(HashMessage(web), HashMessage(ClusterFromYaml("{name: web, connect_timeout: 2s}")));
  EXPECT_NE(HashMessage(web), HashMessage(ClusterFromYaml("{name: web}")));
}

TEST(HashMessage, OrderOfAMapDoesNotCount) {
  envoy::config::cluster::v3::Cluster a, b;
  for (int i = 0; i < 100; ++i) {
    (*a.mutable_metadata()->mutable_filter_metadata())[std::to_string(i)];
    (*b.mutable_metadata()->mutable_filter_metadata())[std::to_string(99 - i)];
  }
  EXPECT_EQ(HashMessage(a), HashMessage(b));
}

}  // namespace
}  // namespace weir::clusters
