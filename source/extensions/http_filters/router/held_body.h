// The part of a request's body that the router holds: what waits for an upstream stream, and what
// was sent already and may have to be sent again. Bounded: over the limit the sender is to be
// paused, or the request can no longer be tried again. Worker's thread; owned by the router filter.
#pragma once

#include <cstddef>

#include "source/base/buffer.h"

namespace weir::extensions::router {

class HeldBody {
 public:
  static constexpr size_t kLimitBytes = 64 * 1024;
  // Of a request that may be given back, but that nobody has configured tries for: many run on one
  // connection, and each would hold so much.
  static constexpr size_t kUnaskedLimitBytes = 16 * 1024;

  // There is no stream to send it on: takes all of `body`.
  void Wait(base::Buffer& body) { waiting_.Move(body); }
  // As much waits as may: pause the sender.
  bool is_full() const { return waiting_.size() > kLimitBytes; }
  // Nothing is there for a new stream.
  bool empty() const { return waiting_.empty() && sent_.empty(); }

  // `body` is about to be sent: keeps a copy as long as all copies are within `most_bytes` (0: no
  // other try will need it).
  void Keep(const base::Buffer& body, size_t most_bytes);
  // There is a stream: everything that it is to be sent, in order. What waited counts as sent.
  void MoveAll(base::Buffer& into, size_t most_bytes);
  // No other try will be made.
  void StopKeeping();
  // False when a part of what was sent is gone.
  bool is_complete() const { return !is_lost_; }

  void Clear();

 private:
  base::Buffer waiting_;
  base::Buffer sent_;
  bool is_lost_ = false;
};

}  // namespace weir::extensions::router
