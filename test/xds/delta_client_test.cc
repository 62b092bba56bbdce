// Black-box cases of delta, aggregated and on streams of one type, against a scripted control
// plane. "case N" is one of xDS conformance, "O.." a bad input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "test/xds/client_fixture.h"

namespace weir::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeltaClientTest : public ClientFixture {
 protected:
  using Live = std::map<std::string, std::string>;
  void SetUp() override { MakeClient(Protocol::kDelta); }
};

// case 1, case 2
TEST_F(DeltaClientTest, TheFirstRequestAndItsAnswer) {
  SubscribeParents();
  client_->Start();
  const DeltaDiscoveryRequest first = server_.AwaitDelta();
  EXPECT_EQ(server_.method,
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources");
  EXPECT_EQ(first.node().id(), "weir-1");
  EXPECT_EQ(first.type_url(), kTypeUrl);
  EXPECT_THAT(SubscribedIn(first), IsEmpty());
  server_.Send(MakeDelta("n1", {{"a", "1", "a1"}, {"b", "2", "b1"}}));
  const DeltaDiscoveryRequest ack = server_.AwaitDelta();
  EXPECT_EQ(ack.response_nonce(), "n1");
  EXPECT_FALSE(ack.has_error_detail());
  EXPECT_EQ(parent_sink_.live, (Live{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(parent_sink_.versions["a"], "a1");
}

// case 24
TEST_F(DeltaClientTest, TheNodeMayGoOnce) {
  DiscoveryClient::Options options;
  options.protocol = Protocol::kDelta;
  options.node_on_first_message_only = true;
  MakeClient(std::move(options));
  SubscribeParents();
  SubscribeChildren();
  children_->Add("c");
  client_->Start();
  EXPECT_TRUE(server_.AwaitDelta().has_node());
  EXPECT_FALSE(server_.AwaitDelta().has_node());
}

// case 8, case 14: what is gone is named, and nothing else is gone.
TEST_F(DeltaClientTest, OnlyWhatChangedIsTouched) {
  SubscribeParents();
  client_->Start();
  server_.AwaitDelta();
  server_.Send(MakeDelta("n1", {{"a"}, {"b"}, {"c"}}));
  server_.AwaitDelta();
  parent_sink_.offered = 0;
  server_.Send(MakeDelta("n2", {{"b", "new", "2"}}, {"c"}));
  server_.AwaitDelta();
  EXPECT_EQ(parent_sink_.offered, 1);
  EXPECT_EQ(parent_sink_.live, (Live{{"a", ""}, {"b", "new"}}));
  EXPECT_THAT(parent_sink_.removed, ElementsAre("c"));
}

// case 14: nobody waits for what does not exist.
TEST_F(DeltaClientTest, WhatDoesNotExistIsToldAtOnce) {
  SubscribeChildren();
  children_->Add("a");
  children_->Add("none");
  client_->Start();
  EXPECT_THAT(SubscribedIn(server_.AwaitDelta()), ElementsAre("a", "none"));
  server_.Send(MakeDelta("n1", {{"a"}}, {"none"}, kChildUrl));
  server_.AwaitDelta();
  EXPECT_THAT(child_sink_.removed, ElementsAre("none"));
  Pass(60'000);
  EXPECT_EQ(child_sink_.timeouts, 0);
}

// case 12: unlike state of the world, but silence is still bounded.
TEST_F(DeltaClientTest, SilenceTimesOut) {
  SubscribeChildren();
  children_->Add("a");
  client_->Start();
  server_.AwaitDelta();
  Pass(14'999);
  EXPECT_EQ(child_sink_.timeouts, 0);
  Pass(1);
  EXPECT_THAT(child_sink_.timed_out, ElementsAre("a"));
}

// case 19
TEST_F(DeltaClientTest, ChildrenOfOneUpdateAreAskedForAsOneBatch) {
  SubscribeParents();
  SubscribeChildren();
  parent_sink_.on_update = [&](const Update& update) {
    for (const Resource& resource : update.changed) children_->Add(resource.name);
    clock_.AdvanceMs(10);  // slow: several turns
  };
  client_->Start();
  server_.AwaitDelta();
  std::vector<DeltaResource> resources;
  std::vector<std::string> names;
  for (int i = 1000; i < 1300; ++i) {
    names.push_back("c" + std::to_string(i));
    resources.push_back({names.back()});
  }
  server_.Send(MakeDelta("n1", resources));
  EXPECT_EQ(server_.AwaitDelta().response_nonce(), "n1");
  EXPECT_EQ(SubscribedIn(server_.AwaitDelta()), names);
}

// case 21, O01
TEST_F(DeltaClientTest, PartialAcceptance) {
  SubscribeParents();
  client_->Start();
  server_.AwaitDelta();
  server_.Send(MakeDelta("n1", {{"a", "1"}, {"b", "1"}}));
  server_.AwaitDelta();
  parent_sink_.refuse["b"] = "connect_timeout: must be > 0";
  server_.Send(MakeDelta("n2", {{"a", "2"}, {"b", "2"}}));
  const DeltaDiscoveryRequest nack = server_.AwaitDelta();
  EXPECT_EQ(nack.response_nonce(), "n2");
  EXPECT_EQ(nack.error_detail().message(), "b: connect_timeout: must be > 0");
  EXPECT_EQ(parent_sink_.live, (Live{{"a", "2"}, {"b", "1"}}));
}

// case 5, case 13, O20: after an outage the server hears what is there, and sends what is not.
TEST_F(DeltaClientTest, LastGoodServesThroughAnOutage) {
  SubscribeParents();
  SubscribeChildren();
  children_->Add("c");
  client_->Start();
  server_.AwaitDelta();
  server_.AwaitDelta();
  server_.Send(MakeDelta("n1", {{"a", "", "a1"}, {"b", "", "b1"}}));
  server_.AwaitDelta();
  server_.Send(MakeDelta("m1", {{"c", "", "c1"}}, {}, kChildUrl));
  server_.AwaitDelta();
  server_.Stop();
  ASSERT_TRUE(Until([&] { return stats().connected_state.value() == 0; }));
  EXPECT_EQ(parent_sink_.live.size(), 2u);

  server_.Restart();
  AwaitReconnect();
  const DeltaDiscoveryRequest parent = server_.AwaitDelta(), child = server_.AwaitDelta();
  EXPECT_EQ(VersionsIn(parent), (Live{{"a", "a1"}, {"b", "b1"}}));
  EXPECT_EQ(parent.response_nonce(), "");
  EXPECT_EQ(VersionsIn(child), (Live{{"c", "c1"}}));
  EXPECT_THAT(SubscribedIn(child), ElementsAre("c"));
  parent_sink_.offered = 0;
  server_.Send(MakeDelta("n1", {{"b", "new", "b2"}}, {"a"}));
  EXPECT_EQ(server_.AwaitDelta().response_nonce(), "n1");
  EXPECT_EQ(parent_sink_.offered, 1);
  EXPECT_EQ(parent_sink_.live, (Live{{"b", "new"}}));
}

TEST_F(DeltaClientTest, AServerThatKeepsSendingWhatIsRefusedIsAnsweredAtABoundedPace) {
  SubscribeParents();
  parent_sink_.refuse["a"] = "x: y";
  client_->Start();
  server_.AwaitDelta();
  const int64_t begin_ms = clock_.MonotonicNs() / 1'000'000;
  for (int i = 0; i < 6; ++i) {
    server_.Send(MakeDelta("n" + std::to_string(i), {{"a", "bad"}}));
    ASSERT_TRUE(UntilInTime([&] { return !server_.requests.empty(); }));
    EXPECT_EQ(server_.AwaitDelta().error_detail().message(), "a: x: y");
  }
  EXPECT_EQ(parent_sink_.offered, 1);
  EXPECT_GE(clock_.MonotonicNs() / 1'000'000 - begin_ms, 250 + 500 + 1000 + 2000 + 4000);
}

// case 16: with or without a control plane.
TEST_F(DeltaClientTest, AResourceExpiresUnlessItsHeartGoesOnBeating) {
  SubscribeParents();
  client_->Start();
  server_.AwaitDelta();
  DeltaDiscoveryResponse response = MakeDelta("n1", {{"a", "1", "a1"}, {"b"}});
  response.mutable_resources(0)->mutable_ttl()->set_seconds(10);
  server_.Send(response);
  server_.AwaitDelta();
  Pass(9'000);
  DeltaDiscoveryResponse beat = MakeDelta("n2", {{"a", "", "a1"}});
  beat.mutable_resources(0)->clear_resource();
  beat.mutable_resources(0)->mutable_ttl()->set_seconds(10);
  server_.Send(beat);
  EXPECT_FALSE(server_.AwaitDelta().has_error_detail());
  EXPECT_EQ(parent_sink_.updates, 1);
  Pass(9'000);
  EXPECT_EQ(parent_sink_.live.size(), 2u);
  server_.Stop();
  ASSERT_TRUE(Until([&] { return stats().connected_state.value() == 0; }));
  Pass(1'000);
  EXPECT_EQ(parent_sink_.live, (Live{{"b", ""}}));
  EXPECT_THAT(parent_sink_.removed, ElementsAre("a"));
}

// O40
TEST_F(DeltaClientTest, ResponsesThatDoNotWaitAreAnsweredInOrder) {
  SubscribeParents();
  client_->Start();
  server_.AwaitDelta();
  for (const char* version : {"1", "2", "3"}) {
    server_.Send(MakeDelta(version, {{"a", version, version}}));
  }
  for (const char* version : {"1", "2", "3"}) {
    EXPECT_EQ(server_.AwaitDelta().response_nonce(), version);
  }
  EXPECT_EQ(parent_sink_.live["a"], "3");
}

TEST_F(DeltaClientTest, AnEndedSubscriptionTakesItsNamesBackAndOneMayFollow) {
  SubscribeParents();
  client_->Start();
  EXPECT_THAT(SubscribedIn(server_.AwaitDelta()), IsEmpty());
  parents_.reset();
  EXPECT_THAT(UnsubscribedIn(server_.AwaitDelta()), ElementsAre("*"));
  SubscribeParents();
  EXPECT_THAT(SubscribedIn(server_.AwaitDelta()), ElementsAre("*"));
}

// O25
TEST_F(DeltaClientTest, GarbageEndsTheStreamAndNothingElse) {
  SubscribeParents();
  client_->Start();
  server_.AwaitDelta();
  server_.Send(MakeDelta("n1", {{"a", "", "a1"}}));
  server_.AwaitDelta();
  server_.SendBytes("\xff\xff\xff garbage");
  AwaitReconnect();
  EXPECT_EQ(VersionsIn(server_.AwaitDelta()), (Live{{"a", "a1"}}));
  EXPECT_EQ(parent_sink_.live.size(), 1u);
}

constexpr char kEndpointsUrl[] =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

TEST_F(DeltaClientTest, AStreamOfOneTypeNeedNotNameIt) {
  MakeClient(Protocol::kDelta, *MethodOf(kEndpointsUrl, Protocol::kDelta));
  SubscribeChildren();
  children_->Add("a");
  client_->Start();
  EXPECT_EQ(server_.AwaitDelta().type_url(), kChildUrl);
  EXPECT_EQ(server_.method, "/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints");
  DeltaDiscoveryResponse response = MakeDelta("n1", {{"a", "1"}}, {}, kChildUrl);
  response.clear_type_url();
  server_.Send(response);
  EXPECT_EQ(server_.AwaitDelta().response_nonce(), "n1");
  EXPECT_EQ(child_sink_.live["a"], "1");
}

TEST_F(DeltaClientTest, NorNeedOneInTheStateOfTheWorld) {
  MakeClient(Protocol::kStateOfTheWorld, *MethodOf(kEndpointsUrl, Protocol::kStateOfTheWorld));
  SubscribeChildren();
  children_->Add("a");
  client_->Start();
  EXPECT_EQ(server_.Await().type_url(), kChildUrl);
  EXPECT_EQ(server_.method, "/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints");
  DiscoveryResponse response = MakeResponse("v1", "n1", {{"a", "1"}}, kChildUrl);
  response.clear_type_url();
  server_.Send(response);
  EXPECT_EQ(server_.Await().response_nonce(), "n1");
  EXPECT_EQ(child_sink_.live["a"], "1");
}

}  // namespace
}  // namespace weir::xds
