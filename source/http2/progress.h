// Whether somebody who could take bytes takes them: at least 1 KiB within each minute. Asked at
// each step of a PeerWatch. One for each stream and one for the connection; worker's thread.
#pragma once

#include <cstdint>

namespace weir::http2 {

class Progress {
 public:
  // `taken_bytes` since the beginning. `is_waiting`: there are more, and the peer lets none go.
  // True: it stood still for kMostSteps.
  bool HasStalled(uint64_t taken_bytes, bool is_waiting) {
    const bool moves = taken_bytes - marked_bytes_ >= kLeastBytes;
    if (moves || !is_waiting || steps_ == 0) {
      marked_bytes_ = taken_bytes;
      steps_ = is_waiting ? 1 : 0;
      return false;
    }
    return ++steps_ > kMostSteps;
  }

  static constexpr uint64_t kLeastBytes = 1024;
  static constexpr uint8_t kMostSteps = 4;  // of PeerWatch::kStepMs: a minute

 private:
  uint64_t marked_bytes_ = 0;
  uint8_t steps_ = 0;  // 0: was not waiting
};

}  // namespace weir::http2
