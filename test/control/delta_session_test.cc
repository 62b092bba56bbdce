#include "source/control/delta_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/base/log.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "test/control/resource_text.h"
#include "test/support/manual_clock.h"

namespace weir::control {
namespace {

using envoy::service::discovery::v3::DeltaDiscoveryRequest;
using envoy::service::discovery::v3::DeltaDiscoveryResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Names = std::vector<std::string>;

class DeltaSessionTest : public ::testing::Test {
 protected:
  void Send(const DeltaDiscoveryRequest& request) {
    const absl::Status status = session_->OnMessage(request.SerializeAsString());
    EXPECT_TRUE(status.ok()) << status;
  }
  DeltaDiscoveryRequest Request(const std::string& type_url, const Names& subscribe = {},
                                const Names& unsubscribe = {}) {
    DeltaDiscoveryRequest request;
    request.mutable_node()->set_id("weir-1");
    request.set_type_url(type_url);
    for (const std::string& name : subscribe) request.add_resource_names_subscribe(name);
    for (const std::string& name : unsubscribe) request.add_resource_names_unsubscribe(name);
    return request;
  }
  void Ask(const std::string& type_url, const Names& subscribe = {},
           const Names& unsubscribe = {}) {
    Send(Request(type_url, subscribe, unsubscribe));
  }
  // Takes the oldest response: its kind, what is in it, and what is gone, marked by a minus.
  std::string Take() {
    if (responses_.empty()) return "nothing";
    taken_ = std::move(responses_.front());
    responses_.pop_front();
    std::string text(FindServedType(taken_.type_url())->noun);
    for (const auto& resource : taken_.resources()) {
      EXPECT_EQ(resource.resource().type_url(), taken_.type_url());
      EXPECT_EQ(resource.version(), VersionOf(resource.resource()));
      versions_[taken_.type_url()][resource.name()] = resource.version();
      absl::StrAppend(&text, " ", resource.name());
    }
    for (const std::string& name : taken_.removed_resources()) {
      versions_[taken_.type_url()].erase(name);
      absl::StrAppend(&text, " -", name);
    }
    return text;
  }
  DeltaDiscoveryRequest Answer() {
    DeltaDiscoveryRequest request = Request(taken_.type_url());
    request.set_response_nonce(taken_.nonce());
    return request;
  }
  void Ack() { Send(Answer()); }
  void Nack(const std::string& detail) {
    DeltaDiscoveryRequest request = Answer();
    request.mutable_error_detail()->set_code(13);
    request.mutable_error_detail()->set_message(detail);
    Send(request);
  }
  // Takes and accepts everything that comes; what that was.
  Names Settle() {
    Names taken;
    while (!responses_.empty()) {
      taken.push_back(Take());
      Ack();
    }
    return taken;
  }
  void Serve(const std::string& text) {
    snapshot_ = MakeSnapshot(text, snapshot_.get());
    session_->OnSnapshot(snapshot_);
  }
  void Serve(const Names& clusters, const Names& endpoints, const std::string& routes_to) {
    Names cluster_texts, endpoint_texts;
    for (const std::string& name : clusters) cluster_texts.push_back(EdsCluster(name));
    for (const std::string& name : endpoints) endpoint_texts.push_back(Endpoint(name, 1));
    Serve(FileText(cluster_texts, endpoint_texts, {HttpListener("main", "local")},
                   {Routes("local", routes_to)}));
  }
  // A client that has everything of: cluster a with endpoints, a listener, and its routes.
  void Connect() {
    Serve({"a"}, {"a"}, "a");
    Ask(kClusterUrl);
    Ask(kEndpointsUrl, {"a"});
    Ask(kListenerUrl);
    Ask(kRoutesUrl, {"local"});
    EXPECT_THAT(Settle(),
                ElementsAre("clusters a", "endpoints a", "listeners main", "routes local"));
  }
  // The stream breaks, and the client comes back.
  void Reconnect() {
    responses_.clear();
    session_ = NewSession();
    if (snapshot_ != nullptr) session_->OnSnapshot(snapshot_);
  }
  // Its first request of a type then: what it wants, and what it has.
  DeltaDiscoveryRequest FirstAgain(const std::string& type_url, const Names& subscribe = {}) {
    DeltaDiscoveryRequest request = Request(type_url, subscribe);
    for (const auto& [name, version] : versions_[type_url]) {
      (*request.mutable_initial_resource_versions())[name] = version;
    }
    return request;
  }
  std::unique_ptr<DeltaSession> NewSession(const ServedTypeInfo* only = nullptr) {
    return std::make_unique<DeltaSession>(
        loop_, DiscoverySession::Options{"10.0.0.1:5", only}, [this](const std::string& bytes) {
          EXPECT_TRUE(responses_.emplace_back().ParseFromString(bytes));
        });
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  std::deque<DeltaDiscoveryResponse> responses_;
  DeltaDiscoveryResponse taken_;
  std::map<std::string, std::map<std::string, std::string>> versions_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<DeltaSession> session_ = NewSession();
};

TEST_F(DeltaSessionTest, WaitsForTheFirstSnapshot) {
  Ask(kClusterUrl);
  EXPECT_EQ(Take(), "nothing");
  Serve(FileText({EdsCluster("a")}));
  EXPECT_EQ(Take(), "clusters a");
  EXPECT_EQ(taken_.system_version_info(), snapshot_->Of(ServedType::kCluster).version);
  EXPECT_EQ(taken_.control_plane().identifier(), "weir-control");
  EXPECT_NE(taken_.nonce(), "");
}

TEST_F(DeltaSessionTest, AnEmptySetIsAnAnswer) {
  Serve("resources: []");
  Ask(kClusterUrl);
  EXPECT_EQ(Take(), "clusters");
  Ack();
  EXPECT_EQ(Take(), "nothing");
  Ask(kEndpointsUrl, {"a"});
  EXPECT_EQ(Take(), "endpoints -a") << "asked for by name, and not there";
}

TEST_F(DeltaSessionTest, OnlyWhatChangedIsSent) {
  Serve(FileText({EdsCluster("a"), EdsCluster("b"), EdsCluster("c")}));
  Ask(kClusterUrl);
  EXPECT_THAT(Settle(), ElementsAre("clusters a b c"));
  Serve(FileText({EdsCluster("a"), EdsCluster("b", "2s"), EdsCluster("d")}));
  EXPECT_THAT(Settle(), ElementsAre("clusters b d", "clusters -c"));
  Serve(FileText({EdsCluster("a"), EdsCluster("b", "2s"), EdsCluster("d")}));
  EXPECT_EQ(Take(), "nothing");
}

TEST_F(DeltaSessionTest, TypesArePushedInOrderAndEachAfterTheAnswerToTheLast) {
  Connect();
  Serve(FileText({EdsCluster("a", "2s")}, {Endpoint("a", 2)}, {HttpListener("main", "local", 2)},
                 {Routes("local", "b")}));
  for (const char* expected : {"clusters a", "endpoints a", "listeners main", "routes local"}) {
    EXPECT_EQ(Take(), expected);
    EXPECT_EQ(responses_.size(), 0u);
    Ack();
  }
  EXPECT_EQ(Take(), "nothing");
}

TEST_F(DeltaSessionTest, ARemovedClusterStaysUntilTheRoutesHaveMoved) {
  Connect();
  Serve({"b"}, {"b"}, "b");
  EXPECT_EQ(Take(), "clusters b");
  Ack();
  Ask(kEndpointsUrl, {"b"});
  EXPECT_EQ(Take(), "endpoints b");
  Ack();
  EXPECT_EQ(Take(), "routes local");
  EXPECT_EQ(Take(), "nothing");
  Ack();
  EXPECT_EQ(Take(), "clusters -a");
  Ack();
  EXPECT_EQ(Take(), "endpoints -a") << "nothing uses them any more";
  Ack();
  EXPECT_EQ(Take(), "nothing");
}

TEST_F(DeltaSessionTest, SecretsComeFirst) {
  Serve(FileText({EdsCluster("a")}) + "secrets:\n" + Secret("s", "one"));
  Ask(kClusterUrl);
  Ask(kSecretUrl, {"s"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a", "secrets s"));
  Serve(FileText({EdsCluster("a", "2s")}) + "secrets:\n" + Secret("s", "two"));
  EXPECT_THAT(Settle(), ElementsAre("secrets s", "clusters a"));
}

// case 15
TEST_F(DeltaSessionTest, SubscriptionsBehindAStaleNonceCount) {
  Serve(FileText({}, {Endpoint("a", 1), Endpoint("b", 1)}));
  Ask(kEndpointsUrl, {"a"});
  EXPECT_EQ(Take(), "endpoints a");
  Ack();
  const std::string old_nonce = taken_.nonce();
  Serve(FileText({}, {Endpoint("a", 2), Endpoint("b", 1), Endpoint("c", 1)}));
  EXPECT_EQ(Take(), "endpoints a");
  DeltaDiscoveryRequest late = Request(kEndpointsUrl, {"b"});
  late.set_response_nonce(old_nonce);
  late.mutable_error_detail()->set_message("of a response long gone");
  Send(late);
  EXPECT_EQ(Take(), "nothing") << "the last response is not answered yet";
  taken_.set_type_url(kEndpointsUrl);
  Ack();
  EXPECT_EQ(Take(), "endpoints b");
  Ack();
  DeltaDiscoveryRequest stale = Request(kEndpointsUrl, {"c"}, {"a"});
  stale.set_response_nonce("77");
  Send(stale);
  EXPECT_EQ(Take(), "endpoints c");
  Ack();
  Serve(FileText({}, {Endpoint("a", 3), Endpoint("b", 1), Endpoint("c", 1)}));
  EXPECT_EQ(Take(), "nothing") << "a is no longer wanted";
}

TEST_F(DeltaSessionTest, WhatIsAskedForAnewIsSentAnew) {
  Serve(FileText({}, {Endpoint("a", 1)}));
  Ask(kEndpointsUrl, {"a", "none"});
  EXPECT_EQ(Take(), "endpoints a -none");
  Ack();
  Ask(kEndpointsUrl, {"a"});
  EXPECT_EQ(Take(), "endpoints a");
  Ack();
  Ask(kEndpointsUrl, {"none"});
  EXPECT_EQ(Take(), "endpoints -none");
  Ack();
  Ask(kEndpointsUrl, {}, {"a"});
  EXPECT_EQ(Take(), "nothing");
  Ask(kEndpointsUrl, {"a"});
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(DeltaSessionTest, WhatComesAndGoesIsTold) {
  Serve("resources: []");
  Ask(kEndpointsUrl, {"a"});
  EXPECT_THAT(Settle(), ElementsAre("endpoints -a"));
  Serve(FileText({}, {Endpoint("b", 1)}));
  EXPECT_EQ(Take(), "nothing") << "it was told";
  Serve(FileText({}, {Endpoint("a", 1)}));
  EXPECT_THAT(Settle(), ElementsAre("endpoints a"));
  Serve("resources: []");
  EXPECT_THAT(Settle(), ElementsAre("endpoints -a"));
  Serve(FileText({}, {Endpoint("a", 1)}));
  EXPECT_THAT(Settle(), ElementsAre("endpoints a"));
}

TEST_F(DeltaSessionTest, WildcardsInBothForms) {
  Serve(FileText({EdsCluster("a"), EdsCluster("b")}));
  Ask(kClusterUrl, {"a"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a")) << "named, so no wildcard";
  Ask(kClusterUrl, {"*"});
  EXPECT_THAT(Settle(), ElementsAre("clusters b"));
  // The name stays wanted when the wildcard goes.
  Ask(kClusterUrl, {}, {"*"});
  Serve(FileText({EdsCluster("a", "2s"), EdsCluster("b", "2s")}));
  EXPECT_THAT(Settle(), ElementsAre("clusters a"));
  Reconnect();
  Ask(kClusterUrl);
  EXPECT_THAT(Settle(), ElementsAre("clusters a b"));
  // Names beside the old wildcard do not end it.
  Ask(kClusterUrl, {"a"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a"));
  Serve(FileText({EdsCluster("a", "2s"), EdsCluster("b", "3s")}));
  EXPECT_THAT(Settle(), ElementsAre("clusters b"));
}

TEST_F(DeltaSessionTest, ANameThatTheWildcardCoversIsAnsweredWhenLetGo) {
  Serve(FileText({EdsCluster("a")}));
  Ask(kClusterUrl, {"*", "a", "none"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a -none"));
  Ask(kClusterUrl, {}, {"a", "none", "never"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a -none"));
}

TEST_F(DeltaSessionTest, WhoComesBackIsSentWhatIsNew) {
  Connect();
  Reconnect();
  Send(FirstAgain(kClusterUrl));
  EXPECT_EQ(Take(), "clusters") << "all is as it was: said at once";
  Ack();
  Send(FirstAgain(kEndpointsUrl, {"a"}));
  Send(FirstAgain(kListenerUrl));
  EXPECT_EQ(Take(), "listeners");
  Ack();
  EXPECT_EQ(Take(), "nothing");

  Serve(FileText({EdsCluster("a"), EdsCluster("b")}, {Endpoint("a", 1)},
                 {HttpListener("main", "local")}, {Routes("local", "a")}));
  EXPECT_THAT(Settle(), ElementsAre("clusters b"));
  Reconnect();
  snapshot_ = MakeSnapshot(FileText({EdsCluster("a", "2s"), EdsCluster("c")}, {Endpoint("x", 1)}));
  session_->OnSnapshot(snapshot_);
  Send(FirstAgain(kClusterUrl));
  Send(FirstAgain(kEndpointsUrl, {"a", "x"}));
  EXPECT_THAT(Settle(), ElementsAre("clusters a c", "endpoints x", "clusters -b", "endpoints -a"));
}

TEST_F(DeltaSessionTest, VersionsCountInTheFirstRequestOnly) {
  Serve(FileText({}, {Endpoint("a", 1)}));
  Ask(kEndpointsUrl, {"a"});
  EXPECT_THAT(Settle(), ElementsAre("endpoints a"));
  Send(FirstAgain(kEndpointsUrl, {"a"}));
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(DeltaSessionTest, RefusedContentIsNotSentAgainUntilItChanges) {
  Connect();
  Serve(FileText({EdsCluster("a", "2s")}, {Endpoint("a", 1)}, {HttpListener("main", "local")},
                 {Routes("local", "a")}));
  EXPECT_EQ(Take(), "clusters a");
  Nack("a: connect_timeout: too long");
  EXPECT_EQ(Take(), "nothing");
  Ask(kEndpointsUrl, {"x"});
  EXPECT_EQ(Take(), "endpoints -x");
  Ack();
  EXPECT_EQ(Take(), "nothing");
  Serve(FileText({EdsCluster("a", "3s")}, {Endpoint("a", 1)}, {HttpListener("main", "local")},
                 {Routes("local", "a")}));
  EXPECT_EQ(Take(), "clusters a");
}

TEST_F(DeltaSessionTest, LogsEveryAnswerOnce) {
  base::SetAllLogLevels(base::LogLevel::kInfo);
  Serve(FileText({EdsCluster("a")}));
  Ask(kClusterUrl);
  Take();
  testing::internal::CaptureStderr();
  Ack();
  Ack();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::EndsWith("ACK node=weir-1 type=clusters version=" +
                                snapshot_->Of(ServedType::kCluster).version + "\n"));
  Serve(FileText({EdsCluster("a", "2s")}));
  Take();
  testing::internal::CaptureStderr();
  Nack("a: \"2s\"\nis too long");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("NACK node=weir-1 type=clusters version=" +
                        snapshot_->Of(ServedType::kCluster).version +
                        " code=13 detail=\"a: \\\"2s\\\"\\nis too long\""));
}

TEST_F(DeltaSessionTest, AStreamForOneTypeIsThatOnly) {
  session_ = NewSession(&InfoOf(ServedType::kCluster));
  Serve({"a"}, {"a"}, "a");
  Ask("");
  EXPECT_EQ(Take(), "clusters a");
  Ack();
  Serve({"b"}, {"b"}, "b");
  EXPECT_THAT(Settle(), ElementsAre("clusters b", "clusters -a")) << "nothing to wait for";
  const absl::Status other = session_->OnMessage(Request(kListenerUrl).SerializeAsString());
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(other.message()), HasSubstr("this stream is for"));
}

TEST_F(DeltaSessionTest, GarbageIsAnError) {
  EXPECT_EQ(session_->OnMessage("\xff\xff\xff").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DeltaSessionTest, TypesThatAreNotServedAreNotAnswered) {
  Serve("resources: []");
  Ask("type.googleapis.com/a.B", {"x"});
  EXPECT_EQ(Take(), "nothing");
}

}  // namespace
}  // namespace weir::control
