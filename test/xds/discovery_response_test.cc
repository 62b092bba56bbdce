#include "source/xds/discovery_response.h"

#include <gtest/gtest.h>

#include "test/xds/discovery_messages.h"

namespace weir::xds {
namespace {

TEST(DiscoveryResponseTest, ReadsBothProtocols) {
  DiscoveryResponse sotw = MakeResponse("v1", "n1", {{"a", ""}});
  auto response = Response::Parse(Protocol::kStateOfTheWorld, sotw.SerializeAsString());
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(response->type_url(), kTypeUrl);
  EXPECT_EQ(response->nonce(), "n1");
  EXPECT_EQ(response->version(), "v1");
  EXPECT_EQ(response->control_plane(), nullptr);

  DeltaDiscoveryResponse delta = MakeDelta("n2", {{"a"}}, {"b"});
  delta.mutable_control_plane()->set_identifier("me");
  response = Response::Parse(Protocol::kDelta, delta.SerializeAsString());
  ASSERT_NE(response, nullptr);
  EXPECT_EQ(response->type_url(), kTypeUrl);
  EXPECT_EQ(response->nonce(), "n2");
  EXPECT_EQ(response->version(), "system-n2");
  ASSERT_NE(response->control_plane(), nullptr);
  EXPECT_EQ(*response->control_plane(), "me");
}

TEST(DiscoveryResponseTest, GarbageIsNone) {
  EXPECT_EQ(Response::Parse(Protocol::kStateOfTheWorld, "\xff\xff\xff"), nullptr);
  EXPECT_EQ(Response::Parse(Protocol::kDelta, "\xff\xff\xff"), nullptr);
}

}  // namespace
}  // namespace weir::xds
