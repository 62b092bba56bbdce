// Black-box cases against a scripted control plane. "case N" is one of xDS conformance, "O.." a bad
// input.
#include "source/xds/discovery_client.h"

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

using DiscoveryClientTest = ClientFixture;

// case 1, case 2
TEST_F(DiscoveryClientTest, TheFirstRequestAndItsAnswer) {
  SubscribeParents();
  client_->Start();
  const DiscoveryRequest first = server_.Await();
  EXPECT_EQ(server_.method,
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources");
  EXPECT_THAT(server_.metadata, testing::Contains(testing::Pair("x-token", "secret")));
  EXPECT_EQ(first.node().id(), "weir-1");
  EXPECT_EQ(first.node().user_agent_name(), "weir");
  EXPECT_TRUE(first.node().has_user_agent_build_version());
  EXPECT_THAT(first.node().client_features(),
              ElementsAre("xds.config.supports-resource-ttl", "xds.config.resource-in-sotw"));
  EXPECT_EQ(first.type_url(), kTypeUrl);
  EXPECT_THAT(NamesOf(first), IsEmpty());
  EXPECT_EQ(first.version_info(), "");
  EXPECT_EQ(first.response_nonce(), "");

  server_.Send(MakeResponse("v1", "n1", {{"a", "1"}, {"b", "2"}}));
  const DiscoveryRequest ack = server_.Await();
  EXPECT_EQ(ack.version_info(), "v1");
  EXPECT_EQ(ack.response_nonce(), "n1");
  EXPECT_FALSE(ack.has_error_detail());
  EXPECT_EQ(ack.node().id(), "weir-1");
  EXPECT_EQ(parent_sink_.live, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(parent_sink_.versions["a"], "v1");
}

// case 24
TEST_F(DiscoveryClientTest, TheNodeMayGoOnce) {
  DiscoveryClient::Options options;
  options.node_on_first_message_only = true;
  MakeClient(std::move(options));
  SubscribeParents();
  SubscribeChildren();
  children_->Add("c");
  client_->Start();
  EXPECT_TRUE(server_.Await().has_node());
  EXPECT_FALSE(server_.Await().has_node());
  server_.Hang(absl::OkStatus());
  AwaitReconnect();
  EXPECT_TRUE(server_.Await().has_node());
  EXPECT_FALSE(server_.Await().has_node());
}

// case 19
TEST_F(DiscoveryClientTest, ChildrenOfOneUpdateAreAskedForAsOneBatchAfterItsAnswer) {
  SubscribeChildren();  // even in this order
  SubscribeParents();
  parent_sink_.on_update = [&](const Update& update) {
    for (const Resource& resource : update.changed) children_->Add(resource.name);
    clock_.AdvanceMs(10);  // slow: several turns
  };
  client_->Start();
  server_.Await();
  Named resources;
  std::vector<std::string> names;
  for (int i = 1000; i < 1300; ++i) {
    names.push_back("c" + std::to_string(i));
    resources.emplace_back(names.back(), "");
  }
  server_.Send(MakeResponse("v1", "n1", resources));
  DiscoveryRequest one = server_.Await(), two = server_.Await();
  if (one.type_url() == kChildUrl) std::swap(one, two);
  EXPECT_EQ(one.response_nonce(), "n1");
  EXPECT_EQ(two.type_url(), kChildUrl);
  EXPECT_EQ(NamesOf(two), names);
  EXPECT_GT(parent_sink_.updates, 3);
}

TEST_F(DiscoveryClientTest, RequestsOfAPausedTypeWait) {
  SubscribeParents();
  SubscribeChildren();
  RequestPause outer = client_->PauseRequests(kChildUrl);
  RequestPause inner = client_->PauseRequests(kChildUrl);
  client_->Start();
  EXPECT_EQ(server_.Await().type_url(), kTypeUrl);
  children_->Add("a");
  server_.Send(MakeResponse("v1", "n1", {}));
  EXPECT_EQ(server_.Await().response_nonce(), "n1");
  inner.reset();
  children_->Add("b");
  server_.Send(MakeResponse("v2", "n2", {}));
  EXPECT_EQ(server_.Await().response_nonce(), "n2");
  outer.reset();
  EXPECT_THAT(NamesOf(server_.Await()), ElementsAre("a", "b"));
}

TEST_F(DiscoveryClientTest, APauseMayOutliveTheClient) {
  RequestPause pause = client_->PauseRequests(kChildUrl);
  client_.reset();
  pause.reset();
}

// case 21, O01
TEST_F(DiscoveryClientTest, PartialAcceptance) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  server_.Send(MakeResponse("v1", "n1", {{"a", "1"}, {"b", "1"}, {"c", "1"}}));
  server_.Await();
  parent_sink_.refuse["b"] = "connect_timeout: must be > 0";
  server_.Send(MakeResponse("v2", "n2", {{"a", "2"}, {"b", "2"}, {"c", "2"}}));
  const DiscoveryRequest nack = server_.Await();
  EXPECT_EQ(nack.version_info(), "v1");
  EXPECT_EQ(nack.response_nonce(), "n2");
  EXPECT_EQ(nack.error_detail().message(), "b: connect_timeout: must be > 0");
  EXPECT_EQ(parent_sink_.live,
            (std::map<std::string, std::string>{{"a", "2"}, {"b", "1"}, {"c", "2"}}));
}

TEST_F(DiscoveryClientTest, AServerThatKeepsSendingWhatIsRefusedIsAnsweredAtABoundedPace) {
  SubscribeParents();
  parent_sink_.refuse["a"] = "x: y";
  client_->Start();
  server_.Await();
  const int64_t begin_ms = clock_.MonotonicNs() / 1'000'000;
  for (int i = 0; i < 8; ++i) {  // it answers every NACK with the same again
    server_.Send(MakeResponse("v1", "n" + std::to_string(i), {{"a", "bad"}}));
    ASSERT_TRUE(UntilInTime([&] { return !server_.requests.empty(); }));
    EXPECT_EQ(server_.Await().error_detail().message(), "a: x: y");
  }
  EXPECT_EQ(parent_sink_.offered, 1);
  // 0 + 250 + 500 + 1000 + 2000 + 2500 + 2500 + 2500 at least.
  EXPECT_GE(clock_.MonotonicNs() / 1'000'000 - begin_ms, 11'250);
}

// case 5, O20
TEST_F(DiscoveryClientTest, LastGoodServesThroughAnOutageAndVersionsAreKept) {
  SubscribeParents();
  SubscribeChildren();
  children_->Add("c");
  client_->Start();
  server_.Await();
  server_.Await();
  DiscoveryResponse named = MakeResponse("v1", "n1", {{"a", "1"}});
  named.mutable_control_plane()->set_identifier("pilot-7\n");
  server_.Send(named);
  server_.Await();
  server_.Send(MakeResponse("w1", "m1", {{"c", "1"}}, kChildUrl));
  server_.Await();
  EXPECT_EQ(stats().connected_state.value(), 1);
  EXPECT_EQ(state()->control_plane_identifier, "pilot-7\\x0a");

  server_.Stop();
  ASSERT_TRUE(Until([&] { return stats().connected_state.value() == 0; }));
  for (int i = 0; i < 100; ++i) {
    clock_.AdvanceMs(100);
    loop_.RunReady();
  }
  EXPECT_EQ(parent_sink_.live.size(), 1u);
  EXPECT_EQ(child_sink_.live.size(), 1u);
  EXPECT_FALSE(state()->is_connected);
  EXPECT_NE(state()->last_error, "");

  server_.Restart();
  AwaitReconnect();
  const DiscoveryRequest parent = server_.Await(), child = server_.Await();
  EXPECT_EQ(parent.version_info(), "v1");
  EXPECT_EQ(parent.response_nonce(), "");
  EXPECT_EQ(child.version_info(), "w1");
  EXPECT_EQ(child.response_nonce(), "");
  EXPECT_THAT(NamesOf(child), ElementsAre("c"));
  server_.Send(MakeResponse("v1", "n1", {{"a", "1"}}));
  EXPECT_EQ(server_.Await().response_nonce(), "n1");
  EXPECT_EQ(parent_sink_.updates, 1);
  EXPECT_TRUE(state()->is_connected);
  EXPECT_EQ(state()->last_error, "");
}

// O24
TEST_F(DiscoveryClientTest, AnErrorOfTheServerIsRetried) {
  SubscribeParents();
  client_->Start();
  for (const auto& status : {absl::UnauthenticatedError("who?"), absl::UnimplementedError("what?"),
                             absl::ResourceExhaustedError("big")}) {
    server_.Await();
    server_.Hang(status);
    ASSERT_TRUE(Until([&] { return stats().connected_state.value() == 0; }));
    EXPECT_EQ(state()->last_error, absl::StrCat(absl::StatusCodeToString(status.code()), ": ",
                                                std::string(status.message())));
    AwaitReconnect();
  }
}

// O25
TEST_F(DiscoveryClientTest, GarbageEndsTheStreamAndNothingElse) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  server_.Send(MakeResponse("v1", "n1", {{"a", "1"}}));
  server_.Await();
  server_.SendBytes("\xff\xff\xff garbage");
  AwaitReconnect();
  EXPECT_EQ(server_.Await().version_info(), "v1");
  EXPECT_EQ(parent_sink_.live.size(), 1u);
}

// O16
TEST_F(DiscoveryClientTest, AResponseBeyondTheLimitIsAnErrorOfTheStream) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  server_.Send(MakeResponse("v1", "n1", {{"a", std::string(51 * 1024 * 1024, 'x')}}));
  ASSERT_TRUE(Until([&] { return stats().connected_state.value() == 0; }));
  EXPECT_NE(state()->last_error.find("RESOURCE_EXHAUSTED"), std::string::npos);
  AwaitReconnect();
}

// case 11, O13
TEST_F(DiscoveryClientTest, TypesNobodyAskedForAreIgnored) {
  SubscribeParents();
  SubscribeChildren();  // without a name: nothing was asked for
  client_->Start();
  server_.Await();
  server_.Send(MakeResponse("x", "x", {{"a", ""}}, "type.googleapis.com/unknown"));
  server_.Send(MakeResponse("y", "y", {{"a", ""}}, kChildUrl));
  server_.Send(MakeResponse("v1", "n1", {{"a", ""}}));
  EXPECT_EQ(server_.Await().response_nonce(), "n1");
  EXPECT_TRUE(server_.requests.empty());
  EXPECT_EQ(child_sink_.updates, 0);
}

// O13, O19
TEST_F(DiscoveryClientTest, WhatIsSentAgainIsAnsweredAndNotAppliedAgain) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  for (int i = 0; i < 3; ++i) server_.Send(MakeResponse("v1", "n1", {{"a", "1"}}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(server_.Await().response_nonce(), "n1");
  // What content comes with a version is up to the server.
  server_.Send(MakeResponse("v1", "n2", {{"a", "2"}}));
  server_.Send(MakeResponse("v0", "n3", {{"a", "2"}}));
  EXPECT_EQ(server_.Await().response_nonce(), "n2");
  EXPECT_EQ(server_.Await().version_info(), "v0");
  EXPECT_EQ(parent_sink_.offered, 2);
  EXPECT_EQ(parent_sink_.live["a"], "2");
}

// O40
TEST_F(DiscoveryClientTest, ResponsesThatDoNotWaitAreAnsweredInOrder) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  for (const char* version : {"1", "2", "3"}) {
    server_.Send(MakeResponse(version, version, {{"a", version}}));
  }
  for (const char* version : {"1", "2", "3"}) {
    const DiscoveryRequest ack = server_.Await();
    EXPECT_EQ(ack.version_info(), version);
    EXPECT_EQ(ack.response_nonce(), version);
  }
  EXPECT_EQ(parent_sink_.live["a"], "3");
}

// case 12, case 18
TEST_F(DiscoveryClientTest, AnInitialFetchTimesOutOnlyOnceItWasAskedFor) {
  server_.Stop();
  SubscribeParents();
  client_->Start();
  for (int i = 0; i < 600; ++i) {
    clock_.AdvanceMs(100);
    loop_.RunReady();
  }
  EXPECT_EQ(parent_sink_.timeouts, 0);
  server_.Restart();
  AwaitReconnect();
  server_.Await();
  clock_.AdvanceMs(14'900);
  loop_.RunReady();
  EXPECT_EQ(parent_sink_.timeouts, 0);
  clock_.AdvanceMs(200);
  loop_.RunReady();
  EXPECT_EQ(parent_sink_.timeouts, 1);
}

// case 18
TEST_F(DiscoveryClientTest, AZeroTimeoutWaitsForEver) {
  SubscribeParents({.initial_fetch_timeout_ms = 0});
  client_->Start();
  server_.Await();
  clock_.AdvanceMs(100'000'000);
  loop_.RunReady();
  EXPECT_EQ(parent_sink_.timeouts, 0);
}

TEST_F(DiscoveryClientTest, ABigResponseLeavesTheLoopItsTurns) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  Named resources;
  for (int i = 0; i < 1000; ++i) resources.emplace_back("r" + std::to_string(i), "");
  parent_sink_.on_update = [&](const Update& /*update*/) { clock_.AdvanceMs(6); };
  server_.Send(MakeResponse("1", "1", resources));
  server_.Send(MakeResponse("2", "2", resources));
  // Other work has its turn in between, and the second response waits for the first.
  ASSERT_TRUE(Until([&] { return parent_sink_.updates > 0; }));
  int other_work = 0;
  loop_.Post([&] { other_work = parent_sink_.updates; });
  EXPECT_EQ(server_.Await().version_info(), "1");
  EXPECT_LT(other_work, 5);
  EXPECT_EQ(parent_sink_.updates, 16);
  EXPECT_EQ(server_.Await().version_info(), "2");
  EXPECT_EQ(parent_sink_.updates, 16);
}

TEST_F(DiscoveryClientTest, TheAnswerAndTheNextResponseWaitForASinkThatIsNotDone) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  parent_sink_.more_turns = 1'000'000;
  for (const char* version : {"1", "2"}) {
    server_.Send(MakeResponse(version, version, {{"a", version}}));
  }
  ASSERT_TRUE(Until([&] { return parent_sink_.continuations > 20; }));
  EXPECT_EQ(parent_sink_.updates, 1);
  EXPECT_TRUE(server_.requests.empty());
  parent_sink_.more_turns = 0;
  parent_sink_.turns_left = 1;
  EXPECT_EQ(server_.Await().version_info(), "1");
  EXPECT_EQ(server_.Await().version_info(), "2");
  EXPECT_EQ(parent_sink_.live["a"], "2");
}

TEST_F(DiscoveryClientTest, ASubscriptionMayEndWhileItsResponseIsDelivered) {
  SubscribeParents();
  SubscribeChildren();
  client_->Start();
  server_.Await();
  Named resources;
  for (int i = 0; i < 1000; ++i) resources.emplace_back("r" + std::to_string(i), "");
  parent_sink_.on_update = [&](const Update& /*update*/) { clock_.AdvanceMs(6); };
  server_.Send(MakeResponse("1", "1", resources));
  ASSERT_TRUE(Until([&] { return parent_sink_.updates > 0; }));
  parents_.reset();
  children_->Add("c");  // its requests were held, and are not any more
  EXPECT_EQ(server_.Await().type_url(), kChildUrl);
  EXPECT_LT(parent_sink_.updates, 5);
}

TEST_F(DiscoveryClientTest, AReconnectInTheMiddleOfADeliveryDoesNotDisturbIt) {
  SubscribeParents();
  client_->Start();
  server_.Await();
  Named resources;
  for (int i = 0; i < 1000; ++i) resources.emplace_back("r" + std::to_string(i), "");
  parent_sink_.on_update = [&](const Update& update) {
    clock_.AdvanceMs(300);
    if (parent_sink_.updates == 1) server_.Hang(absl::UnavailableError("bye"));
  };
  server_.Send(MakeResponse("1", "1", resources));
  ASSERT_TRUE(Until([&] { return parent_sink_.updates == 16; }));
  AwaitReconnect();
  EXPECT_EQ(server_.Await().response_nonce(), "");
  EXPECT_EQ(parent_sink_.live.size(), 1000u);
}

TEST_F(DiscoveryClientTest, AnEndedSubscriptionTakesItsNamesBack) {
  SubscribeChildren();
  children_->Add("c");
  client_->Start();
  EXPECT_THAT(NamesOf(server_.Await()), ElementsAre("c"));
  children_.reset();
  const DiscoveryRequest farewell = server_.Await();
  EXPECT_EQ(farewell.type_url(), kChildUrl);
  EXPECT_THAT(NamesOf(farewell), IsEmpty());
  SubscribeChildren();
  children_->Add("d");
  EXPECT_THAT(NamesOf(server_.Await()), ElementsAre("d"));
}

TEST_F(DiscoveryClientTest, RequestsCanBeLimited) {
  DiscoveryClient::Options options;
  options.rate_limit = TokenBucket::Options{.max_tokens = 2, .tokens_per_second = 1};
  MakeClient(std::move(options));
  SubscribeParents();
  SubscribeChildren();
  client_->Start();
  server_.Await();
  children_->Add("a");
  EXPECT_THAT(NamesOf(server_.Await()), ElementsAre("a"));
  children_->Add("b");
  loop_.RunReady();
  children_->Add("c");
  loop_.RunReady();
  EXPECT_EQ(stats().pending_requests.value(), 1);
  EXPECT_GE(stats().rate_limit_enforced.value(), 1u);
  EXPECT_TRUE(server_.requests.empty());
  clock_.AdvanceMs(1000);
  EXPECT_THAT(NamesOf(server_.Await()), ElementsAre("a", "b", "c"));
  EXPECT_EQ(stats().pending_requests.value(), 0);
}

TEST_F(DiscoveryClientTest, PublishesWhatIsText) {
  EXPECT_NE(client_->state().Load(), nullptr);
  SubscribeParents();
  client_->Start();
  server_.Await();
  server_.Send(MakeResponse("v1", "n1", {{"a", ""}}));
  server_.Await();
  ASSERT_EQ(state()->types.size(), 1u);
  EXPECT_EQ(state()->types[0].type_url, kTypeUrl);
  EXPECT_EQ(state()->types[0].stats_prefix, "parents");
  EXPECT_EQ(state()->types[0].version, "v1");
  EXPECT_EQ(state()->types[0].refusal, "");
  EXPECT_EQ(state()->types[0].updated_us, loop_.wall_us());
}

}  // namespace
}  // namespace weir::xds
