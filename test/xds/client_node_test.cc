#include "source/xds/client_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "source/base/version.h"

namespace weir::xds {
namespace {

TEST(ClientNodeTest, SaysWhatThisReleaseIsAndCanDo) {
  envoy::config::core::v3::Node node;
  node.set_id("weir-1");
  node.set_user_agent_version("configured");
  node.add_client_features("xds.config.resource-in-sotw");
  node.add_client_features("of.our.own");
  node = ClientNode(node);
  EXPECT_EQ(node.id(), "weir-1");
  EXPECT_EQ(node.user_agent_name(), "weir");
  const auto& version = node.user_agent_build_version().version();
  EXPECT_EQ(absl::StrCat(version.major_number(), ".", version.minor_number(), ".", version.patch()),
            base::kVersion);
  EXPECT_THAT(node.client_features(),
              testing::ElementsAre("xds.config.resource-in-sotw", "of.our.own",
                                   "xds.config.supports-resource-ttl"));
}

}  // namespace
}  // namespace weir::xds
