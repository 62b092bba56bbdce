#include "source/admin/grpc_endpoint.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envoy/service/status/v3/csds.pb.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/rpc/bidi_stream.h"
#include "test/rpc/waiting.h"

namespace weir::admin {
namespace {

using envoy::service::status::v3::ClientStatusRequest;
using envoy::service::status::v3::ClientStatusResponse;

constexpr char kService[] = "/envoy.service.status.v3.ClientStatusDiscoveryService/";

struct Client : rpc::BidiStreamHandler {
  void OnMessage(std::string bytes) override {
    EXPECT_TRUE(responses.emplace_back().ParseFromString(bytes));
  }
  void OnEnd(absl::Status status) override { end = std::move(status); }

  std::vector<ClientStatusResponse> responses;
  std::optional<absl::Status> end;
  std::unique_ptr<rpc::BidiStream> stream;
};

class GrpcEndpointTest : public testing::Test {
 protected:
  GrpcEndpointTest() { node_.set_id("edge-1"); }

  void SetUp() override {
    auto endpoint = GrpcEndpoint::Start(*net::Address::ParseIpPort("127.0.0.1:0"), node_, dump_);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    endpoint_ = *std::move(endpoint);
    channel_ = rpc::Channel::ToTarget(loop_, endpoint_->address().ToString(), {});
  }
  void Call(Client& client, const std::string& method = "StreamClientStatus") {
    client.stream = channel_->OpenBidiStream(kService + method, {}, client);
  }
  template <class Condition>
  bool Until(Condition condition) {
    return test::TurnUntil(loop_, condition);
  }

  event::Loop loop_{"test", base::kMainThread};
  envoy::config::core::v3::Node node_;
  ConfigDump dump_;
  std::unique_ptr<GrpcEndpoint> endpoint_;
  std::unique_ptr<rpc::Channel> channel_;
};

TEST_F(GrpcEndpointTest, SaysWhereItListens) { EXPECT_NE(endpoint_->address().port(), 0); }

TEST_F(GrpcEndpointTest, ATakenAddressIsAnError) {
  const auto second = GrpcEndpoint::Start(endpoint_->address(), node_, dump_);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find(endpoint_->address().ToString()), std::string::npos);
}

TEST_F(GrpcEndpointTest, FetchAnswersOnceAndEnds) {
  dump_.Request(ResourceKind::kCluster, "web");
  Client client;
  Call(client, "FetchClientStatus");
  client.stream->Send(ClientStatusRequest().SerializeAsString());
  ASSERT_TRUE(Until([&] { return client.end.has_value(); }));
  EXPECT_TRUE(client.end->ok()) << *client.end;
  ASSERT_EQ(client.responses.size(), 1u);
  EXPECT_EQ(client.responses[0].config(0).node().id(), "edge-1");
  EXPECT_EQ(client.responses[0].config(0).generic_xds_configs(0).name(), "web");
}

TEST_F(GrpcEndpointTest, AStreamAnswersEachRequestWithWhatThereIsThen) {
  Client client;
  Call(client);
  for (int i = 0; i < 3; ++i) {
    dump_.Request(ResourceKind::kCluster, std::to_string(i));
    client.stream->Send(ClientStatusRequest().SerializeAsString());
    ASSERT_TRUE(Until([&] { return client.responses.size() == static_cast<size_t>(i + 1); }));
    EXPECT_EQ(client.responses.back().config(0).generic_xds_configs_size(), i + 1);
  }
  EXPECT_FALSE(client.end.has_value());
}

TEST_F(GrpcEndpointTest, NonsenseEndsTheCallThatSaysIt) {
  Client garbage, wrong, other, fine;
  Call(fine);
  Call(garbage);
  garbage.stream->Send("\xff\xff\xff");
  Call(wrong);
  ClientStatusRequest request;
  request.add_node_matchers()->mutable_node_id()->mutable_safe_regex()->set_regex("(");
  wrong.stream->Send(request.SerializeAsString());
  Call(other, "Nothing");
  ASSERT_TRUE(Until(
      [&] { return garbage.end.has_value() && wrong.end.has_value() && other.end.has_value(); }));
  EXPECT_EQ(garbage.end->code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(wrong.end->code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(other.end->code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(other.end->message().find("FetchClientStatus"), std::string::npos);
  fine.stream->Send(ClientStatusRequest().SerializeAsString());
  EXPECT_TRUE(Until([&] { return fine.responses.size() == 1; }));
}

TEST_F(GrpcEndpointTest, CallsAreCountedAndTheirPlacesGivenBack) {
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < GrpcEndpoint::kMaxCalls; ++i) {
    Call(*clients.emplace_back(std::make_unique<Client>()));
    clients.back()->stream->Send(ClientStatusRequest().SerializeAsString());
  }
  ASSERT_TRUE(Until([&] {
    for (const auto& client : clients) {
      if (client->responses.empty()) return false;
    }
    return true;
  }));
  Client late;
  Call(late);
  ASSERT_TRUE(Until([&] { return late.end.has_value(); }));
  EXPECT_EQ(late.end->code(), absl::StatusCode::kResourceExhausted);
  clients.pop_back();
  // The endpoint hears of it in its own time.
  Client next;
  ASSERT_TRUE(Until([&] {
    if (next.stream == nullptr || next.end.has_value()) {
      next.end.reset();
      Call(next);
      next.stream->Send(ClientStatusRequest().SerializeAsString());
    }
    return !next.responses.empty();
  }));
}

TEST_F(GrpcEndpointTest, EndsWithOpenCalls) {
  Client client;
  Call(client);
  client.stream->Send(ClientStatusRequest().SerializeAsString());
  ASSERT_TRUE(Until([&] { return !client.responses.empty(); }));
  endpoint_.reset();
  EXPECT_TRUE(Until([&] { return client.end.has_value(); }));
}

}  // namespace
}  // namespace weir::admin
