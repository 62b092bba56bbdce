// One connection of an HTTP probe with its codec: asks the check's one question, as often as it is
// told to, and keeps of an answer what a verdict needs. What a host says is bounded: 16 KiB of
// head, and of a body only what is examined is looked at.
//
// Its user may let go of it from inside any call, by Release(). The thread of its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/arena.h"
#include "source/health/payload_matcher.h"
#include "source/health/probe.h"
#include "source/health/probe_connection.h"
#include "source/http/codec.h"

namespace weir::health {

struct HttpReply {
  int status = 0;
  int grpc_status = 2;  // UNKNOWN where the answer has none
  std::string body;     // of gRPC
  bool has_expected_body = true;
  bool is_degraded = false;      // x-envoy-degraded
  bool wants_exclusion = false;  // x-envoy-immediate-health-check-fail
};

class HttpExchange final : public event::Deletable,
                           private ProbeConnection::User,
                           private http::ClientConnectionHandler,
                           private http::ClientStreamHandler {
 public:
  class User {
   public:
    virtual void OnReply(const HttpReply& reply) = 0;
    // The exchange is of no more use. `may_retry`: the connection was kept from an earlier question
    // and has said nothing.
    virtual void OnNoReply(balancing::ProbeAnswer why, bool may_retry) = 0;

   protected:
    ~User() = default;
  };

  // Asks once connected.
  HttpExchange(const ProbeTarget& target, User& user);
  ~HttpExchange() override;

  bool can_ask() const { return codec_ != nullptr && !is_over_ && codec_->can_take_stream(); }
  void Ask();
  static void Release(std::unique_ptr<HttpExchange> exchange);

 private:
  // ProbeConnection::User
  void OnConnected() override;
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnLost(balancing::ProbeAnswer why) override;
  // http::ClientConnectionHandler
  base::Buffer& output() override { return connection_->connection()->output(); }
  void OnOutput() override { connection_->connection()->FlushLater(); }
  void OnOutputEnd() override {}
  void PauseReading() override { connection_->connection()->PauseReading(); }
  void ResumeReading() override { connection_->connection()->ResumeReading(); }
  void OnStreamSlotFree() override {}
  void OnConnectionDone() override { is_over_ = true; }
  // http::ClientStreamHandler
  void OnInformational(http::ResponseHead&) override {}
  void OnResponseHead(http::ResponseHead& head, bool ends_stream) override;
  void OnResponseBody(base::Buffer& body, bool ends_stream) override;
  void OnResponseTrailers(http::HeaderMap& trailers) override;
  void OnStreamReset(const http::StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override {}
  void OnSendLow() override {}

  void FillHead(http::RequestHead& head) const;
  void LearnGrpcStatus(const http::HeaderMap& fields);
  void Fail(balancing::ProbeAnswer why, bool may_retry);

  const ProbeTarget& target_;
  User* user_;
  const std::unique_ptr<ProbeConnection> connection_;
  base::Arena arena_;
  http::ClientStream* stream_ = nullptr;  // while it runs
  HttpReply reply_;
  std::optional<PayloadMatcher> wanted_;
  uint64_t body_bytes_left_ = 0;
  uint32_t questions_ = 0;
  bool is_whole_ = false;
  bool is_over_ = false;
  std::unique_ptr<http::ClientConnection> codec_;  // goes first: it refers to the others
};

}  // namespace weir::health
