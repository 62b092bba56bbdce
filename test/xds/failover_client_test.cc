// Two control planes: what is said to which, and that a change of server changes nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "test/xds/client_fixture.h"

namespace weir::xds {
namespace {

using ::testing::IsEmpty;

class FailoverClientTest : public ClientFixture {
 protected:
  using Live = std::map<std::string, std::string>;

  void Make(Protocol protocol) {
    DiscoveryClient::Options options;
    options.protocol = protocol;
    std::vector<ControlPlaneServer> servers;
    servers.push_back({"first", server_.Dialer(), {}});
    servers.push_back({"second", second_.Dialer(), {}});
    MakeClient(std::move(options), std::move(servers));
    SubscribeParents();
  }

  ScriptedControlPlane second_{loop_};
};

TEST_F(FailoverClientTest, StateOfTheWorldGoesToTheSecondAndBack) {
  Make(Protocol::kStateOfTheWorld);
  client_->Start();
  server_.Await();
  server_.Send(MakeResponse("v1", "n1", {{"a", "1"}, {"b", "1"}}));
  server_.Await();
  EXPECT_EQ(state()->server, "first");
  server_.Stop();
  AwaitClientOf(second_);
  const DiscoveryRequest first = second_.Await();
  EXPECT_EQ(first.version_info(), "");  // what the other counts in is nothing to this one
  EXPECT_EQ(first.node().id(), "weir-1");
  EXPECT_EQ(state()->server, "second");
  EXPECT_EQ(stats().active_server.value(), 1);
  EXPECT_EQ(stats().server_changes.value(), 1u);
  second_.Send(MakeResponse("w1", "m1", {{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(second_.Await().version_info(), "w1");
  EXPECT_EQ(parent_sink_.offered, 3);  // b alone is new
  EXPECT_THAT(parent_sink_.removed, IsEmpty());

  server_.Restart();
  AwaitClientOf(server_);
  const DiscoveryRequest probe = server_.Await();
  EXPECT_EQ(probe.type_url(), kTypeUrl);
  EXPECT_EQ(probe.version_info(), "");
  EXPECT_TRUE(second_.is_connected());
  server_.Send(MakeResponse("v2", "p1", {{"a", "probed"}}));
  AwaitClientOf(server_);
  EXPECT_EQ(server_.Await().version_info(), "");
  EXPECT_EQ(parent_sink_.live, (Live{{"a", "1"}, {"b", "2"}}));
  server_.Send(MakeResponse("v2", "n2", {{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(server_.Await().version_info(), "v2");
  EXPECT_EQ(parent_sink_.offered, 3);
  EXPECT_THAT(parent_sink_.removed, IsEmpty());
  EXPECT_TRUE(Until([&] { return !second_.is_connected(); }));
  EXPECT_EQ(state()->server, "first");
  EXPECT_EQ(stats().active_server.value(), 0);
  EXPECT_EQ(stats().server_changes.value(), 2u);
}

TEST_F(FailoverClientTest, DeltaGoesToTheSecondAndBack) {
  Make(Protocol::kDelta);
  client_->Start();
  server_.AwaitDelta();
  server_.Send(MakeDelta("n1", {{"a", "1", "a1"}, {"b", "1", "b1"}}));
  server_.AwaitDelta();
  server_.Stop();
  AwaitClientOf(second_);
  EXPECT_EQ(VersionsIn(second_.AwaitDelta()), (Live{{"a", ""}, {"b", ""}}));
  second_.Send(MakeDelta("m1", {{"a", "1", "A"}}, {"b"}));
  second_.AwaitDelta();
  EXPECT_EQ(parent_sink_.offered, 2);
  EXPECT_EQ(parent_sink_.live, (Live{{"a", "1"}}));

  server_.Restart();
  AwaitClientOf(server_);
  EXPECT_EQ(VersionsIn(server_.AwaitDelta()), Live());
  server_.Send(MakeDelta("p1", {{"a", "probed", "a2"}}));
  AwaitClientOf(server_);
  EXPECT_EQ(VersionsIn(server_.AwaitDelta()), (Live{{"a", ""}}));
  server_.Send(MakeDelta("n2", {{"a", "1", "a1"}}));
  server_.AwaitDelta();
  EXPECT_EQ(parent_sink_.offered, 2);
  EXPECT_EQ(parent_sink_.live, (Live{{"a", "1"}}));
}

TEST_F(FailoverClientTest, ASubscriptionMadeLaterGoesToTheOneThatServes) {
  Make(Protocol::kStateOfTheWorld);
  server_.Stop();
  client_->Start();
  AwaitClientOf(second_);
  second_.Await();
  second_.Send(MakeResponse("w1", "m1", {{"a", "1"}}));
  second_.Await();
  SubscribeChildren();
  children_->Add("c");
  EXPECT_EQ(second_.Await().type_url(), kChildUrl);
  second_.Send(MakeResponse("x1", "k1", {{"c", "1"}}, kChildUrl));
  EXPECT_EQ(second_.Await().version_info(), "x1");
}

}  // namespace
}  // namespace weir::xds
