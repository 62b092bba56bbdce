#include "source/filter/route_table_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "test/filter/factory_fixture.h"
#include "test/routing/route_text.h"

namespace weir::filter {
namespace {

using envoy::config::route::v3::RouteConfiguration;
using testing::HasSubstr;

struct Setting : routing::FilterConfig {};

// A filter whose settings per route are any message of its own type.
class SettingsFactory final : public HttpFilterFactory {
 public:
  ExtensionId id() const override {
    return {"test.settings", "envoy.config.route.v3.RouteConfiguration"};
  }
  std::shared_ptr<const HttpFilterConfig> Parse(const google::protobuf::Any&, const FactoryContext&,
                                                config::Faults&) const override {
    return nullptr;
  }
  std::shared_ptr<const routing::FilterConfig> ParseRouteConfig(const google::protobuf::Any&,
                                                                config::Faults&) const override {
    return std::make_shared<Setting>();
  }
};

class RouteTableBuilderTest : public test::FactoryFixture {
 protected:
  RouteTableBuilderTest() { registry_.Add(std::make_unique<SettingsFactory>()); }
  std::unique_ptr<const routing::RouteTable> Build(
      const std::string& host, const std::string& more = "",
      UnknownClusters unknown_clusters = UnknownClusters::kAccepted) {
    return BuildRouteTable(test::FromText<RouteConfiguration>(
                               "virtual_hosts { name: \"v\" domains: \"*\" " + host + " } " + more),
                           registry_, *clusters_, unknown_clusters, &named_, faults_);
  }
  std::vector<clusters::ClusterSlot*> named_;
  const routing::Route* Find(const routing::RouteTable& table) {
    const test::Request request("GET", "h", "/");
    return table.Find(request.head, 0);
  }
};

TEST_F(RouteTableBuilderTest, NamesBecomeSlotsAndOperatorsTemplates) {
  const auto table = Build(
      "routes { match { prefix: \"/\" } route { cluster: \"web\" } "
      "request_headers_to_add { header { key: \"x\" value: \"%PROTOCOL%\" } } }");
  ASSERT_NE(table, nullptr) << faults_.ToString();
  const routing::Route* route = Find(*table);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(std::get<routing::ForwardAction>(route->action).cluster.slot,
            clusters_->FindSlot("web"));
  EXPECT_EQ(named_, std::vector<clusters::ClusterSlot*>{clusters_->FindSlot("web")});
  ASSERT_EQ(route->request_headers.add.size(), 1u);
  EXPECT_NE(route->request_headers.add[0].value_template, nullptr);
}

TEST_F(RouteTableBuilderTest, UnknownClustersAreRefusedWhereTheyMust) {
  const std::string to_web = "routes { match { prefix: \"/\" } route { cluster: \"web\" } }";
  const std::string fault = "virtual_hosts[0].routes[0].route.cluster: there is no cluster 'web'";
  EXPECT_EQ(Build(to_web, "", UnknownClusters::kRefused), nullptr);
  EXPECT_EQ(Build(to_web, "validate_clusters { value: true }"), nullptr);
  EXPECT_EQ(Lines(), (std::vector<std::string>{fault, fault}));
  EXPECT_EQ(clusters_->FindSlot("web"), nullptr) << "a refused table leaves nothing behind";
  faults_ = config::Faults();
  EXPECT_NE(Build(to_web), nullptr);
  EXPECT_NE(Build(to_web, "validate_clusters { value: false }", UnknownClusters::kRefused),
            nullptr);
  // One that is defined is known before it is warm.
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("web");
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  cluster.mutable_eds_cluster_config()->mutable_eds_config()->mutable_ads();
  ASSERT_TRUE(clusters_->AddOrUpdate(cluster, true, "", faults_)) << faults_.ToString();
  EXPECT_FALSE(clusters_->Has("web"));
  EXPECT_NE(Build(to_web, "", UnknownClusters::kRefused), nullptr) << faults_.ToString();
}

class RouteTableBuildTest : public RouteTableBuilderTest {
 protected:
  // To its end.
  std::unique_ptr<const routing::RouteTable> BuildAll(const google::protobuf::Any& body,
                                                      const routing::RouteTable* before = nullptr) {
    build_ = std::make_unique<RouteTableBuild>(body, registry_, *clusters_, before);
    while (build_->Step()) {
    }
    return build_->Finish();
  }
  static google::protobuf::Any Body(const std::string& text) {
    google::protobuf::Any any;
    any.PackFrom(test::FromText<RouteConfiguration>(text));
    return any;
  }
  std::string Fault() const {
    const auto& faults = build_->faults().faults();
    return faults.size() == 1 ? faults[0].path + ": " + faults[0].text : "not one fault";
  }
  std::unique_ptr<RouteTableBuild> build_;
};

TEST_F(RouteTableBuildTest, ComesToTheSameAsAllAtOnce) {
  const google::protobuf::Any body = Body(
      "name: \"t\" virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: \"/\" } "
      "route { cluster: \"web\" } request_headers_to_add { header { key: \"x\" value: "
      "\"%PROTOCOL%\" } } typed_per_filter_config { key: \"mine\" value { "
      "[type.googleapis.com/envoy.config.route.v3.RouteConfiguration] { } } } } }");
  const auto table = BuildAll(body);
  ASSERT_NE(table, nullptr) << build_->faults().ToString();
  EXPECT_EQ(build_->read(), 1u);
  EXPECT_EQ(build_->named(), std::vector<clusters::ClusterSlot*>{clusters_->FindSlot("web")});
  const routing::Route* route = Find(*table);
  ASSERT_NE(route, nullptr);
  EXPECT_NE(route->request_headers.add[0].value_template, nullptr);
  EXPECT_NE(route->filter_configs.at("mine"), nullptr);
  // Nothing changed: the same routes, and the same clusters are named.
  const auto again = BuildAll(body, table.get());
  EXPECT_EQ(Find(*again), route);
  EXPECT_EQ(build_->kept(), 1u);
  EXPECT_EQ(build_->named(), std::vector<clusters::ClusterSlot*>{clusters_->FindSlot("web")});
}

TEST_F(RouteTableBuildTest, UnknownClustersAreRefusedWhereTheyMust) {
  const std::string to_web =
      "virtual_hosts { name: \"v\" domains: \"*\" routes { match { prefix: \"/\" } route { "
      "cluster: \"web\" } } } ";
  const auto table = BuildAll(Body(to_web));
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(BuildAll(Body(to_web + "validate_clusters { value: true }"), table.get()), nullptr);
  EXPECT_EQ(Fault(), "virtual_hosts[0].routes[0].route.cluster: there is no cluster 'web'");
}

TEST_F(RouteTableBuildTest, WhatIsNoTableIsAFault) {
  google::protobuf::Any body = Body("name: \"t\"");
  body.set_value("\x0a\x05t");
  EXPECT_EQ(BuildAll(body), nullptr);
  EXPECT_EQ(Fault(), ": its bytes are not a envoy.config.route.v3.RouteConfiguration");
  body.set_value("\xfb\x07\xfc\x07");  // a group: a parser of proto2 would take it
  EXPECT_EQ(BuildAll(body), nullptr);
  EXPECT_FALSE(build_->faults().ok());
  body.set_type_url("type.googleapis.com/envoy.config.core.v3.Address");
  body.clear_value();
  EXPECT_EQ(BuildAll(body), nullptr);
  EXPECT_THAT(Fault(), HasSubstr("must be `envoy.config.route.v3.RouteConfiguration`"));
  // The table's own fields, and faults of them beside those of its virtual hosts.
  EXPECT_EQ(BuildAll(Body("internal_only_headers: \"a b\" virtual_hosts { domains: \"*\" }")),
            nullptr);
  ASSERT_EQ(build_->faults().faults().size(), 2u);
  EXPECT_EQ(build_->faults().faults()[0].path, "internal_only_headers[0]");
  EXPECT_EQ(build_->faults().faults()[1].path, "virtual_hosts[0].name");
}

TEST_F(RouteTableBuilderTest, AnOperatorThatIsNoneIsAFault) {
  EXPECT_EQ(Build("routes { match { prefix: \"/\" } route { cluster: \"web\" } "
                  "request_headers_to_add { header { key: \"x\" value: \"%NONSENSE%\" } } }"),
            nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("virtual_hosts[0].routes[0].request_headers_to_add[0]"));
}

TEST_F(RouteTableBuilderTest, SettingsOfFiltersAreParsedByTheirFilter) {
  const auto table = Build(
      "routes { match { prefix: \"/\" } route { cluster: \"web\" } typed_per_filter_config { "
      "key: \"mine\" value { "
      "[type.googleapis.com/envoy.config.route.v3.RouteConfiguration] { } } } }");
  ASSERT_NE(table, nullptr) << faults_.ToString();
  EXPECT_NE(Find(*table)->filter_configs.at("mine"), nullptr);
}

TEST_F(RouteTableBuilderTest, SettingsOfNoFilterAreAFault) {
  EXPECT_EQ(Build("routes { match { prefix: \"/\" } route { cluster: \"web\" } "
                  "typed_per_filter_config { key: \"mine\" value { type_url: "
                  "\"type.googleapis.com/no.such.Filter\" } } }"),
            nullptr);
  ASSERT_FALSE(Lines().empty());
  EXPECT_THAT(Lines()[0], HasSubstr("no.such.Filter"));
}

}  // namespace
}  // namespace weir::filter
