// Asks a proxy for the status of its resources (CSDS), once. Loop's thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/rpc/bidi_stream.h"

namespace weir::control {

class StatusQuery final : private rpc::BidiStreamHandler {
 public:
  using Response = envoy::service::status::v3::ClientStatusResponse;
  using Done = std::function<void(absl::StatusOr<Response>)>;

  // `done` is called once, from the loop: with the answer, or with why there is none, which names
  // the address. It may destroy the query.
  StatusQuery(event::Loop& loop, const std::string& address, bool has_contents, int64_t timeout_ms,
              Done done);
  StatusQuery(const StatusQuery&) = delete;
  StatusQuery& operator=(const StatusQuery&) = delete;

 private:
  void OnMessage(std::string bytes) override;
  void OnEnd(absl::Status status) override;
  void Finish(absl::StatusOr<Response> response);
  absl::Status Failure(const absl::Status& status) const;

  const std::string address_;
  Done done_;
  event::Timer timeout_;
  std::unique_ptr<rpc::Channel> channel_;
  std::unique_ptr<rpc::BidiStream> stream_;
};

}  // namespace weir::control
