#include "source/http2/options_parser.h"

#include <algorithm>
#include <string_view>

#include "envoy/config/core/v3/protocol.pb.h"
#include "source/base/strings.h"

namespace weir::http2 {
namespace {

namespace core = envoy::config::core::v3;
using config::Faults;
using google::protobuf::UInt32Value;

constexpr uint32_t kMaxWindowBytes = 0x7fff'ffff;  // RFC 9113 §6.9.1
constexpr uint32_t kMinWindowBytes = 65'535;       // what a peer may send before our SETTINGS
constexpr uint32_t kAny = 0xffff'ffff;

struct Range {
  uint32_t least = 0;
  uint32_t most = kAny;
};

void Set(bool is_set, const UInt32Value& proto, std::string_view field, Range range,
         uint32_t& value, Faults& faults) {
  if (!is_set) return;
  value = proto.value();
  if (value >= range.least && value <= range.most) return;
  faults.Add(field, range.most == kAny
                        ? base::StrCat("must be at least ", range.least)
                        : base::StrCat("must be from ", range.least, " to ", range.most));
}

// Milliseconds, rounded up.
int64_t ParseMs(const google::protobuf::Duration& proto, std::string_view field, Faults& faults) {
  constexpr int64_t kMaxSeconds = 315'576'000'000;  // 10,000 years, protobuf's own bound
  const int64_t seconds = std::min<int64_t>(proto.seconds(), kMaxSeconds);
  const int64_t duration_ms = seconds * 1000 + (proto.nanos() + 999'999) / 1'000'000;
  if (duration_ms < 1) faults.Add(field, "must be at least 1ms");
  return duration_ms;
}

void ParseKeepalive(const core::KeepaliveSettings& proto, KeepaliveOptions& keepalive,
                    Faults& faults) {
  Faults::Scope scope(faults, "connection_keepalive");
  if (proto.has_interval()) {
    keepalive.interval_ms = ParseMs(proto.interval(), "interval", faults);
  }
  if (proto.has_connection_idle_interval()) {
    keepalive.idle_interval_ms =
        ParseMs(proto.connection_idle_interval(), "connection_idle_interval", faults);
  }
  keepalive.timeout_ms = ParseMs(proto.timeout(), "timeout", faults);
  if (!proto.has_interval_jitter()) return;
  keepalive.jitter_percent = proto.interval_jitter().value();
  if (!(keepalive.jitter_percent >= 0 && keepalive.jitter_percent <= 100)) {
    faults.Add("interval_jitter", "must be from 0 to 100");
  }
}

}  // namespace

void ParseOptions(const core::Http2ProtocolOptions& proto, Options& options, Faults& faults) {
  const Range window = {kMinWindowBytes, kMaxWindowBytes};
#define WEIR_SET(field, member, ...) \
  Set(proto.has_##field(), proto.field(), #field, Range{__VA_ARGS__}, options.member, faults)
  WEIR_SET(hpack_table_size, hpack_table_bytes);
  WEIR_SET(max_concurrent_streams, max_concurrent_streams, 1, 0x7fff'ffff);
  WEIR_SET(initial_stream_window_size, initial_stream_window_bytes, window);
  WEIR_SET(initial_connection_window_size, initial_connection_window_bytes, window);
  WEIR_SET(max_outbound_frames, max_outbound_frames, 1);
  WEIR_SET(max_outbound_control_frames, max_outbound_control_frames, 1);
  WEIR_SET(max_consecutive_inbound_frames_with_empty_payload, max_empty_frames_in_a_row);
  WEIR_SET(max_inbound_priority_frames_per_stream, max_priority_frames_per_stream);
  WEIR_SET(max_inbound_window_update_frames_per_data_frame_sent, max_window_updates_per_data_frame,
           1);
#undef WEIR_SET
  // One size for both directions, as in Envoy: whoever raises it wants more in flight.
  if (proto.has_initial_stream_window_size()) {
    options.send_buffer_bytes = options.initial_stream_window_bytes;
  }
  options.allow_connect = proto.allow_connect();
  if (proto.has_override_stream_error_on_invalid_http_message() &&
      !proto.override_stream_error_on_invalid_http_message().value()) {
    faults.AddIgnored("override_stream_error_on_invalid_http_message",
                      "a malformed message ends its stream alone");
  }
  if (proto.has_connection_keepalive()) {
    ParseKeepalive(proto.connection_keepalive(), options.keepalive, faults);
  }
}

}  // namespace weir::http2
