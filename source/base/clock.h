// Time, replaceable in tests. Monotonic time orders events; wall time is for people.
#pragma once

#include <cstdint>

namespace weir::base {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since some fixed past moment; never goes back.
  virtual int64_t MonotonicNs() const = 0;
  // Microseconds since the Unix epoch, UTC.
  virtual int64_t WallUs() const = 0;

  // The kernel's clocks. Thread-safe.
  static Clock& System();
};

}  // namespace weir::base
