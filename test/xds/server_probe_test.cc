#include "source/xds/server_probe.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "test/support/manual_clock.h"
#include "test/xds/fake_network.h"

namespace weir::xds {
namespace {

class ServerProbeTest : public ::testing::Test {
 protected:
  void Start(std::string request = "?") {
    probe_ = std::make_unique<ServerProbe>(loop_, server_,
                                           ServerProbe::Question{"/m", std::move(request), 1000},
                                           [this](DialResult result) {
                                             result_.emplace(std::move(result));
                                             probe_.reset();
                                           });
    probe_->Start();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  FakeNetwork network_;
  ControlPlaneServer server_{"only", network_.Dialer(), {{"key", "value"}}};
  std::optional<DialResult> result_;
  std::unique_ptr<ServerProbe> probe_;
};

TEST_F(ServerProbeTest, AnAnswerGivesTheConnection) {
  Start();
  network_.Succeed();
  EXPECT_EQ(network_.method, "/m");
  EXPECT_EQ(network_.metadata, (rpc::Metadata{{"key", "value"}}));
  network_.handler->OnOpen();
  EXPECT_EQ(network_.sent, std::vector<std::string>{"?"});
  EXPECT_FALSE(result_.has_value());
  network_.handler->OnMessage("!");
  ASSERT_TRUE(result_.has_value() && result_->ok());
  EXPECT_EQ(network_.streams, 0);
  EXPECT_EQ(network_.channels, 1);
}

TEST_F(ServerProbeTest, WithoutAQuestionACallIsEnough) {
  Start("");
  network_.Succeed();
  network_.handler->OnOpen();
  EXPECT_TRUE(network_.sent.empty());
  EXPECT_TRUE(result_.has_value() && result_->ok());
}

TEST_F(ServerProbeTest, SaysWhyNot) {
  Start();
  network_.Fail();
  EXPECT_EQ(result_->status(), absl::UnavailableError("no host"));
  Start();
  network_.Succeed();
  network_.handler->OnEnd(absl::UnimplementedError("what?"));
  EXPECT_EQ(result_->status(), absl::UnimplementedError("what?"));
  EXPECT_EQ(network_.streams + network_.channels, 0);
}

TEST_F(ServerProbeTest, WaitsForSoLong) {
  Start();
  clock_.AdvanceMs(1000);
  loop_.RunReady();
  EXPECT_EQ(result_->status(), absl::DeadlineExceededError("no answer in time"));
  network_.Succeed();  // nobody waits for it any more
  EXPECT_EQ(network_.streams + network_.channels, 0);
}

}  // namespace
}  // namespace weir::xds
