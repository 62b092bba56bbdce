// A cluster whose upstream streams the test plays: it grants or refuses what the router asks for,
// reads what was sent and answers. Its streams keep the codec's contract: OnStreamDone comes once,
// last, and not inside another callback. Test thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/clusters/cluster_manager.h"
#include "source/http/codec.h"

namespace weir::extensions::router {

class FakeStream final : public http::ClientStream {
 public:
  FakeStream(http::ClientStreamHandler& handler, base::Arena& arena)
      : handler_(handler), arena_(arena) {}

  // What the router sent.
  std::string path, authority, body;
  std::vector<std::pair<std::string, std::string>> headers;
  int heads_sent = 0;
  bool head_ended_request = false;
  bool has_trailers = false, request_ended = false, was_reset = false, is_done = false;
  int pauses = 0;

  std::string Header(std::string_view name) const {
    for (const auto& [known, value] : headers) {
      if (known == name) return value;
    }
    return "";
  }

  // What the upstream host says.
  http::ResponseHead& NewHead(int status) {
    auto* head = new (arena_.Allocate(sizeof(http::ResponseHead))) http::ResponseHead(arena_);
    head->status = status;
    return *head;
  }
  void Respond(int status, std::string_view text = {}, bool ends = true) {
    RespondHead(NewHead(status), text.empty() && ends);
    // Reset meanwhile, it says no more: the router may be at its next try already.
    if (!text.empty() && !is_done) RespondBody(text, ends);
  }
  void RespondHead(http::ResponseHead& head, bool ends) {
    Call([&] { handler_.OnResponseHead(head, ends); }, ends);
  }
  void RespondBody(std::string_view text, bool ends) {
    base::Buffer piece;
    piece.Append(text);
    Call([&] { handler_.OnResponseBody(piece, ends); }, ends);
    EXPECT_TRUE(piece.empty()) << "the handler takes every byte";
  }
  void RespondTrailers(http::HeaderMap& trailers) {
    Call([&] { handler_.OnResponseTrailers(trailers); }, true);
  }
  void RespondInformational(int status) {
    Call([&] { handler_.OnInformational(NewHead(status)); }, false);
  }
  void Fail(const http::StreamError& error) {
    was_reset = true;
    Call([&] { handler_.OnStreamReset(error); }, false);
  }
  void High() { handler_.OnSendHigh(); }
  void Low() { handler_.OnSendLow(); }

  // http::ClientStream
  void SendHead(const http::RequestHead& head, bool ends) override {
    EXPECT_FALSE(is_done);
    ++heads_sent;
    head_ended_request = ends;
    path = std::string(head.path);
    authority = std::string(head.authority);
    for (const http::Header& field : head.headers) headers.emplace_back(field.name, field.value);
    EndRequest(ends);
  }
  void SendBody(base::Buffer& piece, bool ends) override {
    EXPECT_FALSE(is_done || request_ended);
    body += piece.ToString();
    piece.Clear();
    EndRequest(ends);
  }
  void SendTrailers(const http::HeaderMap&) override {
    has_trailers = true;
    EndRequest(true);
  }
  void Reset(http::ResetKind) override {
    EXPECT_FALSE(is_done);
    was_reset = true;
    Settle();
  }
  void PauseReceiving() override { ++pauses; }
  void ResumeReceiving() override { --pauses; }

 private:
  template <class Callback>
  void Call(Callback callback, bool ends) {
    if (ends) response_ended_ = true;
    ++depth_;
    callback();
    --depth_;
    Settle();
  }
  void EndRequest(bool ends) {
    if (ends) request_ended = true;
    Settle();
  }
  void Settle() {
    if (depth_ > 0 || is_done) return;
    if (!was_reset && !(request_ended && response_ended_)) return;
    is_done = true;
    handler_.OnStreamDone();
  }

  http::ClientStreamHandler& handler_;
  base::Arena& arena_;
  bool response_ended_ = false;
  int depth_ = 0;
};

class FakeCluster final : public upstream::LocalCluster {
 public:
  enum class Answer { kLater, kReady, kNoHost, kConnectFailed };

  FakeCluster() {
    for (int port = 1; port <= 2; ++port) {
      hosts_.push_back(std::make_shared<balancing::Host>(
          *net::Address::ParseIp("10.0.0.1", static_cast<uint16_t>(port)),
          "host-" + std::to_string(port), std::make_shared<balancing::Locality>()));
    }
  }
  ~FakeCluster() override { EXPECT_EQ(refs_, 0u) << "somebody still holds the cluster"; }

  Answer answer = Answer::kReady;
  bool reused = false;
  http::Version version = http::Version::kHttp11;
  int retries_allowed = 3, retries_running = 0;
  int asked = 0, withdrawn = 0;
  int last_priority = -1;
  std::optional<uint64_t> last_hash;
  const net::Address* last_destination = nullptr;  // the connection's original one
  const net::Address* last_wanted = nullptr;
  bool last_wants_no_other = false;
  std::vector<std::unique_ptr<FakeStream>> streams;
  std::unique_ptr<const balancing::Balancer> listens;  // to what hosts say of their load

  balancing::Host& host(size_t i) { return *hosts_[i]; }
  FakeStream& last() { return *streams.back(); }
  bool is_waiting() const { return waiting_ != nullptr; }
  // Answers the request that waits.
  void Grant() {
    upstream::StreamRequester& requester = *std::exchange(waiting_, nullptr);
    Ready(requester, *arena_);
  }
  void Refuse(const http::StreamError& error) {
    std::exchange(waiting_, nullptr)->OnStreamFailed(error, hosts_[0]);
  }

  // upstream::LocalCluster
  const upstream::ClusterConfig& config() const override { return config_; }
  upstream::ClusterStats& stats() override { return stats_; }
  upstream::HostCounts host_counts() override { return {}; }
  std::unique_ptr<upstream::PendingStream> RequestStream(
      const balancing::PickContext& context, int priority, base::Arena& arena,
      upstream::StreamRequester& requester) override {
    ++asked;
    last_priority = priority;
    last_hash = context.hash;
    last_destination = context.original_destination;
    last_wanted = context.wanted_host;
    last_wants_no_other = context.wants_no_other;
    host_ = hosts_[0];
    for (int i = 0; i < context.tried_count; ++i) {
      if (context.tried[i] == host_.get()) host_ = hosts_[1];
    }
    if (answer == Answer::kReady) {
      Ready(requester, arena);
      return nullptr;
    }
    if (answer != Answer::kLater) {
      const bool no_host = answer == Answer::kNoHost;
      answer = Answer::kReady;  // the next request
      requester.OnStreamFailed(
          {no_host ? http::ErrorKind::kNoHost : http::ErrorKind::kConnectFailed,
           http::Side::kUpstream, true, no_host ? "no_healthy_upstream" : "connect_failed"},
          no_host ? nullptr : host_);
      return nullptr;
    }
    waiting_ = &requester;
    arena_ = &arena;
    return std::make_unique<Waiting>(*this);
  }
  std::unique_ptr<upstream::PendingStream> RequestConnection(
      const balancing::PickContext&, int, upstream::ConnectionRequester&) override {
    ADD_FAILURE() << "a router asks for streams";
    return nullptr;
  }
  bool StartRetry(int) override {
    if (retries_running == retries_allowed) return false;
    ++retries_running;
    return true;
  }
  void FinishRetry(int) override { --retries_running; }
  const balancing::Balancer* load_listener() override { return listens.get(); }
  void Unref() override { --refs_; }

 private:
  struct Waiting final : upstream::PendingStream {
    explicit Waiting(FakeCluster& owner) : cluster(owner) {}
    ~Waiting() override {
      if (std::exchange(cluster.waiting_, nullptr) != nullptr) ++cluster.withdrawn;
    }
    FakeCluster& cluster;
  };

  void Ready(upstream::StreamRequester& requester, base::Arena& arena) {
    streams.push_back(std::make_unique<FakeStream>(requester.stream_handler(), arena));
    upstream::UpstreamInfo info;
    info.host = host_;
    info.reused_connection = reused;
    info.version = version;
    requester.OnStreamReady(*streams.back(), info);
  }

  upstream::ClusterConfig config_;
  upstream::ClusterStats stats_;
  std::vector<balancing::HostPtr> hosts_;
  balancing::HostPtr host_;
  upstream::StreamRequester* waiting_ = nullptr;
  base::Arena* arena_ = nullptr;
};

class FakeSlot final : public clusters::ClusterSlot {
 public:
  explicit FakeSlot(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  upstream::LocalCluster* Here() override { return cluster; }
  upstream::LocalCluster* cluster = nullptr;

 private:
  const std::string name_;
};

}  // namespace weir::extensions::router
