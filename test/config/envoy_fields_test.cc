#include "source/config/envoy_fields.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::config::envoy_fields {
namespace {

TEST(EnvoyFields, KnowsTypesByFullName) {
  EXPECT_TRUE(HasType("envoy.config.cluster.v3.Cluster"));
  EXPECT_TRUE(HasType("envoy.config.cluster.v3.Cluster.LbPolicy"));
  EXPECT_TRUE(HasType("envoy.extensions.filters.http.lua.v3.Lua"));
  EXPECT_FALSE(HasType("envoy.config.cluster.v3.Clust"));
  EXPECT_FALSE(HasType("Cluster"));
  EXPECT_FALSE(HasType(""));
}

TEST(EnvoyFields, NamesFieldsAndValuesByNumber) {
  EXPECT_EQ(NameOf("envoy.config.cluster.v3.Cluster", 8), "health_checks");
  EXPECT_EQ(NameOf("envoy.config.cluster.v3.Cluster", 62), "queuing_policies");
  EXPECT_EQ(NameOf("envoy.config.cluster.v3.Cluster.LbPolicy", 2), "RING_HASH");
  EXPECT_EQ(NameOf("envoy.config.cluster.v3.Cluster", 7), "");
  EXPECT_EQ(NameOf("envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer", 1), "");
  EXPECT_EQ(NameOf("none.Such", 1), "");
}

TEST(EnvoyFields, KnowsMembersByName) {
  EXPECT_TRUE(HasMember("envoy.config.cluster.v3.Cluster", "health_checks"));
  EXPECT_TRUE(HasMember("envoy.config.cluster.v3.Cluster.LbPolicy", "ring_hash"));
  EXPECT_FALSE(HasMember("envoy.config.cluster.v3.Cluster", "health_check"));
  EXPECT_FALSE(HasMember("none.Such", "name"));
}

TEST(EnvoyFields, TypesAreSortedForTheSearch) {
  EXPECT_TRUE(std::is_sorted(Types().begin(), Types().end()));
  EXPECT_GT(Types().size(), 1000u);
}

}  // namespace
}  // namespace weir::config::envoy_fields
