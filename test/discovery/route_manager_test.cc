#include "source/discovery/route_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "test/discovery/resource_fixture.h"
#include "test/routing/route_text.h"

namespace weir::discovery {
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
  EXPECT_EQ(dump_.Snapshot().at(0)->status(), admin::ResourceStatus::kRequested);
  EXPECT_THAT(Deliver("name: \"table\" virtual_hosts { name: \"v\" domains: \"*\" }"), IsEmpty());
  EXPECT_TRUE(routes_->IsReady(*handle));
  EXPECT_EQ(handle->table.Load()->name(), "table");
  EXPECT_EQ(changes_, 1);
  ASSERT_EQ(dump_.Snapshot().size(), 1u);
  EXPECT_EQ(dump_.Snapshot()[0]->status(), admin::ResourceStatus::kAcked);
  source_.Remove("RouteConfiguration", "table");
  EXPECT_EQ(dump_.Snapshot()[0]->status(), admin::ResourceStatus::kDoesNotExist);
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
  EXPECT_EQ(dump_.Snapshot()[0]->status(), admin::ResourceStatus::kNacked);
  EXPECT_FALSE(dump_.Snapshot()[0]->failure().details.empty());
}

TEST_F(RouteManagerTest, GivenUpOnIsReadyToo) {
  const auto handle = Subscribe();
  source_.TimeOut("RouteConfiguration", {"table", "other"});
  EXPECT_TRUE(routes_->IsReady(*handle));
  EXPECT_EQ(handle->table.Load(), nullptr);
  ASSERT_EQ(dump_.Snapshot().size(), 1u) << "nobody asked for the other one";
  EXPECT_EQ(dump_.Snapshot()[0]->status(), admin::ResourceStatus::kTimeout);
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

// A table of many virtual hosts, and a clock that passes a millisecond whenever somebody asks
// whether the turn has been long enough: five steps a turn, two for a virtual host with one route.
class BigTableTest : public RouteManagerTest {
 protected:
  BigTableTest() { clock_.StepWhenRead(absl::Milliseconds(1)); }
  ~BigTableTest() override { clock_.StepWhenRead(absl::ZeroDuration()); }

  static RouteConfiguration Table(int virtual_hosts, const std::string& cluster = "one") {
    RouteConfiguration table;
    table.set_name("table");
    for (int i = 0; i < virtual_hosts; ++i) {
      auto& host = *table.add_virtual_hosts();
      host.set_name(absl::StrCat("v", i));
      host.add_domains(absl::StrCat("h", i));
      auto& route = *host.add_routes();
      route.mutable_match()->set_prefix("/");
      route.mutable_route()->set_cluster(cluster);
    }
    return table;
  }
  std::vector<xds::Refusal> Deliver(const RouteConfiguration& table) {
    return source_.Deliver("table", table);
  }
  xds::ResourceSink& sink() { return *source_.by_type["RouteConfiguration"].sink; }
  // Turns until the sink is done; what it refuses goes to refusals_.
  int Finish() {
    int turns = 0;
    for (; !sink().IsDone(); ++turns) {
      for (xds::Refusal& refusal : sink().Continue()) refusals_.push_back(std::move(refusal));
    }
    return turns;
  }
  static std::string TargetOf(const filter::RouteTableHandle& handle, const std::string& host) {
    const test::Request request("GET", host, "/");
    const routing::Route* route = handle.table.Load()->Find(request.head, 0);
    return route == nullptr ? "" : std::get<routing::ForwardAction>(route->action).cluster.name;
  }
  const RouteManagerStats& stats() {
    return stats_.AddGroup<RouteManagerStats>("http.rds")->Here();
  }
  void AddClusters(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      config::Faults faults;
      envoy::config::cluster::v3::Cluster cluster;
      cluster.set_name(name);
      ASSERT_TRUE(clusters_->AddOrUpdate(cluster, true, "1", faults));
    }
    Turn();
  }

  std::vector<xds::Refusal> refusals_;
  std::shared_ptr<stats::Group<RouteManagerStats>> kept_ =
      stats_.AddGroup<RouteManagerStats>("http.rds");
  std::shared_ptr<filter::RouteTableHandle> handle_ = Subscribe();
};

TEST_F(BigTableTest, IsBuiltOverTurnsAndServesAfterTheLast) {
  AddClusters({"one"});
  EXPECT_THAT(Deliver(Table(100)), IsEmpty());
  int turns = 1;
  for (; !sink().IsDone(); ++turns) {
    EXPECT_FALSE(routes_->IsReady(*handle_));
    EXPECT_EQ(dump_.Snapshot().at(0)->status(), admin::ResourceStatus::kRequested);
    EXPECT_THAT(sink().Continue(), IsEmpty());
  }
  EXPECT_EQ(turns, 200 / 5 + 1) << "the last finds that there is no more";
  EXPECT_TRUE(routes_->IsReady(*handle_));
  EXPECT_EQ(TargetOf(*handle_, "h99"), "one");
  EXPECT_EQ(dump_.Snapshot().at(0)->status(), admin::ResourceStatus::kAcked);
  EXPECT_EQ(stats().virtual_hosts_read.value(), 100u);
}

TEST_F(BigTableTest, AnEditOfOneVirtualHostReadsOne) {
  AddClusters({"one", "two"});
  RouteConfiguration table = Table(100);
  Deliver(table);
  Finish();
  const auto before = handle_->table.Load();
  table.mutable_virtual_hosts(70)->mutable_routes(0)->mutable_route()->set_cluster("two");
  Deliver(table);
  EXPECT_LE(Finish(), 101 / 5 + 1);
  EXPECT_EQ(stats().virtual_hosts_read.value(), 101u);
  EXPECT_EQ(stats().virtual_hosts_kept.value(), 99u);
  const auto after = handle_->table.Load();
  EXPECT_EQ(after->FindVirtualHost("h69"), before->FindVirtualHost("h69"));
  EXPECT_NE(after->FindVirtualHost("h70"), before->FindVirtualHost("h70"));
  EXPECT_EQ(TargetOf(*handle_, "h70"), "two");
  // Clusters that only kept virtual hosts name are in use all the same.
  EXPECT_TRUE(clusters_->Remove("one"));
  EXPECT_TRUE(clusters_->Has("one"));
}

TEST_F(BigTableTest, WhatWaitsForClustersIsAVersionBeforeTheNext) {
  Deliver(Table(10, "missing"));
  Finish();
  EXPECT_EQ(stats().tables_waiting.value(), 1);
  Deliver(Table(11, "missing"));
  Finish();
  EXPECT_EQ(stats().virtual_hosts_kept.value(), 10u);
}

TEST_F(BigTableTest, ABadOneIsRefusedInTheEnd) {
  AddClusters({"one"});
  Deliver(Table(1));
  const auto before = handle_->table.Load();
  RouteConfiguration table = Table(50);
  table.mutable_virtual_hosts(30)->mutable_routes(0)->clear_match();
  table.mutable_virtual_hosts(40)->add_domains("h39");
  EXPECT_THAT(Deliver(table), IsEmpty());
  EXPECT_GT(Finish(), 10);
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].resource, "table");
  EXPECT_EQ(refusals_[0].text,
            "virtual_hosts[30].routes[0].match: must be set\n"
            "virtual_hosts[40].domains[1]: 'h39' is given twice in this table");
  EXPECT_EQ(handle_->table.Load(), before);
  EXPECT_EQ(dump_.Snapshot().at(0)->status(), admin::ResourceStatus::kNacked);
}

TEST_F(BigTableTest, ANewerVersionTakesThePlaceOfAnUnfinishedOne) {
  AddClusters({"one", "two"});
  RouteConfiguration bad = Table(100);
  bad.mutable_virtual_hosts(99)->clear_name();
  Deliver(bad);
  EXPECT_FALSE(sink().IsDone());
  Deliver(Table(20, "two"));
  EXPECT_LE(Finish(), 40 / 5 + 1);
  EXPECT_THAT(refusals_, IsEmpty()) << "nobody asks about it any more";
  EXPECT_EQ(TargetOf(*handle_, "h19"), "two");
  EXPECT_EQ(stats().virtual_hosts_read.value(), 20u);
}

TEST_F(BigTableTest, WhatNobodyWantsAnyMoreIsNotBuiltToItsEnd) {
  Deliver(Table(1'000));
  EXPECT_FALSE(sink().IsDone());
  handle_.reset();
  Turn();
  EXPECT_THAT(journal(), ElementsAre("+table", "-table"));
  EXPECT_EQ(Finish(), 1);
  EXPECT_THAT(dump_.Snapshot(), IsEmpty());
  EXPECT_EQ(stats().virtual_hosts_read.value(), 0u);
}

TEST_F(BigTableTest, TheManagerMayEndBeforeATableDoes) {
  Deliver(Table(1'000));
  EXPECT_FALSE(sink().IsDone());
  routes_.reset();
}

TEST_F(RouteManagerTest, AHandleMayOutliveTheManager) {
  auto handle = Subscribe();
  routes_.reset();
  handle.reset();
  Turn();
}

}  // namespace
}  // namespace weir::discovery
