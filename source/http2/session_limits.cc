// What a peer may make us hold and do, and for how long.
// Tested by test/http2/flow_control_test.cc and peer_watch_test.cc.

#include <algorithm>

#include "source/base/clock.h"
#include "source/http2/session.h"

namespace weir::http2 {
namespace {

// What all streams of a connection may hold together of what waits to be sent: a stream may take
// half of what is left of it, so that a hundred of them stay below a megabyte.
constexpr uint64_t kSendBudgetBytes = 512 * 1024;
constexpr uint64_t kLeastSendMark = 2 * 1024;
// Padding that may come beyond what its payload outweighs.
constexpr uint64_t kFreePaddingBytes = 64 * 1024;
// Heads of streams that run: a hundred of the largest size would be six megabytes.
constexpr uint64_t kMaxHeadBytes = 1024 * 1024;
// Of heads and control frames in an output that is full already.
constexpr uint64_t kMaxWaitingBytes = 1024 * 1024;

}  // namespace

// Nobody may make us say ever more that they do not read.
void Session::CountWaiting(const nghttp2_frame& frame) {
  const uint8_t type = frame.hd.type;
  const bool is_control =
      type == NGHTTP2_PING || type == NGHTTP2_SETTINGS || type == NGHTTP2_RST_STREAM;
  waiting_bytes_ += frame.hd.length + FrameGuard::kFrameHeaderBytes;
  waiting_control_frames_ += is_control ? 1 : 0;
  if (is_ending_) return;
  if (++waiting_frames_ > options_.max_outbound_frames || waiting_bytes_ > kMaxWaitingBytes) {
    stats_.outbound_flood.Add();
  } else if (waiting_control_frames_ > options_.max_outbound_control_frames) {
    stats_.outbound_control_flood.Add();
  } else {
    return;
  }
  Calm();
}

void Session::CountPadding(const nghttp2_frame& frame) {
  padding_bytes_ += frame.data.padlen;
  payload_bytes_ += frame.hd.length - std::min(frame.hd.length, frame.data.padlen);
  if (padding_bytes_ <= payload_bytes_ + kFreePaddingBytes || is_ending_) return;
  stats_.inbound_empty_frames_flood.Add();
  Calm();
}

void Session::CountCutShort() {
  if (is_ending_ || resets_.Take(base::Clock::System().MonotonicNs())) return;
  stats_.too_many_resets.Add();
  Calm();
}

bool Session::AdmitHead(Stream& stream) {
  const uint64_t bytes = stream.head_reader_.charged_bytes();
  if (head_bytes_ + bytes > kMaxHeadBytes) return false;
  stream.head_bytes_ = bytes;
  head_bytes_ += bytes;
  return true;
}

void Session::Calm() { Terminate(NGHTTP2_ENHANCE_YOUR_CALM); }

uint64_t Session::SendHighMark(const Stream& stream) const {
  const uint64_t others = std::min(pending_bytes_ - stream.to_send_.size(), kSendBudgetBytes);
  const uint64_t share = std::max(kLeastSendMark, (kSendBudgetBytes - others) / 2);
  return std::min<uint64_t>(options_.send_buffer_bytes, share);
}

// True: a handler was told, and may have had something to say.
bool Session::CheckSendMark(Stream& stream) {
  if (stream.is_send_high_ || stream.to_send_.size() <= SendHighMark(stream)) return false;
  stream.is_send_high_ = true;
  if (!stream.has_handler() || stream.is_cut_) return false;
  Scope scope(*this);
  stream.TellSendHigh();
  return true;
}

void Session::NotePending(int64_t bytes) {
  pending_bytes_ += static_cast<uint64_t>(bytes);
  stats_.pending_send_bytes.Add(bytes);
}

void Session::DropPending(Stream& stream) {
  NotePending(-static_cast<int64_t>(stream.to_send_.size()));
  stream.to_send_.Clear();
}

void Session::CheckSettings() {
  if (is_over_ || is_settled_) return;
  stats_.settings_timeout.Add();
  Terminate(NGHTTP2_SETTINGS_TIMEOUT);
  Write();
}

// A stream whose own window stays shut is given up alone. Where it is open, the connection's window
// or its socket is what stands still: all that wait share in what moves there, and no one of them
// can be judged by itself.
bool Session::CheckStreamsMove() {
  if (is_over_) return false;
  bool is_waiting = false;
  {
    Scope scope(*this);
    streams_.ForEach([&](Stream& stream) {
      const bool waits = !stream.to_send_.empty() && !stream.is_cut_;
      const bool is_shut =
          waits && nghttp2_session_get_stream_remote_window_size(session_, stream.id_) <= 0;
      is_waiting |= waits && !is_shut;
      if (stream.progress_.HasStalled(stream.sent_bytes_, is_shut)) GiveUpStalled(stream);
    });
    if (progress_.HasStalled(sent_bytes_, is_waiting)) {
      stats_.tx_flush_timeout.Add();
      Calm();
    }
  }
  Write();
  return !is_over_ && stream_count_ > 0;
}

void Session::GiveUpStalled(Stream& stream) {
  stats_.tx_flush_timeout.Add();
  if (stream.has_handler()) {
    stream.TellReset(
        {http::ErrorKind::kIdleTimeout, http::Side::kDownstream, false, "http2.stalled_window"});
  }
  Reset(stream, NGHTTP2_CANCEL);
}

}  // namespace weir::http2
