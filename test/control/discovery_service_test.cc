#include "source/control/discovery_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
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

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
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

struct DeltaClient : rpc::BidiStreamHandler {
  void OnMessage(std::string bytes) override {
    EXPECT_TRUE(responses.emplace_back().ParseFromString(bytes));
  }
  void OnEnd(absl::Status /*status*/) override {}
  std::vector<DeltaDiscoveryResponse> responses;
  std::unique_ptr<rpc::BidiStream> stream;
};

class DiscoveryServiceTest : public ::testing::Test {
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
  DiscoveryService service_{loop_};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Channel> channel_;
};

TEST_F(DiscoveryServiceTest, EveryClientGetsTheSnapshotAndItsSuccessor) {
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

TEST_F(DiscoveryServiceTest, AClientThatLeavesIsForgotten) {
  TestClient client;
  Call(client);
  ASSERT_TRUE(Until([&] { return service_.client_count() == 1; }));
  client.stream.reset();
  EXPECT_TRUE(Until([&] { return service_.client_count() == 0; }));
}

TEST_F(DiscoveryServiceTest, GarbageEndsTheStream) {
  TestClient client, other;
  Call(other);
  Call(client);
  client.stream->Send("\xff\xff\xff");
  ASSERT_TRUE(Until([&] { return client.end.has_value(); }));
  EXPECT_EQ(client.end->code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Until([&] { return service_.client_count() == 1; }));
  EXPECT_FALSE(other.end.has_value());
}

TEST_F(DiscoveryServiceTest, EveryTypeHasItsOwnMethods) {
  service_.Publish(MakeSnapshot(FileText({EdsCluster("a")}, {Endpoint("a", 1)},
                                         {HttpListener("main", "local")}, {Routes("local", "a")}) +
                                "secrets:\n" + Secret("s", "x")));
  const std::string prefix = "/envoy.service.";
  const std::vector<std::pair<std::string, std::string>> methods = {
      {"cluster.v3.ClusterDiscoveryService/StreamClusters", "a"},
      {"endpoint.v3.EndpointDiscoveryService/StreamEndpoints", "a"},
      {"listener.v3.ListenerDiscoveryService/StreamListeners", "main"},
      {"route.v3.RouteDiscoveryService/StreamRoutes", "local"},
      {"secret.v3.SecretDiscoveryService/StreamSecrets", "s"}};
  for (const auto& [method, name] : methods) {
    TestClient client;
    client.stream = channel_->OpenBidiStream(prefix + method, {}, client);
    DiscoveryRequest request;
    request.add_resource_names(name);
    client.stream->Send(request.SerializeAsString());
    ASSERT_TRUE(Until([&] { return client.responses.size() == 1; })) << method;
    EXPECT_EQ(client.responses[0].resources_size(), 1) << method;
  }
  for (const auto& [method, name] : methods) {
    DeltaClient client;
    std::string delta = method;
    delta.replace(delta.find("Stream"), 6, "Delta");
    client.stream = channel_->OpenBidiStream(prefix + delta, {}, client);
    DeltaDiscoveryRequest request;
    request.add_resource_names_subscribe(name);
    client.stream->Send(request.SerializeAsString());
    ASSERT_TRUE(Until([&] { return client.responses.size() == 1; })) << delta;
    ASSERT_EQ(client.responses[0].resources_size(), 1) << delta;
    EXPECT_EQ(client.responses[0].resources(0).name(), name) << delta;
  }
}

TEST_F(DiscoveryServiceTest, DeltaIsServedAggregated) {
  service_.Publish(MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b")})));
  DeltaClient client;
  client.stream =
      channel_->OpenBidiStream(std::string(kService) + "DeltaAggregatedResources", {}, client);
  DeltaDiscoveryRequest request;
  request.set_type_url(kClusterUrl);
  client.stream->Send(request.SerializeAsString());
  ASSERT_TRUE(Until([&] { return client.responses.size() == 1; }));
  EXPECT_EQ(client.responses[0].resources_size(), 2);
  request.set_response_nonce(client.responses[0].nonce());
  client.stream->Send(request.SerializeAsString());
  service_.Publish(MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b", "2s")})));
  ASSERT_TRUE(Until([&] { return client.responses.size() == 2; }));
  ASSERT_EQ(client.responses[1].resources_size(), 1);
  EXPECT_EQ(client.responses[1].resources(0).name(), "b");
}

TEST_F(DiscoveryServiceTest, OtherMethodsAreNotImplemented) {
  TestClient client;
  Call(client, "FetchEverything");
  ASSERT_TRUE(Until([&] { return client.end.has_value(); }));
  EXPECT_EQ(client.end->code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(client.end->message().find("StreamAggregatedResources"), absl::string_view::npos);
}

}  // namespace
}  // namespace weir::control
