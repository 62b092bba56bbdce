// Tested by test/http2/bad_frames_test.cc.

#include "source/http2/frame_guard.h"

#include <algorithm>
#include <cstring>

namespace weir::http2 {
namespace {

// RFC 9113 §6.
enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;
// RFC 9113 §7.
constexpr uint32_t kProtocolError = 1, kStreamClosed = 5, kEnhanceYourCalm = 11;

// Frames that move nothing: so many are free, then each needs a frame of a head or a body.
constexpr uint64_t kFreeControl = 10'000;
constexpr uint64_t kControlPerFrame = 10;
constexpr uint32_t kSettingsCost = 10;

}  // namespace

FrameGuard::Verdict FrameGuard::Look(std::string_view bytes, size_t* passed, bool holds) {
  size_t at = 0;
  while (at < bytes.size()) {
    if (payload_left_ > 0) {
      const size_t skipped = std::min(payload_left_, bytes.size() - at);
      const bool is_bad = dependency_bytes_left_ > 0 && ReadDependency(bytes.substr(at, skipped));
      payload_left_ -= skipped;
      at += skipped;
      if (!is_bad) continue;
      *passed = at;
      return Verdict::kEnd;
    }
    const size_t frame_at = at;
    const size_t wanted = std::min(kFrameHeaderBytes - header_size_, bytes.size() - at);
    std::memcpy(header_ + header_size_, bytes.data() + at, wanted);
    const uint8_t size_before = header_size_;
    header_size_ = static_cast<uint8_t>(header_size_ + wanted);
    at += wanted;
    if (header_size_ < kFrameHeaderBytes) break;
    const Frame frame{uint32_t{header_[0]} << 16 | uint32_t{header_[1]} << 8 | header_[2],
                      header_[3], header_[4],
                      (uint32_t{header_[5]} << 24 | uint32_t{header_[6]} << 16 |
                       uint32_t{header_[7]} << 8 | header_[8]) &
                          0x7fffffff};
    // Only where the frame begins in these bytes can they be cut before it.
    const bool must_wait = heads_this_turn_ == kMaxHeadsPerTurn || (holds && is_server_);
    if (frame.type == kHeaders && must_wait && size_before == 0 && frame.stream > last_stream_) {
      header_size_ = 0;
      *passed = frame_at;
      return Verdict::kYield;
    }
    header_size_ = 0;
    payload_left_ = frame.size;
    in_data_ = frame.type == kData;
    if (Refuses(frame)) {
      *passed = frame_at;
      return Verdict::kEnd;
    }
  }
  *passed = bytes.size();
  return Verdict::kPass;
}

bool FrameGuard::Refuses(const Frame& frame) {
  switch (frame.type) {
    case kHeaders:
      return RefusesHeaders(frame) || CountHead(frame);
    case kContinuation:
      ++continuations_;
      return CountHead(frame);
    case kData:
      ++data_frames_;
      return HasPeerEnded(frame.stream) ? End(kStreamClosed) : CountEmpty(frame);
    case kPriority:
      return RefusesPriority(frame);
    case kWindowUpdate:
      // Envoy's formula: what a peer that reads our bodies needs.
      if (++window_updates_ <=
          5 + 2 * (heads_ + options_.max_window_updates_per_data_frame * data_frames_sent_)) {
        return false;
      }
      stats_.inbound_window_update_frames_flood.Add();
      return End(kEnhanceYourCalm);
    case kSettings:
      if ((frame.flags & kAck) != 0) return CountControl(1);
      if (frame.size <= options_.max_settings * 6) return CountControl(kSettingsCost);
      stats_.inbound_settings_flood.Add();
      return End(kEnhanceYourCalm);
    case kRstStream:  // counted with what it ends
      if (is_server_ && frame.stream <= last_stream_) NotePeerEnded(frame.stream);
      return false;
    default:  // PING, GOAWAY, and what nobody knows
      return CountControl(1);
  }
}

bool FrameGuard::RefusesHeaders(const Frame& frame) {
  ++heads_this_turn_;
  ++heads_;
  continuations_ = head_bytes_ = 0;
  if (!is_server_) return false;
  if (frame.stream > last_stream_) {
    NoteOpened(frame.stream);
    return false;
  }
  if (HasPeerEnded(frame.stream)) return End(kStreamClosed);
  const bool was_skipped = std::any_of(std::begin(gaps_), std::end(gaps_), [&](const Gap& gap) {
    return frame.stream >= gap.from && frame.stream <= gap.to;
  });
  return was_skipped && End(kProtocolError);
}

void FrameGuard::NoteOpened(uint32_t stream) {
  const uint32_t expected = last_stream_ == 0 ? 1 : last_stream_ + 2;
  if (stream > expected) gaps_[gap_count_++ % kRememberedGaps] = {expected, stream - 1};
  last_stream_ = stream;
}

bool FrameGuard::HasPeerEnded(uint32_t stream) const {
  return stream != 0 && is_server_ &&
         std::find(std::begin(ended_), std::end(ended_), stream) != std::end(ended_);
}

// Priorities of RFC 7540 are switched off, and nghttp2 no longer looks at their frames.
bool FrameGuard::RefusesPriority(const Frame& frame) {
  if (frame.stream == 0) return End(kProtocolError);
  if (++priority_frames_ > options_.max_priority_frames_per_stream * (1 + heads_)) {
    stats_.inbound_priority_frames_flood.Add();
    return End(kEnhanceYourCalm);
  }
  priority_stream_ = frame.stream;
  dependency_ = 0;
  dependency_bytes_left_ = frame.size >= 4 ? 4 : 0;
  return false;
}

bool FrameGuard::ReadDependency(std::string_view bytes) {
  for (const char byte : bytes) {
    dependency_ = dependency_ << 8 | static_cast<uint8_t>(byte);
    if (--dependency_bytes_left_ == 0) break;
  }
  const bool is_own = dependency_bytes_left_ == 0 && (dependency_ & 0x7fffffff) == priority_stream_;
  return is_own && End(kProtocolError);
}

bool FrameGuard::CountHead(const Frame& frame) {
  in_head_ = (frame.flags & kEndHeaders) == 0;
  head_bytes_ += frame.size;
  // What is this large as it comes is too large when it is decoded.
  const bool is_flood = continuations_ > options_.max_continuations ||
                        head_bytes_ > options_.limits.max_head_bytes + 16 * 1024;
  if (!is_flood) return CountEmpty(frame);
  stats_.inbound_continuation_flood.Add();
  return End(kEnhanceYourCalm);
}

bool FrameGuard::CountEmpty(const Frame& frame) {
  const bool ends_stream = frame.type != kContinuation && (frame.flags & kEndStream) != 0;
  if (frame.size > 0 || ends_stream) {
    empty_in_a_row_ = 0;
    return false;
  }
  if (++empty_in_a_row_ <= options_.max_empty_frames_in_a_row) return false;
  stats_.inbound_empty_frames_flood.Add();
  return End(kEnhanceYourCalm);
}

bool FrameGuard::CountControl(uint32_t cost) {
  control_cost_ += cost;
  const uint64_t useful = heads_ + data_frames_ + data_frames_sent_;
  if (control_cost_ <= kFreeControl + kControlPerFrame * useful) return false;
  stats_.outbound_control_flood.Add();
  return End(kEnhanceYourCalm);
}

}  // namespace weir::http2
