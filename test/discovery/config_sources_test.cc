#include "source/discovery/config_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/discovery/discovery_types.h"
#include "test/discovery/resource_fixture.h"

namespace weir::discovery {
namespace {

using envoy::config::core::v3::ApiConfigSource;
using envoy::config::core::v3::ConfigSource;
using testing::HasSubstr;

class ConfigSourcesTest : public testing::Test {
 protected:
  const xds::ResourceOrigin* Resolve(const ConfigSource& proto,
                                     const xds::ResourceType& type = EndpointType()) {
    faults_ = config::Faults();
    return sources_.Resolve(proto, type, faults_);
  }
  static ConfigSource Ads(int64_t timeout_s = -1) {
    ConfigSource proto;
    proto.mutable_ads();
    if (timeout_s >= 0) proto.mutable_initial_fetch_timeout()->set_seconds(timeout_s);
    return proto;
  }
  static ConfigSource Self() {
    ConfigSource proto;
    proto.mutable_self();
    return proto;
  }

  FakeSource source_;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store stats_;
  std::unique_ptr<clusters::ClusterManager> clusters_ =
      clusters::ClusterManager::Create({loop_, stats_});
  xds::files::FileThread file_thread_{loop_};
  ConfigSources sources_{loop_, stats_, file_thread_};
  config::Faults faults_;
};

TEST_F(ConfigSourcesTest, AdsIsTheAggregatedStream) {
  EXPECT_EQ(Resolve(Ads()), nullptr);
  EXPECT_THAT(faults_.ToString(), HasSubstr("dynamic_resources.ads_config is not set"));
  sources_.SetAggregated(source_);
  const xds::ResourceOrigin* const origin = Resolve(Ads());
  ASSERT_NE(origin, nullptr);
  EXPECT_EQ(origin->source, &source_);
  EXPECT_EQ(origin->initial_fetch_timeout_ms, 15'000);
  EXPECT_EQ(Resolve(Ads()), origin) << "equal messages, one origin";
  ConfigSource spelled_out;
  spelled_out.mutable_api_config_source()->set_api_type(ApiConfigSource::AGGREGATED_GRPC);
  EXPECT_EQ(Resolve(spelled_out)->source, &source_);
}

TEST_F(ConfigSourcesTest, AStreamOfItsOwnIsSharedByAllOfItsType) {
  envoy::config::core::v3::Node node;
  ConfigSource proto;
  auto& api = *proto.mutable_api_config_source();
  api.set_api_type(ApiConfigSource::DELTA_GRPC);
  EXPECT_EQ(Resolve(proto), nullptr);
  EXPECT_THAT(faults_.ToString(), HasSubstr("api_config_source.grpc_services: must name"));
  api.add_grpc_services()->mutable_envoy_grpc()->set_cluster_name("control");
  EXPECT_EQ(Resolve(proto), nullptr);
  EXPECT_THAT(faults_.ToString(), HasSubstr("node.id"));
  node.set_id("me");
  sources_.SetUp(node, *clusters_);
  const xds::ResourceOrigin* const origin = Resolve(proto);
  ASSERT_NE(origin, nullptr) << faults_.ToString();
  proto.mutable_initial_fetch_timeout()->set_seconds(1);
  EXPECT_EQ(Resolve(proto)->source, origin->source);
  EXPECT_NE(Resolve(proto, SecretType())->source, origin->source) << "one for each type";
  xds::ResourceType unknown;
  unknown.type_url = "type.googleapis.com/nobody.Knows";
  EXPECT_EQ(Resolve(proto, unknown), nullptr);

  // Of what came from there it is the self, on a stream of the other type.
  const ConfigSources::Inside inside(sources_, *Resolve(proto, ClusterType()));
  EXPECT_EQ(Resolve(Self())->source, origin->source);
}

TEST_F(ConfigSourcesTest, AFileIsOneSourceForAll) {
  ConfigSource proto;
  proto.mutable_path_config_source()->set_path("/nowhere/eds.yaml");
  const xds::ResourceOrigin* const origin = Resolve(proto);
  ASSERT_NE(origin, nullptr) << faults_.ToString();
  EXPECT_EQ(Resolve(proto, SecretType())->source, origin->source);
  const ConfigSources::Inside inside(sources_, *origin);
  EXPECT_EQ(Resolve(Self()), nullptr);
}

TEST_F(ConfigSourcesTest, TimeoutsAreTheReferences) {
  sources_.SetAggregated(source_);
  EXPECT_EQ(Resolve(Ads(0))->initial_fetch_timeout_ms, 0);
  EXPECT_EQ(Resolve(Ads(3))->initial_fetch_timeout_ms, 3'000);
  EXPECT_EQ(Resolve(Ads(3))->source, Resolve(Ads())->source);
}

TEST_F(ConfigSourcesTest, SelfIsWhereTheResourceCameFrom) {
  sources_.SetAggregated(source_);
  EXPECT_EQ(Resolve(Self()), nullptr);
  EXPECT_THAT(faults_.ToString(), HasSubstr("self: is for resources that come from a control"));
  const xds::ResourceOrigin* const clusters = Resolve(Ads(3), ClusterType());
  {
    const ConfigSources::Inside inside(sources_, *clusters);
    const xds::ResourceOrigin* const endpoints = Resolve(Self());
    ASSERT_NE(endpoints, nullptr);
    EXPECT_EQ(endpoints->source, &source_);
    EXPECT_EQ(endpoints->initial_fetch_timeout_ms, 15'000) << "its own";
  }
  EXPECT_EQ(Resolve(Self()), nullptr) << "outside again";
}

}  // namespace
}  // namespace weir::discovery
