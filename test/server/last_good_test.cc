#include "source/server/last_good.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "source/base/random.h"
#include "source/base/thread.h"
#include "test/rpc/waiting.h"
#include "test/support/manual_clock.h"
#include "test/support/temporary_folder.h"
#include "test/xds/discovery_messages.h"
#include "test/xds/recording_sink.h"
#include "test/xds/scripted_control_plane.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kSecretUrl[] =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

// One process: a stream to a control plane, with the file in between.
class Process {
 public:
  Process(const Options& options, event::Loop& loop, xds::ControlPlaneDialer dialer)
      : thread_(loop),
        ads_(loop, AdsOptions(), std::move(dialer), stats_, random_),
        last_good_(options, AdsOptions().node,
                   {loop, thread_, stats_, ads_, xds::Protocol::kStateOfTheWorld}) {
    set_ = last_good_.source().Subscribe({.type_url = xds::kTypeUrl, .is_complete_set = true}, {},
                                         sink_);
    set_->AddAll();
    secrets_ = last_good_.source().Subscribe({.type_url = kSecretUrl}, {}, secret_sink_);
    secrets_->Add("key");
    ads_.Start();
    last_good_.Start();
  }
  ~Process() { last_good_.Freeze(); }

  const auto& live() const { return sink_.live; }
  const auto& secrets() const { return secret_sink_.live; }
  bool is_serving() const { return last_good_.is_serving(); }

 private:
  static xds::DiscoveryClient::Options AdsOptions() {
    xds::DiscoveryClient::Options options;
    options.node.set_id("edge-1");
    return options;
  }

  stats::Store stats_;
  base::Random random_{1};
  xds::files::FileThread thread_;
  xds::DiscoveryClient ads_;
  LastGood last_good_;
  xds::RecordingSink sink_, secret_sink_;
  std::unique_ptr<xds::Subscription> set_, secrets_;
};

class LastGoodTest : public testing::Test {
 protected:
  LastGoodTest() {
    base::SetThreadIndex(base::kMainThread);
    options_.last_good_file = folder_.path + "/last-good";
  }
  // A process that hears of a resource and of a secret, and ends.
  void Serve(const xds::Named& resources) {
    xds::ScriptedControlPlane server(loop_);
    Process process(options_, loop_, server.Dialer());
    server.AwaitClient();
    server.Await();
    server.Await();
    server.Send(xds::MakeResponse("1", "n1", resources));
    server.Send(xds::MakeResponse("1", "n2", {{"key", "private"}}, kSecretUrl));
    EXPECT_TRUE(test::TurnUntil(loop_, [&] { return !process.secrets().empty(); }));
    EXPECT_EQ(process.live().size(), resources.size());
    EXPECT_FALSE(process.is_serving());
  }
  std::unique_ptr<Process> StartAlone() {
    auto process = std::make_unique<Process>(options_, loop_, [](auto) {});
    for (int i = 0; i < 600; ++i) {
      clock_.AdvanceMs(1);
      loop_.RunReady();
    }
    return process;
  }

  const test::TemporaryFolder folder_;
  Options options_;
  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
};

TEST_F(LastGoodTest, ServesWithoutAControlPlaneAllButSecrets) {
  Serve({{"a", "1"}});
  const auto process = StartAlone();
  EXPECT_THAT(process->live(), ElementsAre(Pair("a", "1")));
  EXPECT_THAT(process->secrets(), IsEmpty());
  EXPECT_TRUE(process->is_serving());
}

TEST_F(LastGoodTest, SecretsAreKeptWhenThatIsAskedFor) {
  options_.last_good_secrets = true;
  Serve({{"a", "1"}});
  const auto process = StartAlone();
  EXPECT_THAT(process->secrets(), ElementsAre(Pair("key", "private")));
}

TEST_F(LastGoodTest, WhatARealAnswerLacksIsRemoved) {
  Serve({{"a", "1"}, {"b", "1"}});
  xds::ScriptedControlPlane server(loop_);
  auto process = std::make_unique<Process>(options_, loop_, server.Dialer());
  server.AwaitClient();
  // It is there, but says nothing for a while.
  EXPECT_TRUE(test::TurnUntil(loop_, [&] {
    clock_.AdvanceMs(10);
    return process->live().size() == 2;
  }));
  server.Send(xds::MakeResponse("2", "n1", {{"a", "1"}}));
  EXPECT_TRUE(test::TurnUntil(loop_, [&] {
    clock_.AdvanceMs(1);
    return process->live().size() == 1;
  }));
  EXPECT_THAT(process->live(), ElementsAre(Pair("a", "1")));
  EXPECT_FALSE(process->is_serving());
}

}  // namespace
}  // namespace weir::server
