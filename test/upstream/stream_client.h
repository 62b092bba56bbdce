// What a router is to a cluster: asks for a stream or a connection, sends a GET, records the rest.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "source/base/arena.h"
#include "source/upstream/local_cluster.h"

namespace weir::upstream {

class StreamClient final : public StreamRequester, public http::ClientStreamHandler {
 public:
  // Asks `cluster`, and sends the request as soon as there is a stream.
  void Ask(LocalCluster& cluster, const balancing::PickContext& context = {}, int priority = 0) {
    ready_count = done_count = status = 0;
    auto pending = cluster.RequestStream(context, priority, arena, *this);
    if (pending != nullptr) pending_ = std::move(pending);
  }
  void Cancel() { pending_.reset(); }

  bool is_pending() const { return pending_ != nullptr; }
  bool is_ready() const { return ready_count > 0; }
  bool has_failed() const { return failure.has_value(); }
  bool is_done() const { return done_count > 0; }

  // StreamRequester
  http::ClientStreamHandler& stream_handler() override { return *this; }
  void OnStreamReady(http::ClientStream& ready, const UpstreamInfo& upstream) override {
    ++ready_count;
    stream = &ready;
    info = upstream;
    pending_.reset();
    if (on_ready) on_ready();
    if (stream == nullptr || !sends) return;
    http::RequestHead head(arena);
    head.method_name = "GET";
    head.path = "/";
    head.authority = "web";
    head.scheme = "http";
    head.upgrade = upgrade;
    stream->SendHead(head, upgrade.empty());
  }
  void OnTransportFailure(std::string_view reason) override {
    transport_failure = std::string(reason);
  }
  void OnStreamFailed(const http::StreamError& error, const balancing::HostPtr& host) override {
    failure = error;
    failed_host = host;
    pending_.reset();
    if (on_failed) on_failed();
  }
  // http::ClientStreamHandler
  void OnInformational(http::ResponseHead&) override {}
  void OnResponseHead(http::ResponseHead& head, bool) override { status = head.status; }
  void OnResponseBody(base::Buffer& bytes, bool) override {
    body += bytes.ToString();
    bytes.Clear();
  }
  void OnResponseTrailers(http::HeaderMap&) override {}
  void OnStreamReset(const http::StreamError& error) override { reset = error; }
  void OnStreamDone() override {
    ++done_count;
    stream = nullptr;
    if (on_done) on_done();
  }
  void OnSendHigh() override { ++send_high; }
  void OnSendLow() override { ++send_low; }

  base::Arena arena;
  http::ClientStream* stream = nullptr;
  UpstreamInfo info;
  std::optional<http::StreamError> failure, reset;
  balancing::HostPtr failed_host;
  std::string body, transport_failure;
  std::string_view upgrade;
  std::function<void()> on_ready, on_failed, on_done;
  bool sends = true;
  int status = 0, ready_count = 0, done_count = 0, send_high = 0, send_low = 0;

 private:
  std::unique_ptr<PendingStream> pending_;
};

class ConnectionClient final : public ConnectionRequester, public net::ConnectionHandler {
 public:
  void Ask(LocalCluster& cluster, const balancing::PickContext& context = {}, int priority = 0) {
    auto asked = cluster.RequestConnection(context, priority, *this);
    if (asked != nullptr) pending = std::move(asked);
  }
  void Drop() {
    lease.reset();  // first: it knows the connection
    connection.reset();
  }

  net::ConnectionHandler& handler() override { return *this; }
  void OnConnectionReady(std::unique_ptr<net::Connection> ready, balancing::HostPtr to,
                         std::unique_ptr<Lease> its_lease) override {
    pending.reset();
    connection = std::move(ready);
    host = std::move(to);
    lease = std::move(its_lease);
    connection->Start();
  }
  void OnTransportFailure(std::string_view reason) override {
    transport_failure = std::string(reason);
  }
  void OnConnectionFailed(const http::StreamError& error, const balancing::HostPtr& to) override {
    pending.reset();
    failure = error;
    host = to;
    if (on_failed) on_failed();
  }
  size_t OnRead(std::string_view bytes) override {
    received += bytes;
    return bytes.size();
  }
  void OnReadEnd() override { ended = true; }
  void OnClosed(net::CloseReason) override { closed = true; }

  std::unique_ptr<PendingStream> pending;
  std::unique_ptr<net::Connection> connection;
  std::unique_ptr<Lease> lease;
  balancing::HostPtr host;
  std::optional<http::StreamError> failure;
  std::function<void()> on_failed;
  std::string received, transport_failure;
  bool ended = false, closed = false;
};

}  // namespace weir::upstream
