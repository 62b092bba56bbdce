#include "source/control/ads_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/rpc/bidi_stream.h"
#include "source/rpc/stream_server.h"
#include "test/control/resource_text.h"
#include "test/rpc/waiting.h"
#include "test/xds/discovery_messages.h"

namespace weir::control {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

constexpr char kService[] = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";

struct TestClient : rpc::BidiStreamHandler {
  void OnMessage(std::string bytes) override {
    EXPECT_TRUE(responses.emplace_back().ParseFromString(bytes));
  }
  void OnEnd(absl::Status status) override { end = std::move(status); }
  void Ask(const char* type_url) {
    DiscoveryRequest request;
    request.set_type_url(type_url);
    stream->Send(request.SerializeAsString());
  }
  std::vector<DiscoveryResponse> responses;
  std::optional<absl::Status> end;
  std::unique_ptr<rpc::BidiStream> stream;
};

class AdsServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = rpc::Server::Start(loop_, "127.0.0.1:0",
                                     [this](auto stream) { service_.OnStream(std::move(stream)); });
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
    channel_ = rpc::Channel::ToTarget(loop_, server_->address(), {});
  }
  void Call(TestClient& client, const std::string& method = "StreamAggregatedResources") {
    client.stream = channel_->OpenBidiStream(kService + method, {}, client);
  }
  template <class Condition>
  bool Until(Condition condition) {
    return test::TurnUntil(loop_, condition);
  }

  event::Loop loop_{"test", base::kMainThread};
  AdsService service_{loop_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Channel> channel_;
};

TEST_F(AdsServiceTest, EveryClientGetsTheSnapshotAndItsSuccessor) {
  TestClient early, late;
  Call(early);
  early.Ask(kClusterUrl);
  ASSERT_TRUE(Until([&] { return service_.client_count() == 1; }));
  service_.Publish(MakeSnapshot(FileText({EdsCluster("a")})));
  ASSERT_TRUE(Until([&] { return early.responses.size() == 1; }));
  Call(late);
  late.Ask(kListenerUrl);
  ASSERT_TRUE(Until([&] { return late.responses.size() == 1; }));
  EXPECT_EQ(late.responses[0].resources_size(), 0);
  EXPECT_EQ(early.responses[0].resources_size(), 1);
  EXPECT_EQ(service_.client_count(), 2u);
}

TEST_F(AdsServiceTest, AClientThatLeavesIsForgotten) {
  TestClient client;
  Call(client);
  ASSERT_TRUE(Until([&] { return service_.client_count() == 1; }));
  client.stream.reset();
  EXPECT_TRUE(Until([&] { return service_.client_count() == 0; }));
}

TEST_F(AdsServiceTest, GarbageEndsTheStream) {
  TestClient client, other;
  Call(other);
  Call(client);
  client.stream->Send("\xff\xff\xff");
  ASSERT_TRUE(Until([&] { return client.end.has_value(); }));
  EXPECT_EQ(client.end->code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Until([&] { return service_.client_count() == 1; }));
  EXPECT_FALSE(other.end.has_value());
}

TEST_F(AdsServiceTest, OtherMethodsAreNotImplemented) {
  TestClient client;
  Call(client, "DeltaAggregatedResources");
  ASSERT_TRUE(Until([&] { return client.end.has_value(); }));
  EXPECT_EQ(client.end->code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(client.end->message().find("StreamAggregatedResources"), absl::string_view::npos);
}

}  // namespace
}  // namespace weir::control
