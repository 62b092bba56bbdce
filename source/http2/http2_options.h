// What a listener's or cluster's configuration decides about HTTP/2 (envoy.config.core.v3.
// Http2ProtocolOptions). Read by codecs on every worker, never written after it is published: it
// must outlive the codecs. The defaults are those of a proxy at the edge.
#pragma once

#include <cstdint>

#include "source/http/codec.h"
#include "source/http/http1_options.h"

namespace weir::http2 {

// When to ask the peer by PING whether it is still there (Keepalive).
struct KeepaliveOptions {
  int64_t interval_ms = 0;       // between PINGs; 0: none at fixed times
  int64_t timeout_ms = 0;        // for the answer; more than 0 wherever PINGs are sent
  int64_t idle_interval_ms = 0;  // silence before a new stream after which a PING is sent; 0: none
  double jitter_percent = 15;    // random part added to each interval

  friend bool operator==(const KeepaliveOptions&, const KeepaliveOptions&) = default;
};

struct Options {
  http::CodecLimits limits;
  uint32_t max_concurrent_streams = 100;                   // of the peer; 1 … 2^31 - 1
  uint32_t initial_stream_window_bytes = 64 * 1024;        // 65,535 … 2^31 - 1
  uint32_t initial_connection_window_bytes = 1024 * 1024;  // likewise
  uint32_t hpack_table_bytes = 4096;                       // of the peer's encoder
  // Bytes of one stream's body that wait to be sent before its handler hears OnSendHigh; half of it
  // is OnSendLow.
  uint32_t send_buffer_bytes = 64 * 1024;
  bool allow_connect = true;  // extended CONNECT (RFC 8441), as server
  bool allow_trailers = true;
  KeepaliveOptions keepalive;

  // What a peer may make us bear (group H of the catalogue of bad inputs).
  uint32_t max_outbound_frames = 10'000;        // of all kinds, waiting to be written
  uint32_t max_outbound_control_frames = 1000;  // PING, SETTINGS, RST_STREAM among them
  uint32_t max_empty_frames_in_a_row = 1;       // HEADERS, CONTINUATION, DATA without END_STREAM
  uint32_t max_continuations = 8;               // of one head
  uint32_t max_priority_frames_per_stream = 100;
  uint32_t max_window_updates_per_data_frame = 10;
  uint32_t max_settings = 32;       // entries of one SETTINGS frame
  uint32_t reset_burst = 100;       // streams cut short before they were answered,
  uint32_t resets_per_second = 33;  // a token bucket; beyond it ENHANCE_YOUR_CALM

  // Servers only.
  bool is_secure = false;
  http::UnderscoreAction underscores = http::UnderscoreAction::kRejectRequest;

  friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace weir::http2
