#include "source/control/status_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "source/rpc/stream_server.h"
#include "test/rpc/waiting.h"
#include "test/support/manual_clock.h"

namespace weir::control {
namespace {

using envoy::service::status::v3::ClientStatusRequest;
using testing::HasSubstr;

// A proxy that answers `answer`, or not at all.
class Proxy final : public rpc::BidiStreamHandler {
 public:
  Proxy(event::Loop& loop, std::optional<std::string> answer) : answer_(std::move(answer)) {
    server_ = *rpc::Server::Start(loop, "127.0.0.1:0", [this](auto stream) {
      stream_ = std::move(stream);
      stream_->Start(*this);
    });
  }
  const std::string& address() const { return server_->address(); }
  void OnMessage(std::string bytes) override {
    EXPECT_TRUE(requests.emplace_back().ParseFromString(bytes));
    if (answer_) stream_->Send(*answer_);
  }
  void OnEnd(absl::Status /*status*/) override {}
  void Refuse(const absl::Status& status) { stream_->Finish(status); }

  std::vector<ClientStatusRequest> requests;

 private:
  const std::optional<std::string> answer_;
  std::unique_ptr<rpc::IncomingStream> stream_;
  std::unique_ptr<rpc::Server> server_;
};

class StatusQueryTest : public testing::Test {
 protected:
  void Ask(const std::string& address, bool has_contents = false) {
    query_ = std::make_unique<StatusQuery>(loop_, address, has_contents, 1000, [this](auto answer) {
      EXPECT_FALSE(answer_.has_value());
      answer_ = std::move(answer);
      query_.reset();
    });
  }
  bool WaitForAnswer() {
    return test::TurnUntil(loop_, [this] { return answer_.has_value(); });
  }
  std::string Error() { return answer_->ok() ? "" : std::string(answer_->status().message()); }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  std::optional<absl::StatusOr<StatusQuery::Response>> answer_;
  std::unique_ptr<StatusQuery> query_;
};

TEST_F(StatusQueryTest, TakesTheAnswer) {
  StatusQuery::Response response;
  response.add_config()->mutable_node()->set_id("edge-1");
  Proxy proxy(loop_, response.SerializeAsString());
  Ask(proxy.address());
  ASSERT_TRUE(WaitForAnswer());
  ASSERT_TRUE(answer_->ok()) << answer_->status();
  EXPECT_EQ((*answer_)->config(0).node().id(), "edge-1");
  EXPECT_TRUE(proxy.requests.at(0).exclude_resource_contents());
  answer_.reset();
  Ask(proxy.address(), true);
  ASSERT_TRUE(WaitForAnswer());
  EXPECT_FALSE(proxy.requests.at(1).exclude_resource_contents());
}

TEST_F(StatusQueryTest, NobodyThere) {
  std::string address;
  { address = Proxy(loop_, std::nullopt).address(); }
  Ask(address);
  ASSERT_TRUE(WaitForAnswer());
  EXPECT_THAT(Error(), HasSubstr(address + ": "));
}

TEST_F(StatusQueryTest, NoAnswerInTime) {
  Proxy proxy(loop_, std::nullopt);
  Ask(proxy.address());
  ASSERT_TRUE(test::TurnUntil(loop_, [&] { return !proxy.requests.empty(); }));
  EXPECT_FALSE(answer_.has_value());
  clock_.AdvanceMs(1000);
  ASSERT_TRUE(WaitForAnswer());
  EXPECT_EQ(Error(), proxy.address() + ": no answer in time");
}

TEST_F(StatusQueryTest, ARefusal) {
  Proxy proxy(loop_, std::nullopt);
  Ask(proxy.address());
  ASSERT_TRUE(test::TurnUntil(loop_, [&] { return !proxy.requests.empty(); }));
  proxy.Refuse(absl::PermissionDeniedError("not you"));
  ASSERT_TRUE(WaitForAnswer());
  EXPECT_EQ(answer_->status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Error(), proxy.address() + ": not you");
}

TEST_F(StatusQueryTest, AnEndWithoutAnAnswer) {
  Proxy proxy(loop_, std::nullopt);
  Ask(proxy.address());
  ASSERT_TRUE(test::TurnUntil(loop_, [&] { return !proxy.requests.empty(); }));
  proxy.Refuse(absl::OkStatus());
  ASSERT_TRUE(WaitForAnswer());
  EXPECT_THAT(Error(), HasSubstr("without an answer"));
}

TEST_F(StatusQueryTest, Nonsense) {
  Proxy proxy(loop_, "\xff\xff\xff");
  Ask(proxy.address());
  ASSERT_TRUE(WaitForAnswer());
  EXPECT_THAT(Error(), HasSubstr("no ClientStatusResponse"));
}

}  // namespace
}  // namespace weir::control
