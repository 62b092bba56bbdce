// A client of a scripted control plane, over real gRPC; time is turned by hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/base/random.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/xds/discovery_client.h"
#include "test/rpc/waiting.h"
#include "test/support/manual_clock.h"
#include "test/xds/discovery_messages.h"
#include "test/xds/recording_sink.h"
#include "test/xds/scripted_control_plane.h"

namespace weir::xds {

class ClientFixture : public ::testing::Test {
 protected:
  ClientFixture() { base::SetThreadIndex(base::kMainThread); }
  void SetUp() override { MakeClient({}); }
  void TearDown() override {
    parents_.reset();
    children_.reset();
  }

  void MakeClient(DiscoveryClient::Options options) {
    std::vector<ControlPlaneServer> servers;
    servers.push_back({"first", server_.Dialer(), {{"x-token", "secret"}}});
    MakeClient(std::move(options), std::move(servers));
  }
  void MakeClient(DiscoveryClient::Options options, std::vector<ControlPlaneServer> servers) {
    options.node.set_id("weir-1");
    client_ = std::make_unique<DiscoveryClient>(loop_, std::move(options), std::move(servers),
                                                store_, random_);
  }
  void MakeClient(Protocol protocol, std::string method = {}) {
    DiscoveryClient::Options options;
    options.protocol = protocol;
    options.method = std::move(method);
    MakeClient(std::move(options));
  }
  void SubscribeParents(const SubscriptionOptions& options = {}) {
    parents_ = client_->Subscribe({.type_url = kTypeUrl,
                                   .is_complete_set = true,
                                   .children = {kChildUrl},
                                   .stats_prefix = "parents"},
                                  options, parent_sink_);
    parents_->AddAll();
  }
  void SubscribeChildren() {
    children_ =
        client_->Subscribe({.type_url = kChildUrl, .stats_prefix = "children"}, {}, child_sink_);
  }
  template <class Condition>
  bool Until(Condition condition) {
    return test::TurnUntil(loop_, condition);
  }
  // As above, while time passes, a millisecond a turn.
  template <class Condition>
  bool UntilInTime(Condition condition) {
    return Until([&] {
      clock_.AdvanceMs(1);
      return condition();
    });
  }
  // Time passes until the client has dialled `server`, and stands still until it is connected: its
  // patience is measured in this time, and gRPC's in that of the machine.
  void AwaitClientOf(ScriptedControlPlane& server) {
    const int connections = server.connections;
    ASSERT_TRUE(Until([&] {
      if (!server.is_dialled()) clock_.AdvanceMs(1);
      return server.connections > connections;
    }));
  }
  void AwaitReconnect() { AwaitClientOf(server_); }
  void Pass(int64_t duration_ms) {
    clock_.AdvanceMs(duration_ms);
    loop_.RunReady();
  }
  const ControlPlaneStats& stats() {
    stats_ = store_.AddGroup<ControlPlaneStats>("control_plane");
    return stats_->Here();
  }
  std::shared_ptr<const SourceState> state() {
    loop_.RunReady();
    return client_->state().Load();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  stats::Store store_;
  base::Random random_{1};
  ScriptedControlPlane server_{loop_};
  std::shared_ptr<stats::Group<ControlPlaneStats>> stats_;
  RecordingSink parent_sink_, child_sink_;
  std::unique_ptr<DiscoveryClient> client_;
  std::unique_ptr<Subscription> parents_, children_;
};

}  // namespace weir::xds
