#include "source/base/clock.h"

#include <time.h>

namespace weir::base {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t MonotonicNs() const override {
    const timespec time = Read(CLOCK_MONOTONIC);
    return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
  }
  int64_t WallUs() const override {
    const timespec time = Read(CLOCK_REALTIME);
    return time.tv_sec * int64_t{1'000'000} + time.tv_nsec / 1000;
  }

 private:
  static timespec Read(clockid_t id) {
    timespec time{};
    clock_gettime(id, &time);
    return time;
  }
};

}  // namespace

Clock& Clock::System() {
  static SystemClock* clock = new SystemClock();  // outlives every thread that may still ask
  return *clock;
}

}  // namespace weir::base
