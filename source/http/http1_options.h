// What a listener's or cluster's configuration decides about HTTP/1. Read by codecs on every
// worker, never written after it is published: it must outlive the codecs.
#pragma once

#include <cstdint>
#include <string>

#include "source/http/codec.h"

namespace weir::http {

// A field name with '_'. Backends that map it to '-' would see a second spelling of it, so names
// that so turn into framing or identity names are refused whatever this says.
enum class UnderscoreAction : uint8_t { kAllow, kRejectRequest, kDropHeader };

struct Http1ServerOptions {
  CodecLimits limits;
  // The transport is TLS: decides the scheme, and which absolute-form targets are ours.
  bool is_secure = false;
  UnderscoreAction underscores = UnderscoreAction::kRejectRequest;
  // Off: HTTP/1.0 is answered with 426.
  bool accept_http_10 = false;
  // Stands in for the Host that an HTTP/1.0 request need not have; empty: 400.
  std::string default_host_for_http_10;
  // Off: trailers are checked and dropped.
  bool enable_trailers = false;
};

struct Http1ClientOptions {
  Http1ClientOptions() { limits.max_chunk_overhead_bytes = 16 * 1024 * 1024; }

  // Chunk overhead: a server may stream tiny events for days.
  CodecLimits limits;
  bool enable_trailers = false;

  friend bool operator==(const Http1ClientOptions&, const Http1ClientOptions&) = default;
};

}  // namespace weir::http
