// A folder, the control plane over real gRPC, and the xDS client that Weir has.
#include "source/control/control_plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/base/random.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/rpc/bidi_stream.h"
#include "source/stats/stats.h"
#include "source/xds/discovery_client.h"
#include "source/xds/discovery_methods.h"
#include "source/xds/subscription.h"
#include "test/control/resource_text.h"
#include "test/control/temporary_folder.h"
#include "test/rpc/waiting.h"
#include "test/support/manual_clock.h"

namespace weir::control {
namespace {

using ::testing::HasSubstr;

// What a proxy has of one type.
struct Sink : xds::ResourceSink {
  std::vector<xds::Refusal> OnUpdate(const xds::Update& update) override {
    for (const std::string& name : update.removed) live.erase(name);
    std::vector<xds::Refusal> refusals;
    for (const xds::Resource& resource : update.changed) {
      if (resource.name == refused) {
        refusals.push_back({refused, "field: no good"});
        continue;
      }
      live[std::string(resource.name)] = *resource.body;
      if (children != nullptr) children->Add(resource.name);
    }
    return refusals;
  }
  void OnFetchTimeout(absl::Span<const std::string> /*names*/) override {}

  std::map<std::string, google::protobuf::Any> live;
  std::string refused;
  xds::Subscription* children = nullptr;  // subscribe to one of the same name
};

class ControlPlaneTest : public ::testing::TestWithParam<xds::Protocol> {
 protected:
  ControlPlaneTest() {
    base::SetThreadIndex(base::kMainThread);
    options_.directory = folder_.Path();
    options_.listen = "127.0.0.1:0";
    folder_.Write("all.yaml", Text(1));
  }
  static std::string Text(int port) {
    return FileText({EdsCluster("web")}, {Endpoint("web", port)}, {HttpListener("main", "local")},
                    {Routes("local", "web")});
  }

  void Start() {
    control_ = std::make_unique<ControlPlane>(loop_, options_);
    ASSERT_TRUE(control_->Start().ok());
  }
  void Connect() {
    xds::DiscoveryClient::Options options;
    options.node.set_id("weir-1");
    options.protocol = GetParam();
    client_ = std::make_unique<xds::DiscoveryClient>(
        loop_, std::move(options),
        [this](auto on_dialled) {
          on_dialled(rpc::Channel::ToTarget(loop_, control_->address(), {}));
        },
        store_, random_);
    cds_ = client_->Subscribe({.type_url = kClusterUrl, .is_complete_set = true}, {}, clusters_);
    eds_ = client_->Subscribe({.type_url = kEndpointsUrl}, {}, endpoints_);
    sds_ = client_->Subscribe({.type_url = kSecretUrl}, {}, secrets_);
    sds_->Add("ca");
    clusters_.children = eds_.get();
    cds_->AddAll();
    client_->Start();
  }
  // Time passes: a millisecond a turn.
  template <class Condition>
  bool Until(Condition condition) {
    return test::TurnUntil(loop_, [&] {
      clock_.AdvanceMs(1);
      return condition();
    });
  }
  int PortOfWeb() {
    envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
    if (!endpoints_.live["web"].UnpackTo(&assignment)) return 0;
    return static_cast<int>(
        assignment.endpoints(0).lb_endpoints(0).endpoint().address().socket_address().port_value());
  }

  test::TemporaryFolder folder_;
  ControlOptions options_;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  base::Random random_{1};
  std::unique_ptr<ControlPlane> control_;
  Sink clusters_, endpoints_, secrets_;
  std::unique_ptr<xds::DiscoveryClient> client_;
  std::unique_ptr<xds::Subscription> cds_, eds_, sds_;
};

TEST_P(ControlPlaneTest, AChangedFileReachesTheClient) {
  Start();
  Connect();
  ASSERT_TRUE(Until([&] { return PortOfWeb() == 1; }));
  folder_.Write("all.yaml", Text(2));
  EXPECT_TRUE(Until([&] { return PortOfWeb() == 2; }));
  folder_.Write("more.yaml", FileText({EdsCluster("api")}, {Endpoint("api", 9)}));
  EXPECT_TRUE(Until([&] { return endpoints_.live.count("api") == 1; }));
  std::filesystem::remove(folder_.Path("more.yaml"));
  EXPECT_TRUE(Until([&] { return clusters_.live.count("api") == 0; }));
  EXPECT_EQ(clusters_.live.count("web"), 1u);
}

TEST_P(ControlPlaneTest, SecretsAreServed) {
  Start();
  Connect();
  ASSERT_TRUE(Until([&] { return PortOfWeb() == 1; }));
  EXPECT_TRUE(secrets_.live.empty());
  const auto holds = [&](const std::string& text) {
    return secrets_.live["ca"].value().find(text) != std::string::npos;
  };
  folder_.Write("secrets.yaml", "secrets:\n" + Secret("ca", "first"));
  EXPECT_TRUE(Until([&] { return holds("first"); }));
  folder_.Write("secrets.yaml", "secrets:\n" + Secret("ca", "second"));
  EXPECT_TRUE(Until([&] { return holds("second"); }));
}

TEST_P(ControlPlaneTest, ABadFileIsToldAndChangesNothing) {
  Start();
  Connect();
  ASSERT_TRUE(Until([&] { return PortOfWeb() == 1; }));
  const auto before = control_->snapshot();
  testing::internal::CaptureStderr();
  folder_.Write("bad.yaml", "clusters:\n- name: web\n  conect_timeout: 1s\n");
  for (int i = 0; i < 300; ++i) {
    clock_.AdvanceMs(1);
    loop_.RunReady();
  }
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, HasSubstr(folder_.Path("bad.yaml") + ":3:3: clusters[0].conect_timeout: "));
  EXPECT_THAT(told, HasSubstr("what was served before stays"));
  EXPECT_EQ(control_->snapshot(), before);
  std::filesystem::remove(folder_.Path("bad.yaml"));
  folder_.Write("all.yaml", Text(3));
  EXPECT_TRUE(Until([&] { return PortOfWeb() == 3; }));
}

TEST_P(ControlPlaneTest, WithNothingGoodYetClientsWait) {
  folder_.Write("bad.yaml", "clusters: [{nme: x}]");
  testing::internal::CaptureStderr();
  Start();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("clients wait until it has none"));
  Connect();
  ASSERT_TRUE(Until([&] { return control_->service().client_count() == 1; }));
  EXPECT_TRUE(clusters_.live.empty());
  std::filesystem::remove(folder_.Path("bad.yaml"));
  EXPECT_TRUE(Until([&] { return PortOfWeb() == 1; }));
}

TEST_P(ControlPlaneTest, TheFoldersDisappearanceDeletesNothing) {
  Start();
  Connect();
  ASSERT_TRUE(Until([&] { return PortOfWeb() == 1; }));
  std::filesystem::rename(folder_.Path(), folder_.Path() + ".away");
  for (int i = 0; i < 300; ++i) {
    clock_.AdvanceMs(1);
    loop_.RunReady();
  }
  EXPECT_EQ(clusters_.live.size(), 1u);
  std::filesystem::rename(folder_.Path() + ".away", folder_.Path());
  folder_.Write("all.yaml", Text(2));
  EXPECT_TRUE(Until([&] { return PortOfWeb() == 2; }));
}

TEST_P(ControlPlaneTest, ANackIsLogged) {
  Start();
  clusters_.refused = "web";
  testing::internal::CaptureStderr();
  Connect();
  ASSERT_TRUE(Until([&] {
    const auto state = client_->state().Load();
    return !state->types.empty() && !state->types[0].refusal.empty();
  }));
  folder_.Write("more.yaml", FileText({EdsCluster("api")}));
  ASSERT_TRUE(Until([&] { return clusters_.live.count("api") == 1; }));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("NACK node=weir-1 type=clusters version="));
  EXPECT_EQ(clusters_.live.count("web"), 0u);
}

TEST_P(ControlPlaneTest, ARestartWithTheSameFilesIsNoChange) {
  Start();
  const std::string version = control_->snapshot()->Of(ServedType::kCluster).version;
  options_.listen = control_->address();
  Connect();
  ASSERT_TRUE(Until([&] { return PortOfWeb() == 1; }));
  control_.reset();
  Start();
  EXPECT_EQ(control_->snapshot()->Of(ServedType::kCluster).version, version);
  EXPECT_TRUE(Until([&] { return control_->service().client_count() == 1; }));
}

TEST_P(ControlPlaneTest, WhatCannotBeDoneIsAnError) {
  Start();
  options_.listen = control_->address();
  ControlPlane second(loop_, options_);
  EXPECT_THAT(std::string(second.Start().message()), HasSubstr(options_.listen));
  options_.directory = folder_.Path("none");
  ControlPlane third(loop_, options_);
  EXPECT_THAT(std::string(third.Start().message()), HasSubstr("none"));
}

INSTANTIATE_TEST_SUITE_P(BothProtocols, ControlPlaneTest,
                         testing::Values(xds::Protocol::kStateOfTheWorld, xds::Protocol::kDelta),
                         [](const auto& info) {
                           return info.param == xds::Protocol::kDelta ? "Delta" : "Sotw";
                         });

}  // namespace
}  // namespace weir::control
