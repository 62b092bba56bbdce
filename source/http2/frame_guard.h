// Looks at the frame headers of what a peer sends before nghttp2 does, and counts: whatever costs
// the peer little and us much has a limit here (group H of the catalogue of bad inputs). Debian's
// nghttp2 has no such limit for CONTINUATION, empty, PRIORITY and WINDOW_UPDATE frames. It also
// tells what nghttp2 forgives: frames for streams that the peer itself has ended or skipped.
//
// One a connection; worker's thread. Allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/http2/http2_options.h"
#include "source/http2/http2_stats.h"

namespace weir::http2 {

class FrameGuard {
 public:
  enum class Verdict : uint8_t {
    kPass,   // the bytes may be read
    kYield,  // up to `*passed` they may; a request begins behind, one more than a turn should start
    kEnd,    // up to `*passed` they may; then the connection ends with end_code()
  };

  // `preface_bytes`: what comes before the first frame, on the server's side.
  FrameGuard(const Options& options, Stats& stats, size_t preface_bytes)
      : options_(options),
        stats_(stats),
        payload_left_(preface_bytes),
        is_server_(preface_bytes > 0) {}

  // Bytes are shown once, in order; those behind `*passed` are shown again. `holds`: no request may
  // begin.
  Verdict Look(std::string_view bytes, size_t* passed, bool holds);
  // A turn begins: it may start as many requests again.
  void StartTurn() { heads_this_turn_ = 0; }
  void CountDataSent() { ++data_frames_sent_; }
  // A request of ours: its stream entitles the peer to as much as one that it began itself.
  void CountRequestSent() { ++heads_; }
  uint32_t end_code() const { return end_code_; }
  // The peer knows that nothing can follow: both sides have ended the stream. (What it resets the
  // guard sees by itself.)
  void NotePeerEnded(uint32_t stream) { ended_[ended_count_++ % kRemembered] = stream; }
  // Part of a head has come, of the preface, or of what may yet turn out to be one.
  bool is_head_coming() const {
    return in_head_ || header_size_ > 0 || (payload_left_ > 0 && !in_data_);
  }

  static constexpr uint32_t kMaxHeadsPerTurn = 10;
  static constexpr size_t kFrameHeaderBytes = 9;

 private:
  struct Frame {
    uint32_t size = 0;
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;
  };
  struct Gap {
    uint32_t from = 0, to = 0;  // streams that were never opened and cannot be any more
  };
  static constexpr uint32_t kRemembered = 16, kRememberedGaps = 4;

  bool Refuses(const Frame& frame);
  bool RefusesHeaders(const Frame& frame);
  bool HasPeerEnded(uint32_t stream) const;
  void NoteOpened(uint32_t stream);
  bool RefusesPriority(const Frame& frame);
  bool ReadDependency(std::string_view bytes);
  bool End(uint32_t code) {
    end_code_ = code;
    return true;
  }
  bool CountHead(const Frame& frame);
  bool CountEmpty(const Frame& frame);
  bool CountControl(uint32_t cost);

  const Options& options_;
  Stats& stats_;
  size_t payload_left_;  // of the frame whose header was seen, or of the preface
  uint8_t header_[kFrameHeaderBytes] = {};
  uint8_t header_size_ = 0;
  bool in_head_ = false;  // its last frame has not begun
  bool in_data_ = false;  // the frame is a DATA frame
  uint32_t heads_this_turn_ = 0;
  uint32_t continuations_ = 0;  // of this head
  uint32_t head_bytes_ = 0;     // likewise, as they came
  uint32_t empty_in_a_row_ = 0;
  uint64_t heads_ = 0;
  uint64_t data_frames_ = 0;
  uint64_t data_frames_sent_ = 0;
  uint64_t priority_frames_ = 0;
  uint64_t window_updates_ = 0;
  uint64_t control_cost_ = 0;

  const bool is_server_;
  uint32_t end_code_ = 0;
  uint32_t last_stream_ = 0;  // the highest that the peer opened
  uint32_t ended_[kRemembered] = {};
  uint32_t ended_count_ = 0;
  Gap gaps_[kRememberedGaps];
  uint32_t gap_count_ = 0;
  uint32_t priority_stream_ = 0;  // of the PRIORITY frame whose payload is read
  uint32_t dependency_ = 0;
  uint8_t dependency_bytes_left_ = 0;
};

}  // namespace weir::http2
