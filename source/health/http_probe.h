// Asks by an HTTP request, over HTTP/1.1 or HTTP/2, and judges what comes back: by status and body,
// or, for gRPC, by the message that grpc.health.v1 defines.
//
// A connection that was kept and turns out to have ended without a word says nothing of the host:
// the request is sent once more, over a new one.
#pragma once

#include <memory>

#include "source/health/http_exchange.h"
#include "source/health/probe.h"

namespace weir::health {

class HttpProbe final : public Probe, private HttpExchange::User {
 public:
  HttpProbe(const ProbeTarget& target, ProbeOwner& owner);
  ~HttpProbe() override;

  void Start() override;
  void Abandon() override;

 private:
  // HttpExchange::User
  void OnReply(const HttpReply& reply) override;
  void OnNoReply(balancing::ProbeAnswer why, bool may_retry) override;

  void Connect();
  ProbeOutcome Judge(const HttpReply& reply) const;
  ProbeOutcome JudgeGrpc(const HttpReply& reply) const;

  const ProbeTarget& target_;
  ProbeOwner& owner_;
  std::unique_ptr<HttpExchange> exchange_;
  bool is_running_ = false;
};

}  // namespace weir::health
