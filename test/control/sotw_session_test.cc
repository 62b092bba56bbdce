#include "source/control/sotw_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "source/base/log.h"
#include "source/base/thread.h"
#include "source/event/loop.h"
#include "test/control/resource_text.h"
#include "test/support/manual_clock.h"
#include "test/xds/discovery_messages.h"

namespace weir::control {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SotwSessionTest : public ::testing::Test {
 protected:
  void Send(const DiscoveryRequest& request) {
    const absl::Status status = session_->OnMessage(request.SerializeAsString());
    EXPECT_TRUE(status.ok()) << status;
  }
  // A request as a client makes it: with the nonce of the last response it got of the type.
  DiscoveryRequest Request(const std::string& type_url, const std::vector<std::string>& names) {
    DiscoveryRequest request;
    request.mutable_node()->set_id("weir-1");
    request.set_type_url(type_url);
    for (const std::string& name : names) request.add_resource_names(name);
    request.set_response_nonce(nonces_[type_url]);
    return request;
  }
  void Ask(const std::string& type_url, const std::vector<std::string>& names = {}) {
    names_[type_url] = names;
    Send(Request(type_url, names));
  }
  // Takes the oldest response: its kind and the names in it.
  std::string Take() {
    if (responses_.empty()) return "nothing";
    taken_ = std::move(responses_.front());
    responses_.pop_front();
    nonces_[taken_.type_url()] = taken_.nonce();
    std::string text(FindServedType(taken_.type_url())->noun);
    for (const auto& body : taken_.resources()) {
      EXPECT_EQ(body.type_url(), taken_.type_url());
      // The name is the first field of each of these types, and short.
      text += " " + body.value().substr(2, static_cast<size_t>(body.value()[1]));
    }
    return text;
  }
  void Ack() { Send(Request(taken_.type_url(), names_[taken_.type_url()])); }
  void Nack(const std::string& detail) {
    DiscoveryRequest request = Request(taken_.type_url(), names_[taken_.type_url()]);
    request.mutable_error_detail()->set_code(13);
    request.mutable_error_detail()->set_message(detail);
    Send(request);
  }
  // Takes and accepts everything that comes; what that was.
  std::vector<std::string> Settle() {
    std::vector<std::string> taken;
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
  // A client that has everything of: cluster a with endpoints, a listener, and its routes.
  void Connect() {
    Serve(FileText({EdsCluster("a")}, {Endpoint("a", 1)}, {HttpListener("main", "local")},
                   {Routes("local", "a")}));
    Ask(kClusterUrl);
    Ask(kEndpointsUrl, {"a"});
    Ask(kListenerUrl);
    Ask(kRoutesUrl, {"local"});
    EXPECT_THAT(Settle(),
                ElementsAre("clusters a", "endpoints a", "listeners main", "routes local"));
  }

  std::unique_ptr<SotwSession> NewSession(const ServedTypeInfo* only = nullptr) {
    return std::make_unique<SotwSession>(
        loop_, DiscoverySession::Options{"10.0.0.1:5", only}, [this](const std::string& bytes) {
          EXPECT_TRUE(responses_.emplace_back().ParseFromString(bytes));
        });
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  std::deque<DiscoveryResponse> responses_;
  DiscoveryResponse taken_;
  std::map<std::string, std::string> nonces_;
  std::map<std::string, std::vector<std::string>> names_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<SotwSession> session_ = NewSession();
};

TEST_F(SotwSessionTest, WaitsForTheFirstSnapshot) {
  Ask(kClusterUrl);
  EXPECT_EQ(Take(), "nothing");
  Serve(FileText({EdsCluster("a")}));
  EXPECT_EQ(Take(), "clusters a");
  EXPECT_EQ(taken_.version_info(), snapshot_->Of(ServedType::kCluster).version);
  EXPECT_EQ(taken_.control_plane().identifier(), "weir-control");
  EXPECT_NE(taken_.nonce(), "");
}

TEST_F(SotwSessionTest, AnEmptySetIsAnAnswer) {
  Serve("resources: []");
  Ask(kClusterUrl);
  EXPECT_EQ(Take(), "clusters");
  Ask(kEndpointsUrl, {"a"});
  EXPECT_EQ(Take(), "nothing");  // absence is no answer here
}

TEST_F(SotwSessionTest, TypesArePushedInOrderAndEachAfterTheAnswerToTheLast) {
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

TEST_F(SotwSessionTest, WhatDidNotChangeIsNotPushed) {
  Connect();
  Serve(FileText({EdsCluster("a")}, {Endpoint("a", 2)}, {HttpListener("main", "local")},
                 {Routes("local", "a")}));
  EXPECT_THAT(Settle(), ElementsAre("endpoints a"));
}

TEST_F(SotwSessionTest, ListenersWaitUntilEndpointsOfNewClustersAreThere) {
  Connect();
  Serve(FileText({EdsCluster("a"), EdsCluster("b")}, {Endpoint("a", 1), Endpoint("b", 1)},
                 {HttpListener("main", "local")}, {Routes("local", "b")}));
  EXPECT_EQ(Take(), "clusters a b");
  Ack();
  EXPECT_EQ(Take(), "nothing");
  Ask(kEndpointsUrl, {"a", "b"});
  EXPECT_EQ(Take(), "endpoints b");
  EXPECT_EQ(Take(), "nothing");
  Ack();
  EXPECT_EQ(Take(), "routes local");
}

TEST_F(SotwSessionTest, AClientThatDoesNotAskForEndpointsIsNotWaitedForForEver) {
  Serve(FileText({EdsCluster("a")}, {Endpoint("a", 1)}, {HttpListener("main", "local")}));
  Ask(kClusterUrl);
  Ask(kListenerUrl);
  EXPECT_EQ(Take(), "clusters a");
  Ack();
  clock_.AdvanceMs(DiscoverySession::kEndpointsPatienceMs - 1);
  loop_.RunReady();
  EXPECT_EQ(Take(), "nothing");
  clock_.AdvanceMs(1);
  loop_.RunReady();
  EXPECT_EQ(Take(), "listeners main");
}

TEST_F(SotwSessionTest, EndpointsThatNoFileHasAreNotWaitedFor) {
  Serve(FileText({EdsCluster("a")}, {}, {HttpListener("main", "local")}));
  Ask(kClusterUrl);
  Ask(kListenerUrl);
  EXPECT_THAT(Settle(), ElementsAre("clusters a", "listeners main"));
}

TEST_F(SotwSessionTest, ARemovedClusterStaysUntilTheRoutesHaveMoved) {
  Connect();
  Serve(FileText({EdsCluster("b")}, {Endpoint("b", 1)}, {HttpListener("main", "local")},
                 {Routes("local", "b")}));
  EXPECT_EQ(Take(), "clusters a b");
  EXPECT_EQ(taken_.version_info(), snapshot_->Of(ServedType::kCluster).version + ".transition");
  Ack();
  Ask(kEndpointsUrl, {"a", "b"});
  EXPECT_EQ(Take(), "endpoints b");
  Ack();
  EXPECT_EQ(Take(), "routes local");
  EXPECT_EQ(Take(), "nothing");
  Ack();
  EXPECT_EQ(Take(), "clusters b");
  EXPECT_EQ(taken_.version_info(), snapshot_->Of(ServedType::kCluster).version);
  Ack();
  EXPECT_EQ(Take(), "nothing");
}

TEST_F(SotwSessionTest, AChangeInTheMiddleOfATransitionStartsOver) {
  Connect();
  Serve(FileText({EdsCluster("b")}));
  EXPECT_EQ(Take(), "clusters a b");
  Serve(FileText({EdsCluster("c")}));
  EXPECT_EQ(Take(), "nothing");  // the last one is not answered yet
  taken_.set_type_url(kClusterUrl);
  Ack();
  EXPECT_EQ(Take(), "clusters a b c");
  Ack();
  EXPECT_EQ(Take(), "listeners");
  Ack();
  EXPECT_EQ(Take(), "clusters c");
}

TEST_F(SotwSessionTest, RefusedContentIsNotSentAgainUntilItChanges) {
  Connect();
  Serve(FileText({EdsCluster("a", "2s")}, {Endpoint("a", 1)}, {HttpListener("main", "local")},
                 {Routes("local", "a")}));
  EXPECT_EQ(Take(), "clusters a");
  Nack("a: connect_timeout: too long");
  EXPECT_EQ(Take(), "nothing");
  Ask(kEndpointsUrl, {"a", "x"});
  EXPECT_EQ(Take(), "nothing");
  Serve(FileText({EdsCluster("a", "3s")}, {Endpoint("a", 1)}, {HttpListener("main", "local")},
                 {Routes("local", "a")}));
  EXPECT_EQ(Take(), "clusters a");
}

TEST_F(SotwSessionTest, ANackDoesNotHoldUpTheTypesBehind) {
  Connect();
  Serve(FileText({EdsCluster("a", "2s")}, {Endpoint("a", 2)}, {HttpListener("main", "local")},
                 {Routes("local", "a")}));
  EXPECT_EQ(Take(), "clusters a");
  Nack("no");
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(SotwSessionTest, OnlyWhatWasAskedForByNameIsSent) {
  Serve(FileText({}, {Endpoint("a", 1), Endpoint("b", 1), Endpoint("c", 1)}));
  Ask(kEndpointsUrl, {"a", "none"});
  EXPECT_EQ(Take(), "endpoints a");
  Ack();
  Ask(kEndpointsUrl, {"a", "b", "none"});
  EXPECT_EQ(Take(), "endpoints b");
  Ack();
  // Let go of and asked for again: the client has forgotten it.
  Ask(kEndpointsUrl, {"b"});
  EXPECT_EQ(Take(), "nothing");
  Ask(kEndpointsUrl, {"a", "b"});
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(SotwSessionTest, AResourceThatComesBackIsSentAnew) {
  Serve(FileText({}, {Endpoint("a", 1)}));
  Ask(kEndpointsUrl, {"a"});
  EXPECT_THAT(Settle(), ElementsAre("endpoints a"));
  Serve("resources: []");
  EXPECT_EQ(Take(), "nothing");
  Serve(FileText({}, {Endpoint("a", 1)}));
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(SotwSessionTest, ClustersByNameAndWildcards) {
  Serve(FileText({EdsCluster("a"), EdsCluster("b"), EdsCluster("c")}));
  Ask(kClusterUrl, {"b"});
  EXPECT_THAT(Settle(), ElementsAre("clusters b"));
  Ask(kClusterUrl, {"b", "c"});
  EXPECT_THAT(Settle(), ElementsAre("clusters b c"));
  Ask(kClusterUrl, {"b", "*"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a b c"));
  // Names were said: nothing is no wildcard any more.
  Ask(kClusterUrl, {});
  EXPECT_THAT(Settle(), ElementsAre("clusters"));
}

TEST_F(SotwSessionTest, AStaleNonceIsNoAnswer) {
  Connect();
  const std::string old_nonce = nonces_[kClusterUrl];
  Serve(FileText({EdsCluster("a", "2s")}, {Endpoint("a", 2)}));
  EXPECT_EQ(Take(), "clusters a");
  DiscoveryRequest late = Request(kClusterUrl, {});
  late.set_response_nonce(old_nonce);
  Send(late);
  EXPECT_EQ(Take(), "nothing");
  taken_.set_type_url(kClusterUrl);
  Ack();
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(SotwSessionTest, AnEmptyNonceBeginsAnew) {
  Connect();
  nonces_[kEndpointsUrl].clear();
  Ask(kEndpointsUrl, {"a"});
  EXPECT_EQ(Take(), "endpoints a");
}

TEST_F(SotwSessionTest, ANonceOfAnEarlierStreamIsAFirstRequest) {
  Serve(FileText({EdsCluster("a")}));
  nonces_[kClusterUrl] = "77";
  Ask(kClusterUrl);
  EXPECT_EQ(Take(), "clusters a");
}

TEST_F(SotwSessionTest, ARefusalWithoutANonceIsNoNewRequest) {
  Serve(FileText({EdsCluster("a")}));
  Ask(kClusterUrl);
  EXPECT_EQ(Take(), "clusters a");
  nonces_[kClusterUrl].clear();
  for (int i = 0; i < 3; ++i) Nack("no");
  EXPECT_EQ(Take(), "nothing") << "it would go on for ever";
}

TEST_F(SotwSessionTest, SecretsComeFirst) {
  Serve(FileText({EdsCluster("a")}) + "secrets:\n" + Secret("s", "one"));
  Ask(kClusterUrl);
  Ask(kSecretUrl, {"s"});
  EXPECT_THAT(Settle(), ElementsAre("clusters a", "secrets s"));
  Serve(FileText({EdsCluster("a", "2s")}) + "secrets:\n" + Secret("s", "two"));
  EXPECT_THAT(Settle(), ElementsAre("secrets s", "clusters a"));
}

TEST_F(SotwSessionTest, AStreamForOneTypeIsThatOnly) {
  session_ = NewSession(&InfoOf(ServedType::kListener));
  Serve(FileText({EdsCluster("a")}, {Endpoint("a", 1)}, {HttpListener("main", "local")}));
  Ask(kListenerUrl);
  EXPECT_THAT(Settle(), ElementsAre("listeners main"));
  const absl::Status other = session_->OnMessage(Request(kClusterUrl, {}).SerializeAsString());
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(other.message()), HasSubstr("this stream is for"));
  EXPECT_EQ(session_->OnMessage("\xff\xff").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SotwSessionTest, LogsEveryAnswer) {
  base::SetAllLogLevels(base::LogLevel::kInfo);
  Serve(FileText({EdsCluster("a")}));
  Ask(kClusterUrl);
  Take();
  const std::string version = taken_.version_info();
  testing::internal::CaptureStderr();
  Ack();
  Ack();  // not an answer: the same nonce again
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::EndsWith("ACK node=weir-1 type=clusters version=" + version + "\n"));

  Serve(FileText({EdsCluster("a", "2s")}));
  Take();
  testing::internal::CaptureStderr();
  Nack("a: connect_timeout: \"2s\"\nis too long");
  const std::string nack = testing::internal::GetCapturedStderr();
  EXPECT_THAT(nack, HasSubstr("[warning][control] NACK node=weir-1 type=clusters version=" +
                              taken_.version_info()));
  EXPECT_THAT(nack, HasSubstr("code=13 detail=\"a: connect_timeout: \\\"2s\\\"\\nis too long\""));
}

TEST_F(SotwSessionTest, TypesThatAreNotServedAreToldOnce) {
  base::SetAllLogLevels(base::LogLevel::kInfo);
  Serve("resources: []");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) Ask("type.googleapis.com/a.b\n.C", {"x"});
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, HasSubstr("weir-1 asks for type.googleapis.com/a.b\\n.C, which is not"));
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1);
  EXPECT_EQ(Take(), "nothing");
}

}  // namespace
}  // namespace weir::control
