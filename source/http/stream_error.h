// What ended a message or a stream before its time: decided where it happens, read by everyone.
// Response flags, statistics, retry decisions and access-log details all derive from it.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::http {

enum class ErrorKind : uint8_t {
  kNone,
  kProtocol,        // the peer broke the protocol: `detail` names the rule
  kHeadTooLarge,    // 431 (request) or 502 (response)
  kUriTooLong,      // 414
  kNotImplemented,  // 501: a transfer coding we do not speak
  kVersion,         // 505 or 426
  kMisdirected,     // 421
  kPeerReset,       // RST or RST_STREAM
  kPeerClosed,      // the peer ended before the message did
  kConnectFailed,
  kConnectTimeout,
  kOverflow,  // a circuit breaker said no
  kNoHost,
  kNoCluster,
  kNoRoute,
  kTimeout,
  kIdleTimeout,
  kPerTryTimeout,
  kMaxDuration,
  kRefused,  // the peer took back the stream untouched: always safe to retry
  kLocal,    // we ended it: drain, overload, filter
  kDropped,  // the control plane wants so many requests refused
};

enum class Side : uint8_t { kDownstream, kUpstream, kLocal };

struct StreamError {
  ErrorKind kind = ErrorKind::kNone;
  Side side = Side::kLocal;
  bool retryable = false;   // nothing of the request can have been acted upon
  std::string_view detail;  // static text, Envoy's response-code-details style
  explicit operator bool() const { return kind != ErrorKind::kNone; }
};

}  // namespace weir::http
