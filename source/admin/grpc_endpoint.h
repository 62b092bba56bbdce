// The admin endpoint's gRPC side: client status discovery (CSDS) on a thread and loop of its own,
// which reads published state only, so that the biggest answer delays nobody but who asks for
// others. Plaintext and unauthenticated, as the HTTP side is: meant for loopback.
//
// At most kMaxCalls calls at a time; on a stream a request is read when the last answer has left.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "envoy/config/core/v3/base.pb.h"
#include "source/admin/config_dump.h"
#include "source/net/address.h"

namespace weir::admin {

class GrpcEndpoint {
 public:
  static constexpr size_t kMaxCalls = 16;

  // Binds and starts the thread. The error names the address. `dump` outlives it.
  static absl::StatusOr<std::unique_ptr<GrpcEndpoint>> Start(
      const net::Address& address, const envoy::config::core::v3::Node& node,
      const ConfigDump& dump);
  // Ends calls and thread.
  virtual ~GrpcEndpoint() = default;
  // As bound: the port that 0 became.
  virtual const net::Address& address() const = 0;
};

}  // namespace weir::admin
