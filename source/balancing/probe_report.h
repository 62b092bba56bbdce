// What the last active check of a host found: small enough for one atomic word, so that checkers on
// any loop can write it and any thread can show it.
#pragma once

#include <cstdint>
#include <string>

namespace weir::balancing {

enum class ProbeAnswer : uint8_t {
  kNone,         // never checked
  kHttpStatus,   // code: the status
  kGrpcServing,  // code: grpc.health.v1's ServingStatus
  kGrpcStatus,   // code: the status of a call that failed
  kConnected,
  kExpectedBytes,
  kUnexpectedBody,
  kRefused,
  kCannotConnect,
  kHandshakeFailed,
  kClosed,
  kReset,
  kMalformed,
  kTimeout,
};

struct ProbeReport {
  ProbeAnswer answer = ProbeAnswer::kNone;
  uint16_t code = 0;
  uint32_t latency_us = 0;

  uint64_t Pack() const {
    return uint64_t{latency_us} << 32 | uint64_t{code} << 8 | static_cast<uint64_t>(answer);
  }
  static ProbeReport Unpack(uint64_t packed) {
    return {static_cast<ProbeAnswer>(packed & 0xff), static_cast<uint16_t>(packed >> 8),
            static_cast<uint32_t>(packed >> 32)};
  }
  // "200", "grpc NOT_SERVING", "connection refused", "timeout"; empty: never checked.
  std::string ToText() const;

  friend bool operator==(const ProbeReport&, const ProbeReport&) = default;
};

}  // namespace weir::balancing
