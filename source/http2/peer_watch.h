// Keeps the time for what an HTTP/2 peer must do and may put off for ever: acknowledge our SETTINGS
// (RFC 9113 §6.5.3), and take what it asked for. A window that stays shut, or that is opened by a
// byte now and then, holds a response, its buffers and its upstream (CVE-2019-9511, CVE-2019-9517).
//
//   settling ──kSettleMs──► CheckSettled ──► quiet ──a stream starts──► CheckProgress each kStepMs
//                                              ▲                                  │
//                                              └─────────── no stream left ───────┘
//
// One a connection; worker's thread. It only says when to look: the session knows what to see.
#pragma once

#include <cstdint>

#include "source/event/timer.h"

namespace weir::http2 {

class PeerWatch {
 public:
  class Owner {
   public:
    virtual void CheckSettled() = 0;
    // False: nothing is under way that could stand still.
    virtual bool CheckProgress() = 0;

   protected:
    ~Owner() = default;
  };

  // `owner` outlives it. The time to settle begins.
  PeerWatch(event::Loop& loop, Owner& owner);

  void OnStreamStarts() {
    if (!timer_.is_armed()) timer_.Arm(kStepMs);
  }

  static constexpr int64_t kSettleMs = 10'000;
  static constexpr int64_t kStepMs = 15'000;

 private:
  void OnTimer();

  Owner& owner_;
  event::Timer timer_;
  bool is_settling_ = true;
};

}  // namespace weir::http2
