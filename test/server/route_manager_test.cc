#include "source/server/route_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "test/routing/route_text.h"
#include "test/server/resource_fixture.h"

namespace weir::server {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using testing::ElementsAre;
using testing::IsEmpty;

class RouteManagerTest : public ResourceFixture {
 protected:
  RouteManagerTest() {
    UseSource();
    routes_->Open(source_);
    routes_->SetReadyChanged([this] { ++changes_; });
  }
  std::shared_ptr<filter::RouteTableHandle> Subscribe() {
    return routes_->Subscribe(Ads(), "table", faults_);
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
    bool HasTable() { return routes_->Subscribe(Ads(), "table", faults_) != nullptr; }
    using ResourceFixture::Lines;
  } fixture;
  EXPECT_FALSE(fixture.HasTable());
  EXPECT_THAT(fixture.Lines(), ElementsAre(testing::HasSubstr("ads_config")));
}

TEST_F(RouteManagerTest, ATableIsAskedForOnceAndFilled) {
  const auto handle = Subscribe();
  EXPECT_EQ(Subscribe(), handle);
  EXPECT_THAT(journal(), ElementsAre("+table"));
  EXPECT_FALSE(routes_->IsReady(*handle));
  EXPECT_EQ(dump_.Snapshot().at(0)->status, admin::ResourceStatus::kRequested);
  EXPECT_THAT(Deliver("name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" }"), IsEmpty());
  EXPECT_TRUE(routes_->IsReady(*handle));
  EXPECT_EQ(handle->table.Load()->name(), "table");
  EXPECT_EQ(changes_, 1);
  ASSERT_EQ(dump_.Snapshot().size(), 1u);
  EXPECT_EQ(dump_.Snapshot()[0]->status, admin::ResourceStatus::kAcked);
  source_.Remove("RouteConfiguration", "table");
  EXPECT_EQ(dump_.Snapshot()[0]->status, admin::ResourceStatus::kDoesNotExist);
}

TEST_F(RouteManagerTest, ABadTableIsRefusedAndTheOldOneStays) {
  const auto handle = Subscribe();
  Deliver("name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" }");
  const auto before = handle->table.Load();
  const auto refusals = Deliver(
      "name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: \"/\" "
      "} } }");
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].resource, "table");
  EXPECT_THAT(refusals[0].text, testing::HasSubstr("virtual_hosts[0].routes[0]"));
  EXPECT_EQ(handle->table.Load(), before);
  EXPECT_EQ(dump_.Snapshot()[0]->status, admin::ResourceStatus::kNacked);
  EXPECT_FALSE(dump_.Snapshot()[0]->failure.details.empty());
}

TEST_F(RouteManagerTest, GivenUpOnIsReadyToo) {
  const auto handle = Subscribe();
  source_.TimeOut("RouteConfiguration", {"table", "other"});
  EXPECT_TRUE(routes_->IsReady(*handle));
  EXPECT_EQ(handle->table.Load(), nullptr);
  ASSERT_EQ(dump_.Snapshot().size(), 1u) << "nobody asked for the other one";
  EXPECT_EQ(dump_.Snapshot()[0]->status, admin::ResourceStatus::kTimeout);
}

TEST_F(RouteManagerTest, ForgottenWithItsLastUser) {
  auto handle = Subscribe();
  handle.reset();
  EXPECT_THAT(journal(), ElementsAre("+table")) << "the last user may be another thread's";
  Turn();
  EXPECT_THAT(journal(), ElementsAre("+table", "-table"));
  EXPECT_THAT(Deliver("name: \"table\""), IsEmpty());
}

TEST_F(RouteManagerTest, AskedForAgainBeforeItIsForgottenItIsDeliveredAgain) {
  auto handle = Subscribe();
  handle.reset();
  handle = Subscribe();
  Turn();
  EXPECT_THAT(journal(), ElementsAre("+table", "-table", "+table"));
  Deliver("name: \"table\"");
  EXPECT_TRUE(routes_->IsReady(*handle));
}

// A table that sends everything to one cluster.
std::string TableTo(const std::string& cluster) {
  return "name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: "
         "\"/\" } "
         "route { cluster: \"" +
         cluster + "\" } } }";
}

class RoutesAndClustersTest : public RouteManagerTest {
 protected:
  bool AddCluster(const std::string& name) {
    config::Faults faults;
    envoy::config::cluster::v3::Cluster cluster;
    cluster.set_name(name);
    const bool added = clusters_->AddOrUpdate(cluster, true, "1", faults);
    Turn();
    return added;
  }
  // The cluster that the table in use sends everything to.
  std::string Target() {
    const auto table = handle_->table.Load();
    if (table == nullptr) return "";
    const test::Request request("GET", "h", "/");
    const routing::Route* route = table->Find(request.head, 0);
    return std::get<routing::ForwardAction>(route->action).cluster.slot->name();
  }
  int64_t waiting() {
    return stats_.AddGroup<RouteManagerStats>("http.rds")->Here().tables_waiting.value();
  }

  std::shared_ptr<filter::RouteTableHandle> handle_ = Subscribe();
};

TEST_F(RoutesAndClustersTest, ATableWaitsForTheClustersItNames) {
  EXPECT_THAT(Deliver(TableTo("one")), IsEmpty()) << "accepted at once";
  EXPECT_FALSE(routes_->IsReady(*handle_));
  EXPECT_EQ(waiting(), 1);
  ASSERT_TRUE(AddCluster("other"));
  EXPECT_FALSE(routes_->IsReady(*handle_));
  ASSERT_TRUE(AddCluster("one"));
  EXPECT_EQ(Target(), "one");
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(waiting(), 0);

  Deliver(TableTo("two"));
  EXPECT_EQ(Target(), "one") << "the old one serves meanwhile";
  Deliver(TableTo("other"));
  EXPECT_EQ(Target(), "other") << "the newest wins";
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RoutesAndClustersTest, ItDoesNotWaitForEver) {
  Deliver(TableTo("never"));
  Advance(3'000);
  Deliver(TableTo("never-either"));
  Advance(1'999);
  EXPECT_EQ(Target(), "");
  Advance(1);
  EXPECT_EQ(Target(), "never-either") << "a new version does not put off the end of the wait";
  Deliver(TableTo("never"));
  EXPECT_EQ(Target(), "never-either");
  Advance(5'000);
  EXPECT_EQ(Target(), "never");
}

TEST_F(RoutesAndClustersTest, WhatIsMissingAlreadyIsWaitedForOnce) {
  Deliver(TableTo("never"));
  Advance(5'000);
  ASSERT_EQ(Target(), "never");
  const auto before = handle_->table.Load();
  Deliver(TableTo("never") + " request_headers_to_remove: \"x\"");
  EXPECT_NE(handle_->table.Load(), before);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RoutesAndClustersTest, AClusterThatATableNamesStaysUntilTheTableIsAnother) {
  ASSERT_TRUE(AddCluster("one"));
  ASSERT_TRUE(AddCluster("two"));
  Deliver(TableTo("one"));
  EXPECT_TRUE(clusters_->Remove("one"));
  EXPECT_TRUE(clusters_->Remove("one"));
  EXPECT_TRUE(clusters_->Has("one"));
  Deliver(TableTo("two"));
  EXPECT_FALSE(clusters_->Has("one"));

  EXPECT_TRUE(clusters_->Remove("two"));
  ASSERT_TRUE(AddCluster("two"));
  handle_.reset();
  Turn();
  EXPECT_TRUE(clusters_->Has("two")) << "it came back in time";
}

TEST_F(RoutesAndClustersTest, ButNotForEver) {
  ASSERT_TRUE(AddCluster("one"));
  Deliver(TableTo("one"));
  EXPECT_TRUE(clusters_->Remove("one"));
  Advance(14'999);
  EXPECT_TRUE(clusters_->Has("one"));
  Advance(1);
  EXPECT_FALSE(clusters_->Has("one"));
}

TEST_F(RouteManagerTest, AHandleMayOutliveTheManager) {
  auto handle = Subscribe();
  routes_.reset();
  handle.reset();
  Turn();
}

}  // namespace
}  // namespace weir::server
