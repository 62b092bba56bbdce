// Which responses of one type are yet to be answered, on one stream, and how.
//
// Every response gets one answer, in order; but to a server that goes on sending what is refused,
// NACKs are held back, at longer and longer intervals, and only the latest response is answered.
// Such a server has nothing else to say about the type, not even what was mended, before it hears
// the answer: so the intervals stay short. Pure: time is an argument, no thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "source/base/random.h"
#include "source/xds/backoff.h"

namespace weir::xds {

struct Answer {
  std::string nonce;    // of the response
  std::string version;  // that was accepted last, in state of the world
  std::string error;    // empty: ACK
};

class AnswerQueue {
 public:
  static constexpr int64_t kLongestHoldMs = 5'000;

  explicit AnswerQueue(base::Random& random)
      : backoff_(BackoffOptions{.max_ms = kLongestHoldMs}, random) {}

  void Add(Answer answer, int64_t now_ms);

  bool IsDue(int64_t now_ms) const;
  // When a NACK that is held back may leave.
  std::optional<int64_t> HeldUntilMs() const;
  // `with_held`: a NACK that is held back may leave at once.
  std::optional<Answer> Take(int64_t now_ms, bool with_held);
  // The stream is gone, and with it whoever waits for answers.
  void Clear();

 private:
  void Refuse(Answer answer, int64_t now_ms);

  std::deque<Answer> due_;
  std::optional<Answer> held_;
  int64_t held_until_ms_ = 0;
  uint32_t refusals_in_a_row_ = 0;
  Backoff backoff_;
};

}  // namespace weir::xds
