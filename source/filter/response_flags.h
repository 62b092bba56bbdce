// Why a stream ended the way it did, under Envoy's short names (%RESPONSE_FLAGS%). Derived from
// StreamError in one place, so that logs, stats and retry decisions never disagree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "source/http/stream_error.h"

namespace weir::filter {

enum class ResponseFlag : uint8_t {
  kFailedLocalHealthCheck,           // LH
  kNoHealthyUpstream,                // UH
  kUpstreamRequestTimeout,           // UT
  kLocalReset,                       // LR
  kUpstreamRemoteReset,              // UR
  kUpstreamConnectionFailure,        // UF
  kUpstreamConnectionTermination,    // UC
  kUpstreamOverflow,                 // UO
  kNoRouteFound,                     // NR
  kDownstreamConnectionTermination,  // DC
  kUpstreamRetryLimitExceeded,       // URX
  kStreamIdleTimeout,                // SI
  kDownstreamProtocolError,          // DPE
  kUpstreamProtocolError,            // UPE
  kUpstreamMaxStreamDuration,        // UMSDR
  kNoClusterFound,                   // NC
  kOverloadManager,                  // OM
  kDurationTimeout,                  // DT
  kDownstreamRemoteReset,            // DR
  kDelayInjected,                    // DI
  kFaultInjected,                    // FI
  kRateLimited,                      // RL
  kUnauthorizedExternalService,      // UAEX
  kDropOverload,                     // DO
  kCount
};

class ResponseFlags {
 public:
  void Set(ResponseFlag flag) { bits_ |= 1u << static_cast<int>(flag); }
  bool Has(ResponseFlag flag) const { return (bits_ >> static_cast<int>(flag)) & 1u; }
  bool empty() const { return bits_ == 0; }
  uint32_t bits() const { return bits_; }
  // "UF,URX", or "-" when none is set.
  std::string ToString() const;

 private:
  uint32_t bits_ = 0;
};

std::string_view ShortName(ResponseFlag flag);
// False when `name` is none of the short names.
bool ParseResponseFlag(std::string_view name, ResponseFlag& flag);
// The flag that stands for an error of that kind and side; false when none does.
bool FlagOf(const http::StreamError& error, ResponseFlag& flag);

}  // namespace weir::filter
