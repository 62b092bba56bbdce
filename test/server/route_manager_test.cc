#include "source/server/route_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/route/v3/route.pb.h"
#include "test/server/resource_fixture.h"

namespace weir::server {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using testing::ElementsAre;
using testing::IsEmpty;

class RouteManagerTest : public ResourceFixture {
 protected:
  RouteManagerTest() {
    routes_->UseSource(source_);
    routes_->SetReadyChanged([this] { ++changes_; });
  }
  std::vector<std::string>& journal() { return source_.by_type["RouteConfiguration"].journal; }
  std::vector<xds::Refusal> Deliver(const std::string& text) {
    return source_.Deliver<RouteConfiguration>("table", text);
  }
  int changes_ = 0;
};

TEST(RouteManagerWithoutSourceTest, HasNoTables) {
  struct Fixture : ResourceFixture {
    void TestBody() override {}
    bool HasTable() { return routes_->Subscribe("table") != nullptr; }
  } fixture;
  EXPECT_FALSE(fixture.HasTable());
}

TEST_F(RouteManagerTest, ATableIsAskedForOnceAndFilled) {
  const auto handle = routes_->Subscribe("table");
  EXPECT_EQ(routes_->Subscribe("table"), handle);
  EXPECT_THAT(journal(), ElementsAre("+table"));
  EXPECT_FALSE(routes_->IsReady(*handle));
  EXPECT_THAT(Deliver("name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" }"), IsEmpty());
  EXPECT_TRUE(routes_->IsReady(*handle));
  EXPECT_EQ(handle->table.Load()->name(), "table");
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(dump_.Snapshot().size(), 1u);
}

TEST_F(RouteManagerTest, ABadTableIsRefusedAndTheOldOneStays) {
  const auto handle = routes_->Subscribe("table");
  Deliver("name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" }");
  const auto before = handle->table.Load();
  const auto refusals = Deliver(
      "name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: \"/\" "
      "} } }");
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].resource, "table");
  EXPECT_THAT(refusals[0].text, testing::HasSubstr("virtual_hosts[0].routes[0]"));
  EXPECT_EQ(handle->table.Load(), before);
  EXPECT_FALSE(dump_.Snapshot()[0]->refusal.empty());
}

TEST_F(RouteManagerTest, GivenUpOnIsReadyToo) {
  const auto handle = routes_->Subscribe("table");
  source_.TimeOut("RouteConfiguration", {"table", "other"});
  EXPECT_TRUE(routes_->IsReady(*handle));
  EXPECT_EQ(handle->table.Load(), nullptr);
}

TEST_F(RouteManagerTest, ForgottenWithItsLastUser) {
  auto handle = routes_->Subscribe("table");
  handle.reset();
  EXPECT_THAT(journal(), ElementsAre("+table")) << "the last user may be another thread's";
  Turn();
  EXPECT_THAT(journal(), ElementsAre("+table", "-table"));
  EXPECT_THAT(Deliver("name: \"table\""), IsEmpty());
}

TEST_F(RouteManagerTest, AskedForAgainBeforeItIsForgottenItIsDeliveredAgain) {
  auto handle = routes_->Subscribe("table");
  handle.reset();
  handle = routes_->Subscribe("table");
  Turn();
  EXPECT_THAT(journal(), ElementsAre("+table", "-table", "+table"));
  Deliver("name: \"table\"");
  EXPECT_TRUE(routes_->IsReady(*handle));
}

TEST_F(RouteManagerTest, AHandleMayOutliveTheManager) {
  auto handle = routes_->Subscribe("table");
  routes_.reset();
  handle.reset();
  Turn();
}

}  // namespace
}  // namespace weir::server
